"""What every input channel adds to the pinned cell: behind the few that are worked out one by one."""

from __future__ import annotations

import streamlit as st

from resnet_viz.analysis.records import INPUT
from resnet_viz.analysis.worked_example import (
    Contributions,
    WorkedConvolution,
    WorkedExample,
    WorkedScore,
)
from resnet_viz.components.feature_wall import Pin
from resnet_viz.figures import formatting
from resnet_viz.figures.filters import signed_bars
from resnet_viz.ui.feature_maps import wall_state
from resnet_viz.ui.shared import charts, widgets
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache, url
from resnet_viz.ui.state.view_state import ViewState


def contributions_panel(view_state: ViewState, worked: WorkedExample, pin: Pin) -> None:
    """A switch, and behind it a bar for each channel; nothing where all of them are shown anyway."""
    if not isinstance(worked, WorkedConvolution | WorkedScore) or not worked.rest_channels:
        return
    if not widgets.toggle(
        "What every input channel adds",
        url.CONTRIBUTIONS,
        help="A bar for each channel that is read, those above among them.",
    ):
        return
    shares = cache.contributions(
        view_state.network, view_state.image, view_state.layer, (pin.channel, pin.row, pin.column)
    )
    (source,) = view_state.trace.sources(worked.path)
    key = f"_adds_{worked.path}_{pin.channel}_{pin.row}_{pin.column}"
    charts.chart(
        drawn(
            signed_bars,
            shares.values.tolist(),
            shares.channels,
            view_state.theme,
            name="channel",
            measure="adds",
        ),
        alt=f"What each of {len(shares.channels):,} channels of {source} adds: {_extremes(shares)}",
        key=key,
        on_click=lambda: _go_to(key, source, worked),
    )
    st.caption(_words(shares, source, worked))


def _words(shares: Contributions, source: str, worked: WorkedExample) -> str:
    """What the channels come to, how unequal they are, and where a click leads."""
    total = formatting.value(float(shares.values.sum()))
    of_class = isinstance(worked, WorkedScore)
    together = "Before the bias" if of_class else f"At row {worked.row}, column {worked.column}"
    leads = "" if source == INPUT else f" A click on a bar leads to that channel of {source}."
    channels = "channel" if shares.half == 1 else "channels"
    return (
        f"{together} they come to {total}. {shares.half:,} {channels} of {len(shares.channels):,} "
        f"make up half of all that is added or taken away.{leads}"
    )


def _extremes(shares: Contributions) -> str:
    """The channels that add and take away most, in words."""
    most, least = int(shares.values.argmax()), int(shares.values.argmin())
    return " and ".join(
        f"channel {shares.channels[at]} {verb} {formatting.value(float(shares.values[at]))}"
        for at, verb in ((most, "most with"), (least, "least with"))
    )


def _go_to(key: str, source: str, worked: WorkedExample) -> None:
    """Show the channel whose bar was clicked, at the middle of what the cell reads; for callbacks."""
    channel = charts.clicked(key)
    if channel and source != INPUT:
        _, row, column = worked.origin
        wall_state.go_to(Pin(int(channel), row, column), source)
