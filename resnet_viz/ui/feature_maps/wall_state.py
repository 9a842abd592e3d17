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
from resnet_viz.components.feature_wall import InitialView, Options, Pin
from resnet_viz.figures import maps
from resnet_viz.ui.feature_maps import wall_url
from resnet_viz.ui.feature_maps.wall_url import Shape
from resnet_viz.ui.state import selection, session, url
from resnet_viz.ui.state.view_state import ViewState

KEY: Final = "feature_wall"  # of the component
_STEPS: Final = 100  # pins whose layers are remembered


@dataclass(frozen=True, slots=True)
class LastRender:
    """What was shown in the last run."""

    subject: Hashable  # network, weights, image, layer
    layer: str
    opened: InitialView  # what the wall opened with
    now: InitialView  # where it has come since


def initial_view(subject: Hashable, values: np.ndarray, layer: str, trace: Trace) -> InitialView:
    """What the wall of a layer's (C, H, W) values opens with."""
    last: LastRender | None = session.LAST_RENDER.get(None)
    still_there = KEY in st.session_state  # the component of the last run
    if last and not still_there:
        _bring_back(last)
    asked = _asked(values, layer, trace)
    reported = session.WALL_REPORTED.pop(False)
    if last and still_there and last.subject == subject and (reported or last.now == asked):
        opened = last.opened
    else:
        opened = asked
    session.LAST_RENDER.set(LastRender(subject, layer, opened, asked))
    return opened


def pinned() -> Pin:
    """The position that is pinned; before one is, a central one of the channel of highest variance.

    To be asked after the wall has been drawn.
    """
    now = session.LAST_RENDER.get(None).now
    return Pin(now.channel, now.row, now.column)


def default_position(values: np.ndarray) -> Pin:
    """The channel of highest variance, of single numbers the largest, at its central position."""
    flat = values.shape[1:] == (1, 1)
    channel = int(values.argmax()) if flat else maps.top_variance_channels(values, 1)[0]
    return Pin(channel, *_central(values[channel]))


def classes(view_state: ViewState) -> tuple[str, ...] | None:
    """The classes by name, where each channel is the score of one; None elsewhere."""
    row = view_state.selected
    if row.kind != "Linear":
        return None
    count = row.output_shape[0] if view_state.weights.labels else 0
    return view_state.weights.class_names(count)


# ---- for callbacks ----


def write_pin(pin: Pin | None, layer: str) -> None:
    """Put a position that was pinned on the wall of a layer into the URL, or take it out."""
    ask_for(pin, layer)
    session.WALL_REPORTED.set(True)


def write_options(options: Options, version: int) -> None:
    """Put options that were chosen on the wall into the URL, where they differ from the usual ones."""
    url.write(wall_url.of_options(options))
    session.OPTIONS_VERSION.set(version)
    session.WALL_REPORTED.set(True)


def ask_for(pin: Pin | None, layer: str) -> None:
    """Ask for a position as a link does: the wall sees that the URL changed, and opens there."""
    url.write(wall_url.of_pin(pin, layer))


def go_to(pin: Pin, layer: str) -> None:
    """Select another layer from below the wall, with a position of it pinned."""
    ask_for(pin, layer)
    selection.select_layer_from_part(layer)


# ---- from one layer, one page, one step of the browser to the next ----


def _bring_back(last: LastRender) -> None:
    """The visitor was on another page, which took the wall's part of the URL away."""
    if wall_url.is_empty():
        now = last.now
        pin = Pin(now.channel, now.row, now.column) if now.pinned else None
        url.write(wall_url.of_options(now.options) | wall_url.of_pin(pin, last.layer))


def _asked(values: np.ndarray, layer: str, trace: Trace) -> InitialView:
    """What the URL asks for; a pin of another layer stays at its place in the image."""
    written = _layer_of_pin(layer, trace)
    meant = _remembered(written)
    channel, cell = wall_url.asked_pin(meant)
    default = default_position(values)
    at = default.channel if channel is None else min(channel, len(values) - 1)
    row, column = _followed(cell, meant[1:], values.shape[1:]) if cell else _central(values[at])
    pinned = channel is not None or cell is not None
    if pinned and meant != written:  # a link with this pin would be misread
        url.write(wall_url.of_pin(Pin(at, row, column), layer))
    return InitialView(
        options=wall_url.asked_options(),
        channel=at,
        row=row,
        column=column,
        pinned=pinned,
        default_position=default,
        options_version=session.OPTIONS_VERSION.get(0),
    )


def _layer_of_pin(selected: str, trace: Trace) -> Shape:
    """(C, H, W) of the layer that the URL's pin is of; where it does not say, of the selected one."""
    *_, layer = wall_url.pin_as_written()
    if layer and layer not in trace:
        wall_url.refuse_layer()
        layer = ""
    channels, rows, columns = (*trace[layer or selected].output_shape, 1, 1)[:3]
    return channels, rows, columns


def _remembered(shape: Shape) -> Shape:
    """The shape that the URL's pin was made for: what it was when that pin was first seen.

    Since then another layer may have been selected, another network, or another size of input.
    """
    shapes, pin = session.PIN_SHAPES.get({}), wall_url.pin_as_written()
    shapes[pin] = shapes.pop(pin, shape)  # the latest last
    if len(shapes) > _STEPS:
        del shapes[next(iter(shapes))]
    session.PIN_SHAPES.set(shapes)
    return shapes[pin]


def _followed(
    cell: tuple[int, int], before: tuple[int, int], now: tuple[int, ...]
) -> tuple[int, int]:
    """The cell of another layer at the same place in the image."""
    row, column = (
        (2 * at + 1) * new // (2 * old)  # the middle of the cell, in cells of the other layer
        for at, old, new in zip(cell, before, now, strict=True)
    )
    return row, column


def _central(cells: np.ndarray) -> tuple[int, int]:
    """The cell of an (H, W) map in the middle, or the one nearest to it that is not off."""
    middle = np.array(cells.shape) // 2
    alive = np.argwhere(cells)
    if not len(alive):
        return int(middle[0]), int(middle[1])
    row, column = alive[np.square(alive - middle).sum(axis=1).argmin()]
    return int(row), int(column)
