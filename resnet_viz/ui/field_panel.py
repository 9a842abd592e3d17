"""What the pinned cell really looks at, beside what it could look at."""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st

from resnet_viz.analysis.effective_field import EffectiveField
from resnet_viz.components.feature_wall import Pin
from resnet_viz.figures import numbers
from resnet_viz.figures.fields import heat_over
from resnet_viz.figures.pictures import with_frame
from resnet_viz.figures.residual import colour_bar
from resnet_viz.images import as_seen
from resnet_viz.ui import cache, panels, wall_state, widgets
from resnet_viz.ui.explorer import Explorer
from resnet_viz.ui.texts import text

_MOST: Final = (
    0.95  # of the gradient; Luo et al. 2016 count what lies within two standard deviations
)


def field_panel(explorer: Explorer, pin: Pin) -> None:
    """A switch, and behind it the effective receptive field of a cell of the selected layer."""
    if not st.toggle(
        "Effective receptive field",
        key="erf",
        bind=widgets.BOUND,
        help="How much each pixel moves this cell: one pass forward and one back.",
    ):
        return
    field = cache.effective_field(
        explorer.config,
        explorer.weights.key,
        explorer.input_size,
        explorer.device,
        explorer.image,
        explorer.layer,
        (pin.channel, pin.row, pin.column),
    )
    if not field.mass:
        _switched_off(explorer, pin)
        return
    _numbers(field)
    _pictures(explorer, field)
    st.markdown(text("effective_field"))


def _switched_off(explorer: Explorer, pin: Pin) -> None:
    """Say why there is nothing to see, and lead to a cell that sees something."""
    st.info(text("effective_field_none"), icon=":material/power_off:")
    values = explorer.capture(explorer.layer)[explorer.layer].values[pin.channel]  # (H, W)
    if values.any():
        row, column = np.unravel_index(np.abs(values).argmax(), values.shape)
        st.button(
            f"Pin the strongest cell of channel {pin.channel}",
            on_click=wall_state.ask_for,
            args=(Pin(pin.channel, int(row), int(column)),),
            icon=":material/push_pin:",
        )


def _numbers(field: EffectiveField) -> None:
    half, most = field.side_holding(0.5), field.side_holding(_MOST)
    panels.key_figures(
        (
            ("Theoretical field", f"{field.side:,} px"),
            ("50 % of the gradient within", f"{half:,.0f} px"),
            ("95 % within", f"{most:,.0f} px"),
            ("That is, of the theoretical area", numbers.percent(field.area_holding(_MOST))),
        )
    )


def _pictures(explorer: Explorer, field: EffectiveField) -> None:
    """What the cell could look at, what it does, and what the colours stand for."""
    pixels = as_seen(explorer.image, explorer.weights.preprocessing)
    square = field.square(field.side_holding(_MOST))
    hue = explorer.theme.shortcut
    with st.container(horizontal=True, gap="medium"):
        st.image(
            with_frame(pixels, field.box, hue),
            caption=f"could: {field.side:,} × {field.side:,} px",
            width=320,
            alt=f"Theoretical receptive field of a cell of {field.path}, a frame on the picture",
        )
        with st.container(width=320, gap="xsmall"):
            st.image(
                with_frame(heat_over(pixels, field.gradient), square, hue),
                caption="does: the frame holds 95 % of the gradient",
                alt=f"Effective receptive field of a cell of {field.path}, as heat on the picture",
            )
            _scale(float(field.gradient.max()))


def _scale(largest: float) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(":small[0]", width="content")
        st.image(colour_bar(signed=False), width=140, alt="Colour scale from zero up")
        st.markdown(f":small[{numbers.value(largest)} (by the root)]", width="content")
