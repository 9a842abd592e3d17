"""What of the feature wall stands in the URL: written there, and read back with care.

What cannot be shown is said once and taken out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Final

import streamlit as st

from resnet_viz.components.feature_wall import SCALES, SHOWS, SORTS, Options, Pin
from resnet_viz.ui import widgets

_DIGITS: Final = 9  # of a number in a link
_DEFAULT: Final = Options()
_NAMES: Final = ("channel", "cell", "of", *(field.name for field in fields(Options)))

Shape = tuple[int, ...]  # of a layer's maps: channels, rows, columns


# ---- writing; for callbacks, or before anything is read ----


def write(values: Mapping[str, str]) -> None:
    """Change the URL: one step for the browser's way back. What is empty is taken out."""
    st.query_params.update({name: value or () for name, value in values.items()})


def of_pin(pin: Pin | None, layer: str) -> dict[str, str]:
    """A pinned cell as the URL has it, and of which layer; without one, nothing."""
    if pin is None:
        return {"channel": "", "cell": "", "of": ""}
    return {"channel": str(pin.channel), "cell": f"{pin.row}-{pin.column}", "of": layer}


def of_options(options: Options) -> dict[str, str]:
    """The options that differ from the usual ones; of the others, nothing."""
    return {
        name: "" if value == getattr(_DEFAULT, name) else _text(value)
        for name, value in asdict(options).items()
    }


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


# ---- reading ----


def is_empty() -> bool:
    """Whether the URL says nothing of the wall."""
    return not any(st.query_params.get(name) for name in _NAMES)


def pin_as_written() -> tuple[str, str, str]:
    """Channel, cell and the layer that they are of as they stand there, whatever they are worth."""
    channel, cell, layer = (st.query_params.get(name, "") for name in ("channel", "cell", "of"))
    return channel, cell, layer


def asked_pin(shape: Shape) -> tuple[int | None, tuple[int, int] | None]:
    """Channel, and row and column, of a layer of that shape; what it does not have is refused."""
    asked, where, _ = pin_as_written()
    channel, cell = int(asked) if _whole(asked, shape[0]) else None, _cell(where, shape)
    if asked and channel is None:
        _refuse(
            f"The link asks for channel “{asked[:20]}”; 0 to {shape[0] - 1:,} is accepted.",
            "channel",
        )
    if where and cell is None:
        _refuse(
            f"The link asks for cell “{where[:20]}”; row and column, from 0-0 to "
            f"{shape[1] - 1}-{shape[2] - 1}, are accepted.",
            "cell",
        )
    return channel, cell


def refuse_layer() -> None:
    """Say that the layer that a pin is of is not there; it is then one of the selected layer."""
    asked = st.query_params["of"][:60]
    _refuse(f"The link's pin is of layer “{asked}”, which this network does not have.", "of")


def asked_options() -> Options:
    """The options that are asked for, the usual ones where there are none of that name."""
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


def _cell(text: str, shape: Shape) -> tuple[int, int] | None:
    row, _, column = text.partition("-")
    return (int(row), int(column)) if _whole(row, shape[1]) and _whole(column, shape[2]) else None


def _whole(text: str, count: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) < count


def _refuse(sentence: str, *names: str) -> None:
    widgets.notice(sentence)
    write(dict.fromkeys(names, ""))
