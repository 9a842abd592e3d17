"""Class names from a text file: one name a line, in the order of the network's outputs."""

from __future__ import annotations

from typing import Final

from resnet_viz.errors import WeightsError
from resnet_viz.model.config import LIMITS
from resnet_viz.one_line import one_line

MAX_BYTES: Final = 2_000_000
MAX_LINES: Final = LIMITS["num_classes"][1]

_ONE_EACH: Final = "Names belong to classes in the order of their lines."


def parse_labels(content: bytes | str) -> tuple[str, ...]:
    """The names in a UTF-8 text, one for each class.

    Blank lines at the end are ignored, blanks around a name removed; so are characters that cannot
    be seen, such as those that turn the direction of the text around.

    Raises:
        WeightsError: it is too large, no UTF-8 text, empty, or has an empty line between names.
    """
    if len(content) > MAX_BYTES:
        raise WeightsError(
            f"The file of class names has {len(content) / 1e6:,.1f} MB; "
            f"at most {MAX_BYTES // 10**6} MB are accepted."
        )
    lines = [one_line(line) for line in _text(content).rstrip().splitlines()]
    if not any(lines):
        raise WeightsError("The file of class names is empty; write one name a line.")
    if len(lines) > MAX_LINES:
        raise WeightsError(
            f"The file of class names has {len(lines):,} lines; at most {MAX_LINES:,} are accepted."
        )
    if "" in lines:
        raise WeightsError(
            f"Line {lines.index('') + 1:,} of the class names is empty; "
            "each class needs a name, one a line."
        )
    return tuple(lines)


def fitted(labels: tuple[str, ...], num_classes: int) -> tuple[tuple[str, ...], str]:
    """The names that a network of so many logits can use, and what to say where the count differs.

    One logit may have the names of both classes that it tells apart: the second is the one that a high
    logit stands for, and comes first in the result.
    """
    if (num_classes, len(labels)) == (1, 2):
        return labels[::-1], ""
    if len(labels) in (0, num_classes):
        return labels, ""
    counts = f"{_counted(len(labels), 'class name')} for {_counted(num_classes, 'class')}"
    if len(labels) < num_classes:
        return labels, f"There are {counts}: the rest are numbered. {_ONE_EACH}"
    return labels[:num_classes], f"There are {counts}: the last ones are not used. {_ONE_EACH}"


def _counted(number: int, what: str) -> str:
    ending = "" if number == 1 else "es" if what.endswith("s") else "s"
    return f"{number:,} {what}{ending}"


def _text(content: bytes | str) -> str:
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise WeightsError(
            f"Line {line:,} of the class names is no UTF-8 text; save the file as UTF-8."
        ) from None
