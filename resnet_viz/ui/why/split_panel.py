"""The logit taken apart: by block of the last stage, by channel, and by position."""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st

from resnet_viz.analysis.attribution.split import LogitSplit
from resnet_viz.components.heat_maps import HeatPanel, heat_maps
from resnet_viz.figures import formatting
from resnet_viz.figures.filters import signed_bars
from resnet_viz.figures.maps import image_jpeg
from resnet_viz.images import as_seen
from resnet_viz.texts import plain, text
from resnet_viz.ui.shared import charts, facts
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache
from resnet_viz.ui.state.view_state import ViewState

_CHANNELS: Final = 24  # bars


def split(view_state: ViewState, target: int | None) -> None:
    """What the logit of a class is made of; every split adds up to it with the bias."""
    found = cache.logit_split(view_state.network, view_state.image, target)
    st.header(f"The logit of {plain(found.target.label)}, split")
    st.markdown(text("why_split"))
    given = float(found.positions.sum())
    facts.key_figures(
        (
            ("Logit", formatting.value(found.target.logit)),
            ("All positions of the last stage", formatting.value(given)),
            ("Bias", formatting.value(found.bias)),
            ("Probability", formatting.percent(found.target.probability)),
        )
    )
    facts.table([_row(found, number) for number in range(len(found.blocks))], "The logit by block")
    plain_ = found.blocks[-1].shortcut is None
    st.caption(text("why_split_plain" if plain_ else "why_split_blocks"))
    left, right = st.columns([3, 2], gap="large")
    with left:
        _channels(view_state, found)
    with right:
        _positions(view_state, found)


def _row(found: LogitSplit, number: int) -> dict[str, str]:
    block = found.blocks[number]
    shortcut = "–" if block.shortcut is None else formatting.value(block.shortcut_total)
    return {
        "Block": block.path,
        "through F": formatting.value(block.branch_total),
        "through the shortcut": shortcut,
        "together": formatting.value(block.branch_total + block.shortcut_total),
    }


def _channels(view_state: ViewState, found: LogitSplit) -> None:
    """What the strongest channels give, and what all others give together."""
    strongest = found.strongest[:_CHANNELS]
    values = [float(found.channels[k]) for k in strongest]
    charts.chart(
        drawn(
            signed_bars, values, list(strongest), view_state.theme, name="channel", measure="gives"
        ),
        key="_logit_channels",
        alt=f"What each of the {len(strongest)} strongest channels gives to the logit",
    )
    rest = float(found.channels.sum()) - sum(values)
    others = len(found.channels) - len(strongest)
    st.caption(
        f"w · mean of the channel's map, the {len(strongest)} strongest of {len(found.channels):,}: together "
        f"{formatting.value(sum(values))}, the other {others:,} together {formatting.value(rest)}."
    )


def _positions(view_state: ViewState, found: LogitSplit) -> None:
    """What each position of the last stage gives, over the image."""
    rows, columns = found.positions.shape
    share = float(np.maximum(found.positions, 0).sum())
    panel = HeatPanel(
        "Positions",
        f"what each of {rows} × {columns} gives to the logit; {formatting.value(share)} above zero",
        found.positions,
        found.field,
    )
    pixels = as_seen(view_state.image, view_state.weights.preprocessing)
    alt = f"What each position of {found.layer} gives to the logit"
    heat_maps([panel], drawn(image_jpeg, pixels), found.input_size, alt, key="logit_positions")
