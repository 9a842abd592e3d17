"""What of the feature wall stands in the URL: written there, and read back with care.

What cannot be shown is said once and taken out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from resnet_viz.components.feature_wall import SCALES, SHOWS, SORTS, Options, Pin
from resnet_viz.ui.shared.whole_numbers import decimal, is_whole
from resnet_viz.ui.state import url
from resnet_viz.ui.state.url import Parameter

Shape = tuple[int, int, int]  # of a layer's maps: channels, rows, columns
Written = dict[Parameter, str | list[str]]

_DEFAULT: Final = Options()
_OPTIONS: Final = {each.name: each for each in (url.SORT, url.SCALE, url.SHOW, url.LOW, url.HIGH)}
_PIN: Final = (url.CHANNEL, url.CELL, url.PIN_LAYER)


# ---- writing; for callbacks, or before anything is read ----


def of_pin(pin: Pin | None, layer: str) -> Written:
    """A pinned position as the URL has it, and of which layer; without one, nothing."""
    values = (str(pin.channel), f"{pin.row}-{pin.column}", layer) if pin else ("", "", "")
    return dict(zip(_PIN, values, strict=True))


def of_options(options: Options) -> Written:
    """The options that differ from the usual ones; of the others, nothing."""
    return {
        _OPTIONS[name]: "" if value == getattr(_DEFAULT, name) else _text(value)
        for name, value in asdict(options).items()
    }


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


# ---- reading ----


def is_empty() -> bool:
    """Whether the URL says nothing of the wall."""
    return not any(parameter.asked() for parameter in (*_PIN, *_OPTIONS.values()))


def pin_as_written() -> tuple[str, str, str]:
    """Channel, cell and the layer that they are of as they stand there, whatever they are worth."""
    channel, cell, layer = (parameter.asked() or "" for parameter in _PIN)
    return channel, cell, layer


def asked_pin(shape: Shape) -> tuple[int | None, tuple[int, int] | None]:
    """Channel, and row and column, of a layer of that shape; what it does not have is refused."""
    asked, where, _ = pin_as_written()
    channels, rows, columns = shape
    channel = int(asked) if is_whole(asked, 0, channels - 1) else None
    position = _position(where, shape)
    if asked and channel is None:
        _refuse(url.CHANNEL, asked[:20], accepted=f"0 to {channels - 1:,}")
    if where and position is None:
        accepted = f"row and column, from 0-0 to {rows - 1}-{columns - 1},"
        _refuse(url.CELL, where[:20], accepted=accepted)
    return channel, position


def refuse_layer() -> None:
    """Say that the layer that a pin is of is not there; it is then one of the selected layer."""
    *_, layer = pin_as_written()
    _refuse(url.PIN_LAYER, layer)


def asked_options() -> Options:
    """The options that are asked for, the usual ones where there are none of that name."""
    low, high = _number(url.LOW, _DEFAULT.low), _number(url.HIGH, _DEFAULT.high)
    if high <= low:
        accepted = f"more than the lower end, {low:g},"
        showing = f"{_DEFAULT.low:g} to {_DEFAULT.high:g}"
        url.refuse(url.HIGH, f"{high:g}", accepted=accepted, showing=showing)
        url.write({url.LOW: "", url.HIGH: ""})
        low, high = _DEFAULT.low, _DEFAULT.high
    return Options(
        sort=_choice(url.SORT, SORTS, _DEFAULT.sort),
        scale=_choice(url.SCALE, SCALES, _DEFAULT.scale),
        show=_choice(url.SHOW, SHOWS, _DEFAULT.show),
        low=low,
        high=high,
    )


def _choice(parameter: Parameter, options: Sequence[str], default: str) -> str:
    asked = parameter.asked() or default
    if asked in options:
        return asked
    _refuse(parameter, asked, showing=default)
    return default


def _number(parameter: Parameter, default: float) -> float:
    asked = parameter.asked()
    if not asked:
        return default
    if (number := decimal(asked)) is not None:
        return number
    _refuse(parameter, asked[:20], accepted="a number", showing=f"{default:g}")
    return default


def _position(text: str, shape: Shape) -> tuple[int, int] | None:
    row, _, column = text.partition("-")
    _, rows, columns = shape
    if is_whole(row, 0, rows - 1) and is_whole(column, 0, columns - 1):
        return int(row), int(column)
    return None


def _refuse(parameter: Parameter, asked: str, *, accepted: str = "", showing: str = "") -> None:
    """Say what cannot be shown, and take it out of the URL."""
    url.refuse(parameter, asked, accepted=accepted, showing=showing)
    url.write({parameter: ""})
