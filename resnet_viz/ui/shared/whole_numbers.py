"""What counts as a number, in the URL and from a browser: digits as a person writes them, and no more."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from streamlit.elements.widgets import number_input, slider

from resnet_viz.ui.state.notices import notice

_DECIMAL: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?(e[+-]?[0-9]{1,2})?")


def is_whole(text: str, low: int, high: int) -> bool:
    """Whether a text is a whole number from `low` to `high`."""
    digits = max(9, len(str(high)))  # more would not be small numbers, whatever zeros lead them
    return text.isascii() and text.isdigit() and len(text) <= digits and low <= int(text) <= high


def decimal(text: str) -> float | None:
    """The finite number that a text writes, as in `-2.5` or `1e-05`; without one, nothing."""
    number = float(text) if _DECIMAL.fullmatch(text) else None
    return None if number == 0 and text.startswith("-") else number


class _CheckedNumber(number_input.NumberInputSerde):
    """Reads what a browser sends to a number's widget; what is none becomes the default, and that is said.

    Streamlit itself calls `int` on infinity, before the page runs.
    """

    def deserialize(self, ui_value: Any) -> Any:
        if ui_value is None or _is_accepted(ui_value, self.min_value, self.max_value):
            return super().deserialize(ui_value)
        return _refused(self.min_value, self.max_value, self.value)


class _CheckedSlider(slider.SliderSerde):
    """The same for a slider, whose one value comes in a list."""

    def deserialize(self, ui_value: Any) -> Any:
        default = self.value[0]
        match ui_value:
            case None:
                return super().deserialize(None)
            case [value] if _is_accepted(value, self.min_value, self.max_value):
                return super().deserialize(ui_value)
        return int(_refused(self.min_value, self.max_value, default))


def _is_accepted(value: Any, low: float, high: float) -> bool:
    return (
        isinstance(value, int | float)
        and math.isfinite(value)
        and float(value).is_integer()
        and low <= value <= high
    )


def _refused(low: float, high: float, default: Any) -> Any:
    """Say that something was sent that is no number to be shown; returns the default."""
    notice(
        f"A number was sent that is not accepted; {int(low)} to {int(high):,} is accepted: "
        f"showing {int(default):,}."
    )
    return default


def check_what_browsers_send() -> None:
    """From now on read the values of all number widgets with care."""
    number_input.NumberInputSerde = _CheckedNumber  # type: ignore[misc]
    slider.SliderSerde = _CheckedSlider  # type: ignore[misc]
