"""The wall of all channels of a layer, and what stands below it about the cell that is pinned."""

from __future__ import annotations

import streamlit as st

from resnet_viz.analysis.records import Activation
from resnet_viz.components.feature_wall import Pin, feature_wall
from resnet_viz.components.feature_wall.encode import pool_size
from resnet_viz.figures import formatting
from resnet_viz.texts import plain
from resnet_viz.ui.feature_maps import early_wall, wall_state
from resnet_viz.ui.feature_maps.field_panel import field_panel
from resnet_viz.ui.feature_maps.strongest_panel import strongest_panel
from resnet_viz.ui.feature_maps.worked_example_panel import worked_example_panel
from resnet_viz.ui.shared import boundary, facts
from resnet_viz.ui.state.view_state import ViewState


@st.fragment
def inside(view_state: ViewState) -> None:
    """The wall and the cell that is pinned on it; a pin runs this part of the page and no more."""
    with boundary.error_boundary():
        activation = view_state.activation()
        wall(view_state, activation)
        value_of(view_state, activation, pinned())
        statistics(activation)
        below(view_state, pinned())


def below(view_state: ViewState, pin: Pin) -> None:
    """What stands below the wall about the pinned cell."""
    with boundary.error_boundary():
        field_panel(view_state, pin)
    with boundary.error_boundary():
        strongest_panel(view_state, pin.channel)
    with boundary.error_boundary():
        st.header("This cell by hand")
        worked_example_panel(view_state, pin)


def wall(view_state: ViewState, activation: Activation) -> None:
    """All channels, one of them large, and the image with what the cell in question sees."""
    row = view_state.trace[activation.path]
    feature_wall(
        activation.path,
        activation.values,
        view_state.pixels,
        row.field,
        initial_view=wall_state.initial_view(
            _subject(view_state), activation.values, view_state.layer, view_state.trace
        ),
        on_pin=lambda pin: wall_state.write_pin(pin, view_state.layer),
        on_options=wall_state.write_options,
        key=wall_state.KEY,
        source=early_wall.source(view_state),
        classes=wall_state.classes(view_state),
    )
    if (side := pool_size(activation.values.shape)) > 1:
        st.caption(
            f"{formatting.shape(activation.values.shape)} cells are too many for a click: the wall "
            f"shows means over squares of {side} × {side}."
        )


def pinned() -> Pin:
    """Channel, row and column of the pinned cell; before one is, a central one of a lively channel.

    To be asked after the wall has been drawn, within `inside`.
    """
    return wall_state.pinned()


def value_of(view_state: ViewState, activation: Activation, pin: Pin) -> None:
    """The exact value of a cell; what the wall shows of a large layer is rounded."""
    channels, height, width = activation.values.shape
    place = f"**Channel {pin.channel}** (of 0–{channels - 1})"
    if (height, width) != (1, 1):
        place += f", row {pin.row}, column {pin.column}"
    elif view_state.trace[activation.path].kind == "Linear":
        name = view_state.weights.class_name(pin.channel)
        known = name != f"class {pin.channel}"  # its number is no news
        place = f"**Class {pin.channel}**" + (f", {plain(name)}," if known else "")
    value = f"{activation.values[pin.channel, pin.row, pin.column]:.7g}".replace("-", "−")
    st.markdown(f"{place} holds **{value}**.")


def _subject(view_state: ViewState) -> tuple[object, ...]:
    """What the wall is of: another one opens anew."""
    return view_state.network, view_state.image.sha256, view_state.layer


def statistics(activation: Activation) -> None:
    """Smallest, largest, mean value, zeros and dead channels of a whole layer for this image."""
    shape = activation.values.shape
    numbers = [
        ("Whole layer", formatting.shape(shape if shape[1:] != (1, 1) else shape[:1])),
        ("Min", formatting.value(activation.min)),
        ("Max", formatting.value(activation.max)),
        ("Mean", formatting.value(activation.mean)),
        ("Zeros", formatting.percent(activation.zeros)),
    ]
    if shape[1:] != (1, 1):  # a single number is not a dead channel
        numbers.append(("Dead channels", f"{activation.dead} of {len(activation.values):,}"))
    facts.key_figures(numbers)
