"""What the feature wall opens with: as the URL asks, and followed when another layer is shown.

The wall moves by itself and reports. What it was opened with is kept, therefore, as long as all changes
came from itself: only then is what it is sent the same as before, and need not travel again.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

import numpy as np
import streamlit as st

from resnet_viz.components.feature_wall import Opening, Options, Pin
from resnet_viz.figures import maps
from resnet_viz.ui import wall_link
from resnet_viz.ui.wall_link import Shape

KEY: Final = "feature_wall"  # of the component
_STEPS: Final = 100  # of the browser's way back that are remembered

# What is kept in the session.
_KNOWN: Final = "_feature_wall"
_SHAPES: Final = "_feature_wall_shapes"  # of the layers that pins were shown in
_REPORTED: Final = "_feature_wall_reported"  # the wall itself has changed the URL
_HEARD: Final = "_feature_wall_heard"  # the number of the last change of options that was told
_AIMED: Final = "_feature_wall_aimed"  # a cell was asked for by its numbers, of whatever layer
_LEFT: Final = "_feature_wall_left"  # another layer was selected from within the fragment


@dataclass(frozen=True, slots=True)
class _Known:
    """What was shown in the last run."""

    subject: Hashable  # network, weights, picture, layer
    shape: Shape
    opening: Opening  # what the wall opened with
    now: Opening  # where it has come since


def opening(subject: Hashable, values: np.ndarray) -> Opening:
    """What the wall of a layer's (C, H, W) values opens with."""
    known: _Known | None = st.session_state.get(_KNOWN)
    if known and KEY not in st.session_state:
        _bring_back(known.now)
    aimed = st.session_state.pop(_AIMED, False)
    if known and not aimed:
        _follow(_meant_for(known), values.shape)
    asked = _asked(values)
    _remember(values.shape)
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
    st.session_state[_KNOWN] = _Known(subject, values.shape, opened, asked)
    return opened


def pinned() -> Pin:
    """The cell that is pinned; before one is, a central one of the channel that varies most."""
    known: _Known = st.session_state[_KNOWN]
    return Pin(known.now.channel, known.now.row, known.now.column)


def has_left() -> bool:
    """Whether another layer was selected since the last run, from within this part of the page."""
    return bool(st.session_state.pop(_LEFT, False))


# ---- for callbacks ----


def write_pin(pin: Pin | None) -> None:
    """Put a cell that was pinned on the wall into the URL, or take it out."""
    wall_link.write(wall_link.of_pin(pin))
    st.session_state[_REPORTED] = True


def write_options(options: Options, number: int) -> None:
    """Put options that were chosen on the wall into the URL, where they differ from the usual ones."""
    wall_link.write(wall_link.of_options(options))
    st.session_state[_HEARD] = number
    st.session_state[_REPORTED] = True


def ask_for(pin: Pin) -> None:
    """Ask for a cell as a link does: the wall sees that the URL changed, and opens there."""
    wall_link.write(wall_link.of_pin(pin))


def leave_for(pin: Pin) -> None:
    """The same for a cell of the layer that has just been selected, whatever its shape."""
    ask_for(pin)
    st.session_state[_AIMED] = st.session_state[_LEFT] = True


# ---- from one layer, one page, one step of the browser to the next ----


def _bring_back(now: Opening) -> None:
    """The visitor was on another page, which took the wall's part of the URL away."""
    if wall_link.is_empty():
        pin = Pin(now.channel, now.row, now.column) if now.pinned else None
        wall_link.write(wall_link.of_options(now.options) | wall_link.of_pin(pin))


def _follow(before: Shape, now: Shape) -> None:
    """Keep the pin at its place in the picture when another layer is shown."""
    if before == now:
        return
    channel, cell = wall_link.pin_in(before)
    moved = {}
    if channel is not None:
        moved["channel"] = f"{min(channel, now[0] - 1)}"
    if cell:
        row, column = (
            (2 * at + 1) * new // (2 * old)  # the middle of the cell, in cells of the other layer
            for at, old, new in zip(cell, before[1:], now[1:], strict=True)
        )
        moved["cell"] = f"{row}-{column}"
    if moved:
        wall_link.write(moved)


def _meant_for(known: _Known) -> Shape:
    """The shape that the URL's pin was last shown in.

    The browser's way back may lead to a pin of another layer: choosing a layer replaces its name in the
    step that the browser is at, and only then a new step is made, with the pin that was followed.
    """
    shapes: dict[tuple[str, str], Shape] = st.session_state.get(_SHAPES, {})
    return shapes.get(wall_link.pin_as_written(), known.shape)


def _remember(shape: Shape) -> None:
    """Note of which shape the URL's pin is."""
    shapes: dict[tuple[str, str], Shape] = st.session_state.setdefault(_SHAPES, {})
    pin = wall_link.pin_as_written()
    shapes.pop(pin, None)
    shapes[pin] = shape
    if len(shapes) > _STEPS:
        del shapes[next(iter(shapes))]


def _asked(values: np.ndarray) -> Opening:
    channel, cell = wall_link.asked_pin(values.shape)
    home = _home(values)
    at = home.channel if channel is None else channel
    row, column = cell or _central(values[at])
    return Opening(
        options=wall_link.asked_options(),
        channel=at,
        row=row,
        column=column,
        pinned=channel is not None or cell is not None,
        home=home,
        heard=st.session_state.get(_HEARD, 0),
    )


def _home(values: np.ndarray) -> Pin:
    """The channel that varies most over the picture, of single numbers the largest; its central cell."""
    flat = values.shape[1:] == (1, 1)
    channel = int(values.argmax()) if flat else maps.most_varied(values, 1)[0]
    return Pin(channel, *_central(values[channel]))


def _central(cells: np.ndarray) -> tuple[int, int]:
    """The cell of an (H, W) map in the middle, or the one nearest to it that is not off."""
    middle = np.array(cells.shape) // 2
    alive = np.argwhere(cells)
    if not len(alive):
        return int(middle[0]), int(middle[1])
    row, column = alive[np.square(alive - middle).sum(axis=1).argmin()]
    return int(row), int(column)
