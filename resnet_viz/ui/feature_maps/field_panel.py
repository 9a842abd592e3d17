"""What the pinned cell really looks at, beside what it could look at."""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st

from resnet_viz.analysis.effective_field import EffectiveField
from resnet_viz.components.feature_wall import Pin
from resnet_viz.figures import formatting
from resnet_viz.figures.fields import could_see, does_see, surroundings
from resnet_viz.figures.residual import colour_bar
from resnet_viz.texts import text
from resnet_viz.ui.feature_maps import wall_state
from resnet_viz.ui.shared import facts, widgets
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache, url
from resnet_viz.ui.state.view_state import ViewState

_MOST: Final = (
    0.95  # of the gradient; Luo et al. 2016 count what lies within two standard deviations
)
_WIDTH: Final = 1120  # pixels of both images at most; less where there is less room


def field_panel(view_state: ViewState, pin: Pin) -> None:
    """A switch, and behind it the effective receptive field of a cell of the selected layer."""
    if not widgets.toggle(
        "Effective receptive field",
        url.EFFECTIVE,
        help="How much each pixel moves this cell: one pass forward and one back.",
    ):
        return
    field = cache.effective_field(
        view_state.network, view_state.image, view_state.layer, (pin.channel, pin.row, pin.column)
    )
    if not field.mass:
        _switched_off(view_state, pin)
        return
    _numbers(field)
    _images(view_state, field)
    st.markdown(text("effective_field"))


def _switched_off(view_state: ViewState, pin: Pin) -> None:
    """Say why there is nothing to see, and lead to a cell that sees something."""
    st.info(text("effective_field_none"), icon=":material/power_off:")
    values = view_state.activation().values[pin.channel]  # (H, W)
    if values.any():
        row, column = np.unravel_index(np.abs(values).argmax(), values.shape)
        st.button(
            f"Pin the strongest cell of channel {pin.channel}",
            on_click=wall_state.ask_for,
            args=(Pin(pin.channel, int(row), int(column)), view_state.layer),
            icon=":material/push_pin:",
        )


def _numbers(field: EffectiveField) -> None:
    half, most = field.side_holding(0.5), field.side_holding(_MOST)
    facts.key_figures(
        (
            ("Theoretical field", f"{field.side:,} px"),
            ("50 % of the gradient within", f"{half:,.0f} px"),
            ("95 % within", f"{most:,.0f} px"),
            (
                "That is, of the theoretical area on the image",
                formatting.percent(field.area_holding(_MOST)),
            ),
        )
    )


def _images(view_state: ViewState, field: EffectiveField) -> None:
    """What the cell could look at, what it does, and what the colours stand for."""
    pixels = view_state.pixels
    frames = field.box, field.square(field.side_holding(_MOST))
    view = surroundings(field.box, len(pixels))
    hue = view_state.theme.shortcut
    with st.container(width=_WIDTH):
        could, does = st.columns(2, gap="medium")
    with could:
        st.image(
            could_see(pixels, field.box, view, hue),
            caption=_could(field) + _enlarged(view, len(pixels)),
            width="stretch",
            alt=f"Theoretical receptive field of a cell of {field.path}, a frame on the image",
        )
    with does:
        st.image(
            does_see(pixels, field.gradient, frames, view, hue),
            caption="does: the thick frame holds 95 % of the gradient, the thin one is the "
            "theoretical field",
            width="stretch",
            alt=f"Effective receptive field of a cell of {field.path}, as heat on the image",
        )
        _scale(float(field.gradient.max()))


def _could(field: EffectiveField) -> str:
    """The size of the theoretical field, and of its part on the image where that is less."""
    left, top, right, bottom = field.box
    across, down = round(right - left), round(bottom - top)
    size = f"could: {field.side:,} × {field.side:,} px"
    if across == down == field.side:
        return size
    return f"{size}, of which {across:,} × {down:,} px lie on the image"


def _enlarged(view: tuple[int, int, int, int], side: int) -> str:
    """That only a part is shown, where it is."""
    shown = view[2] - view[0]
    if shown == side:
        return ""
    return f" · both enlarged: {shown} × {shown} of the image's {side} × {side} px"


def _scale(largest: float) -> None:
    """The colour scale, which does not run evenly."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(":small[0]", width="content")
        st.image(drawn(colour_bar, signed=False), width=140, alt="Colour scale from zero up")
        st.markdown(f":small[{formatting.value(largest)}]", width="content")
    st.caption(
        "Brightness goes by the square root of the gradient: the middle of the scale is a quarter "
        f"of the largest value, {formatting.value(largest / 4)}."
    )
