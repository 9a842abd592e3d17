"""One measured thing beside its peer and its target, and the table of them."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_HEADER = (
    "| what | ours (median) | peer (median) | ratio | target | verdict |",
    "|:--|--:|--:|--:|--:|:--|",
)
_PACKAGES = ("torch", "torchinfo", "streamlit")
_MARKS: Final = ("<!-- bench -->\n", "<!-- /bench -->\n")
PAGE: Final = Path(__file__).parents[1] / "docs" / "speed.md"


@dataclass(frozen=True, slots=True)
class Result:
    """A row of the table. The target is the largest accepted ratio where there is a peer to meet,
    else the largest accepted value of ours; without a target a row is for information. A ratio is judged
    by the two digits that the table shows of it.
    """

    what: str
    ours: float
    unit: str
    peer: float | None = None
    target: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return None if self.peer is None else self.ours / self.peer

    @property
    def verdict(self) -> str:
        if self.target is None:
            return "–"
        measured = self.ours if self.ratio is None else round(self.ratio, 2)
        return "met" if measured <= self.target else "missed"

    def as_json(self) -> dict[str, Any]:
        fields = ("what", "ours", "unit", "peer", "ratio", "target", "verdict", "note")
        return {field: getattr(self, field) for field in fields}


def table(results: Sequence[Result]) -> str:
    """The results as a Markdown table, their notes below it."""
    notes = list(dict.fromkeys(result.note for result in results if result.note))
    rows = [_row(result, notes) for result in results]
    below = [f"{number}. {note}" for number, note in enumerate(notes, start=1)]
    return "\n".join([*_HEADER, *rows, "", f"Measured with {setting()}.", "", *below]).rstrip()


def write(measured: str, page: Path = PAGE) -> None:
    """Put a new table in the place of the one between the marks of a page."""
    start, end = _MARKS
    before, _, rest = page.read_text("utf-8").partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{page} has no place for the table: {start.strip()} and {end.strip()}.")
    page.write_text(f"{before}{start}{measured}\n{end}{after}", "utf-8")


def setting() -> str:
    """What the figures were measured with."""
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
    return f"Python {platform.python_version()}, {packages} on {os.cpu_count()} cores"


def _row(result: Result, notes: list[str]) -> str:
    mark = f" [{notes.index(result.note) + 1}]" if result.note else ""
    cells: Iterable[str] = (
        result.what + mark,
        _value(result.ours, result.unit),
        "–" if result.peer is None else _value(result.peer, result.unit),
        "–" if result.ratio is None else f"{result.ratio:.2f}",
        _target(result),
        result.verdict,
    )
    return f"| {' | '.join(cells)} |"


def _target(result: Result) -> str:
    if result.target is None:
        return "–"
    bound = _value(result.target, result.unit) if result.peer is None else f"{result.target:.2f}"
    return f"≤ {bound}"


def _value(value: float, unit: str) -> str:
    digits = 0 if value >= 100 or value == 0 else 1 if value >= 10 else 2 if value >= 0.1 else 4
    return f"{value:,.{digits}f} {unit}"
