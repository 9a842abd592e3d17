"""What the feature wall shows, as the URL holds it: read and checked, followed and written back.

The wall moves by itself and reports. What it was opened with is kept, therefore, as long as all changes
came from itself: only then is what it is sent the same as before, and need not travel again.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final

import numpy as np
import streamlit as st

from resnet_viz.components.feature_wall import SCALES, SHOWS, SORTS, Opening, Options, Pin
from resnet_viz.figures import maps
from resnet_viz.ui import widgets

KEY: Final = "feature_wall"  # of the component
_KNOWN: Final = "_feature_wall"
_REPORTED: Final = "_feature_wall_reported"
_HEARD: Final = "_feature_wall_heard"  # the number of the last change of options that was told
_LEFT: Final = "_feature_wall_left"
_AIMED: Final = (
    "_feature_wall_aimed"  # the cell was asked for by its numbers, whatever layer it is of
)
_DIGITS: Final = 9  # of a number in a link
_DEFAULT: Final = Options()
_NAMES: Final = ("channel", "cell", *(field.name for field in fields(Options)))  # in the URL


@dataclass(frozen=True, slots=True)
class _Known:
    """What was shown in the last run."""

    subject: Hashable  # network, weights, picture, layer
    shape: tuple[int, ...]
    opening: Opening  # what the wall opened with
    now: Opening  # where it has come since


def opening(subject: Hashable, values: np.ndarray) -> Opening:
    """What the wall of a layer's (C, H, W) values opens with."""
    known: _Known | None = st.session_state.get(_KNOWN)
    if known and KEY not in st.session_state:
        _bring_back(known.now)
    aimed = st.session_state.pop(_AIMED, False)
    if known and known.shape != values.shape and not aimed:
        _follow(known.shape, values.shape)
    asked = _asked(values)
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


def write_pin(pin: Pin | None) -> None:
    """Put a pinned cell into the URL, or take it out; for callbacks."""
    _write({"channel": "", "cell": ""} if pin is None else _written(*pin))
    st.session_state[_REPORTED] = True


def ask_for(pin: Pin) -> None:
    """Ask for a cell as a link does, for callbacks: the wall sees that the URL changed, and opens there."""
    _write(_written(*pin))


def leave_for(pin: Pin) -> None:
    """The same for a cell of the layer that has just been selected, whatever its shape."""
    ask_for(pin)
    st.session_state[_AIMED] = st.session_state[_LEFT] = True


def has_left() -> bool:
    """Whether another layer was selected since the last run, from within this part of the page."""
    return bool(st.session_state.pop(_LEFT, False))


def write_options(options: Options, number: int) -> None:
    """Put the options that differ from the usual ones into the URL; for callbacks."""
    _write(_written_options(options))
    st.session_state[_HEARD] = number
    st.session_state[_REPORTED] = True


def _written_options(options: Options) -> dict[str, str]:
    return {
        name: "" if value == getattr(_DEFAULT, name) else _text(value)
        for name, value in asdict(options).items()
    }


def _written(channel: int, row: int, column: int) -> dict[str, str]:
    return {"channel": str(channel), "cell": f"{row}-{column}"}


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _write(values: Mapping[str, str]) -> None:
    """Change the URL: one step for the browser's way back. What is empty is taken out."""
    st.query_params.update({name: value or () for name, value in values.items()})


def _bring_back(now: Opening) -> None:
    """The visitor was on another page, which took the wall's part of the URL away."""
    if not any(st.query_params.get(name) for name in _NAMES):
        pin = _written(now.channel, now.row, now.column) if now.pinned else {}
        _write(_written_options(now.options) | pin)


def _follow(before: tuple[int, ...], now: tuple[int, ...]) -> None:
    """Keep the pin at its place in the picture when another layer is shown."""
    channel, cell = st.query_params.get("channel", ""), st.query_params.get("cell", "")
    if _whole(channel, before[0]):
        _write({"channel": str(min(int(channel), now[0] - 1))})
    if place := _cell(cell, before):
        row, column = (
            (2 * at + 1) * new // (2 * old)  # the middle of the cell, in cells of the other layer
            for at, old, new in zip(place, before[1:], now[1:], strict=True)
        )
        _write({"cell": f"{row}-{column}"})


# ---- reading: what cannot be shown is said once, and taken out of the URL ----


def _asked(values: np.ndarray) -> Opening:
    channel, cell = _asked_channel(len(values)), _asked_cell(values.shape)
    home = _home(values)
    at = home.channel if channel is None else channel
    row, column = cell or _central(values[at])
    return Opening(
        options=_asked_options(),
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
    channel = int(values.argmax()) if flat else maps.strongest(values, 1)[0]
    return Pin(channel, *_central(values[channel]))


def _central(cells: np.ndarray) -> tuple[int, int]:
    """The cell of an (H, W) map in the middle, or the one nearest to it that is not off."""
    middle = np.array(cells.shape) // 2
    alive = np.argwhere(cells)
    if not len(alive):
        return int(middle[0]), int(middle[1])
    row, column = alive[np.square(alive - middle).sum(axis=1).argmin()]
    return int(row), int(column)


def _asked_options() -> Options:
    low, high = _number("low", _DEFAULT.low), _number("high", _DEFAULT.high)
    if high <= low:
        _refuse(
            f"The scale runs from {low:g} to {high:g}: “To” must be larger. Showing "
            f"{_DEFAULT.low:g} to {_DEFAULT.high:g}.",
            "low",
            "high",
        )
        low, high = _DEFAULT.low, _DEFAULT.high
    return Options(
        sort=_choice("sort", SORTS, _DEFAULT.sort),
        scale=_choice("scale", SCALES, _DEFAULT.scale),
        show=_choice("show", SHOWS, _DEFAULT.show),
        low=low,
        high=high,
    )


def _asked_channel(count: int) -> int | None:
    asked = st.query_params.get("channel")
    if not asked:
        return None
    if _whole(asked, count):
        return int(asked)
    _refuse(f"The link asks for channel “{asked[:20]}”; 0 to {count - 1:,} is accepted.", "channel")
    return None


def _asked_cell(shape: Sequence[int]) -> tuple[int, int] | None:
    asked = st.query_params.get("cell")
    if not asked:
        return None
    cell = _cell(asked, shape)
    if cell is None:
        _refuse(
            f"The link asks for cell “{asked[:20]}”; row and column, from 0-0 to "
            f"{shape[1] - 1}-{shape[2] - 1}, are accepted.",
            "cell",
        )
    return cell


def _choice(name: str, options: Sequence[str], default: str) -> str:
    asked = st.query_params.get(name) or default
    if asked in options:
        return asked
    _refuse(
        f"The link asks for {name} “{asked[:60]}”, which does not exist: showing {default}.", name
    )
    return default


def _number(name: str, default: float) -> float:
    asked = st.query_params.get(name, "")
    try:
        number = float(asked[:20] or default)
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return number
    _refuse(f"The link asks for {name} “{asked[:20]}”, which is no number.", name)
    return default


def _cell(text: str, shape: Sequence[int]) -> tuple[int, int] | None:
    row, _, column = text.partition("-")
    return (int(row), int(column)) if _whole(row, shape[1]) and _whole(column, shape[2]) else None


def _whole(text: str, count: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) < count


def _refuse(sentence: str, *names: str) -> None:
    widgets.notice(sentence)
    _write(dict.fromkeys(names, ""))
