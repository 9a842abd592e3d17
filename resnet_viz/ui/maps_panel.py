"""The wall of all channels of a layer, and the close-up of the one that is picked."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from resnet_viz.analysis.records import Activation
from resnet_viz.components.channel_grid import channel_grid
from resnet_viz.figures import maps, numbers
from resnet_viz.figures.maps import ORDERS, SCALES, ColourScale
from resnet_viz.ui import panels, widgets
from resnet_viz.ui.explorer import Explorer


@dataclass(frozen=True, slots=True)
class View:
    """How the channels are shown: their order, their colours, and the one picked."""

    order: str
    scale: str
    limits: tuple[float, float] | None
    channel: int


def view_controls(activation: Activation) -> View:
    """The widgets above the wall."""
    last = len(activation.values) - 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = widgets.segments("Sort by", tuple(ORDERS), key="sort", default="index")
        scale = widgets.segments(
            "Colour scale per",
            SCALES,
            key="scale",
            default="layer",
            help="channel: each on its own scale, zero fixed; layer: one scale for all; fixed: "
            "yours, to compare layers and pictures.",
        )
        limits = _limits() if scale == "fixed" else None
        if st.session_state.get("channel", 0) > last:  # of a wider layer shown before
            st.session_state.channel = last
        channel = widgets.number("Channel", (0, last), key="channel", default=0, width=140)
    return View(order, scale, limits, channel)


def wall(explorer: Explorer, activation: Activation, view: View) -> None:
    """All channels as one picture; a click picks one."""
    values = activation.values
    mosaic = maps.mosaic(values, ORDERS[view.order](values), view.scale, view.limits)
    whole = maps.scale_of(values, view.limits)
    channel_grid(
        mosaic,
        selected=view.channel,
        bar=_bar(whole, per_channel=view.scale == "channel"),
        colours=maps.gradient(whole.signed),
        alt=maps.describe(values, activation.path),
        on_pick=_pick,
        key="channel_grid",
    )


def closeup(explorer: Explorer, activation: Activation, view: View) -> None:
    """The picked channel large, with values under the cursor, beside what the network sees."""
    values = activation.values[view.channel]
    st.markdown(f"**Channel {view.channel}** of {len(activation.values):,}")
    limits = view.limits
    scale = maps.scale_of(values if view.scale == "channel" else activation.values, limits)
    if scale.signed is False and (activation.values < 0).any() and view.scale == "channel":
        scale = ColourScale(-scale.high, scale.high, signed=True)  # the colours of its layer
    st.plotly_chart(
        maps.channel_figure(activation.values, view.channel, scale),
        key="channel_figure",
        config={"displayModeBar": False},
        alt=f"Channel {view.channel} of {activation.path}, values from "
        f"{numbers.value(float(values.min()))} to {numbers.value(float(values.max()))}",
    )
    zeros = float((values == 0).mean())
    st.caption(
        f"min {numbers.value(float(values.min()))} · max {numbers.value(float(values.max()))} · "
        f"mean {numbers.value(float(values.mean()))} · zeros {numbers.percent(zeros)}"
        + (" · **dead** for this picture" if zeros == 1 else "")
    )
    panels.picture_seen(explorer, activation.path)


def _limits() -> tuple[float, float]:
    low = st.number_input("From", value=0.0, key="low", bind=widgets.BOUND, width=110)
    high = st.number_input("To", value=3.0, key="high", bind=widgets.BOUND, width=110)
    if high <= low:
        st.warning(f"The scale runs from {low:g} to {high:g}: “To” must be larger. Showing 0 to 3.")
        return 0.0, 3.0
    return float(low), float(high)


def _bar(scale: ColourScale, *, per_channel: bool) -> tuple[str, str, str]:
    """What stands under the colour bar; each channel's own ends have no common number."""
    if per_channel:
        return ("−max", "0", "max of channel") if scale.signed else ("0", "", "max of channel")
    middle = (scale.low + scale.high) / 2
    return numbers.value(scale.low), numbers.value(middle), numbers.value(scale.high)


def _pick(channel: int) -> None:
    st.session_state.channel = channel
