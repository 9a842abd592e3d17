"""What the feature wall opens with: as the URL asks, with a pin of another layer followed.

The wall moves by itself and reports. What it was opened with is kept, therefore, as long as all changes
came from itself: only then is what it is sent the same as before, and need not travel again.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

import numpy as np
import streamlit as st

from resnet_viz.analysis.records import Trace
from resnet_viz.components.feature_wall import Opening, Options, Pin
from resnet_viz.figures import maps
from resnet_viz.ui import wall_link
from resnet_viz.ui.wall_link import Shape

KEY: Final = "feature_wall"  # of the component
_STEPS: Final = 100  # pins whose layers are remembered

# What is kept in the session.
_KNOWN: Final = "_feature_wall"
_SHAPES: Final = "_feature_wall_shapes"  # of the layers that pins were made on
_REPORTED: Final = "_feature_wall_reported"  # the wall itself has changed the URL
_HEARD: Final = "_feature_wall_heard"  # the number of the last change of options that was told
_LEFT: Final = "_feature_wall_left"  # another layer was selected from within the fragment


@dataclass(frozen=True, slots=True)
class _Known:
    """What was shown in the last run."""

    subject: Hashable  # network, weights, picture, layer
    layer: str
    opening: Opening  # what the wall opened with
    now: Opening  # where it has come since


def opening(subject: Hashable, values: np.ndarray, layer: str, trace: Trace) -> Opening:
    """What the wall of a layer's (C, H, W) values opens with."""
    known: _Known | None = st.session_state.get(_KNOWN)
    if known and KEY not in st.session_state:
        _bring_back(known)
    asked = _asked(values, layer, trace)
    reported = st.session_state.pop(_REPORTED, False)
    if (
        known
        and KEY in st.session_state  # the component of the last run is still there
        and known.subject == subject
        and (reported or known.now == asked)
    ):
        opened = known.opening
    else:
        opened = asked
    st.session_state[_KNOWN] = _Known(subject, layer, opened, asked)
    return opened


def pinned() -> Pin:
    """The cell that is pinned; before one is, a central one of the channel that varies most."""
    known: _Known = st.session_state[_KNOWN]
    return Pin(known.now.channel, known.now.row, known.now.column)


def has_left() -> bool:
    """Whether another layer was selected since the last run, from within this part of the page."""
    return bool(st.session_state.pop(_LEFT, False))


# ---- for callbacks ----


def write_pin(pin: Pin | None, layer: str) -> None:
    """Put a cell that was pinned on the wall of a layer into the URL, or take it out."""
    ask_for(pin, layer)
    st.session_state[_REPORTED] = True


def write_options(options: Options, number: int) -> None:
    """Put options that were chosen on the wall into the URL, where they differ from the usual ones."""
    wall_link.write(wall_link.of_options(options))
    st.session_state[_HEARD] = number
    st.session_state[_REPORTED] = True


def ask_for(pin: Pin | None, layer: str) -> None:
    """Ask for a cell of a layer as a link does: the wall sees that the URL changed, and opens there."""
    wall_link.write(wall_link.of_pin(pin, layer))


def leave_for(pin: Pin, layer: str) -> None:
    """The same for a layer that has just been selected, from within the fragment."""
    ask_for(pin, layer)
    st.session_state[_LEFT] = True


# ---- from one layer, one page, one step of the browser to the next ----


def _bring_back(known: _Known) -> None:
    """The visitor was on another page, which took the wall's part of the URL away."""
    if wall_link.is_empty():
        now = known.now
        pin = Pin(now.channel, now.row, now.column) if now.pinned else None
        wall_link.write(wall_link.of_options(now.options) | wall_link.of_pin(pin, known.layer))


def _asked(values: np.ndarray, layer: str, trace: Trace) -> Opening:
    """What the URL asks for; a pin of another layer stays at its place in the picture."""
    written = _layer_of_pin(layer, trace)
    meant = _remembered(written)
    channel, cell = wall_link.asked_pin(meant)
    home = _home(values)
    at = home.channel if channel is None else min(channel, len(values) - 1)
    row, column = _followed(cell, meant[1:], values.shape[1:]) if cell else _central(values[at])
    pinned = channel is not None or cell is not None
    if pinned and meant != written:  # a link with this pin would be misread
        wall_link.write(wall_link.of_pin(Pin(at, row, column), layer))
    return Opening(
        options=wall_link.asked_options(),
        channel=at,
        row=row,
        column=column,
        pinned=pinned,
        home=home,
        heard=st.session_state.get(_HEARD, 0),
    )


def _layer_of_pin(selected: str, trace: Trace) -> Shape:
    """(C, H, W) of the layer that the URL's pin is of; where it does not say, of the selected one."""
    *_, layer = wall_link.pin_as_written()
    if layer and layer not in trace:
        wall_link.refuse_layer()
        layer = ""
    channels, rows, columns = (*trace[layer or selected].output_shape, 1, 1)[:3]
    return channels, rows, columns


def _remembered(shape: Shape) -> Shape:
    """The shape that the URL's pin was made for: what it was when that pin was first seen.

    Since then another layer may have been selected, another network, or another size of input.
    """
    shapes: dict[tuple[str, str, str], Shape] = st.session_state.setdefault(_SHAPES, {})
    pin = wall_link.pin_as_written()
    shapes[pin] = shapes.pop(pin, shape)  # the latest last
    if len(shapes) > _STEPS:
        del shapes[next(iter(shapes))]
    return shapes[pin]


def _followed(cell: tuple[int, int], before: Shape, now: Shape) -> tuple[int, int]:
    """The cell of another layer at the same place in the picture."""
    row, column = (
        (2 * at + 1) * new // (2 * old)  # the middle of the cell, in cells of the other layer
        for at, old, new in zip(cell, before, now, strict=True)
    )
    return row, column


def _home(values: np.ndarray) -> Pin:
    """The channel that varies most over the picture, of single numbers the largest; its central cell."""
    flat = values.shape[1:] == (1, 1)
    channel = int(values.argmax()) if flat else maps.top_variance_channels(values, 1)[0]
    return Pin(channel, *_central(values[channel]))


def _central(cells: np.ndarray) -> tuple[int, int]:
    """The cell of an (H, W) map in the middle, or the one nearest to it that is not off."""
    middle = np.array(cells.shape) // 2
    alive = np.argwhere(cells)
    if not len(alive):
        return int(middle[0]), int(middle[1])
    row, column = alive[np.square(alive - middle).sum(axis=1).argmin()]
    return int(row), int(column)
