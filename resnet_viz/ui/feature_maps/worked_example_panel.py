"""The pinned cell worked out, from the numbers that its layer reads to the number in the map."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.analysis.records import INPUT, LayerRecord
from resnet_viz.analysis.worked_example import WorkedExample, WorkedScore
from resnet_viz.analysis.worked_example.layers import WORKED
from resnet_viz.components.feature_wall import Pin
from resnet_viz.components.worked_example import worked_example
from resnet_viz.components.worked_example.encode import Names, write_out
from resnet_viz.ui.feature_maps import wall_state
from resnet_viz.ui.feature_maps.contributions_panel import contributions_panel
from resnet_viz.ui.state import cache
from resnet_viz.ui.state.view_state import ViewState

# How many input channels are shown one by one: as grids, and as lines.
_GRIDS: Final = 4
_LINES: Final = 8


def worked_example_panel(view_state: ViewState, pin: Pin) -> None:
    """How the value of a cell comes about, and the way on to the layers that it comes from."""
    row = view_state.trace[view_state.trace.producer(view_state.layer)]
    if row.kind not in WORKED:
        st.caption(f"How a {row.kind} comes to its values is not worked out here yet.")
        return
    worked = cache.worked_example(
        view_state.network,
        view_state.image,
        view_state.layer,
        (pin.channel, pin.row, pin.column),
        _GRIDS if row.kind == "Conv2d" and row.kernel != (1, 1) else _LINES,
    )
    names = _names(view_state, worked, row)
    name = f"{row.path}, {names.target}, row {pin.row}, column {pin.column}, by hand"
    worked_example(
        name,
        write_out(worked, names),
        on_pin=lambda place: wall_state.ask_for(
            Pin(**{**pin._asdict(), **place}), view_state.layer
        ),
        key="worked_example",
    )
    contributions_panel(view_state, worked, pin)
    _sources(view_state, worked)


def _names(view_state: ViewState, worked: WorkedExample, row: LayerRecord) -> Names:
    first = view_state.trace.sources(worked.path)[0]
    target = f"channel {worked.channel}"
    classes: tuple[str, ...] = ()
    if isinstance(worked, WorkedScore):
        target = f"“{view_state.weights.class_name(worked.channel)}”"
        classes = tuple(f"“{view_state.weights.class_name(label)}”" for label in worked.classes)
    colours = view_state.weights.preprocessing.channels if first == INPUT else ()
    source = "the image" if first == INPUT else first
    return Names(source, target, row.path, colours=colours, classes=classes)


def _sources(view_state: ViewState, worked: WorkedExample) -> None:
    """Buttons that lead to what counted most of what the layer reads, one layer earlier."""
    sources = [path for path in view_state.trace.sources(worked.path) if path != INPUT]
    pin = Pin(*worked.origin)
    with st.container(horizontal=True, gap="small"):
        for path in sources:
            st.button(
                f"Back to {path}",
                key=f"_worked_example_{path}",
                on_click=wall_state.go_to,
                args=(pin, path),
                icon=":material/arrow_back:",
                help=f"Channel {pin.channel}, row {pin.row}, column {pin.column}",
            )
