"""A few bars with their numbers, in plain HTML: the landing page does without a chart library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_viz.components import declare

_COMPONENT = declare(__file__, '<div class="root" role="img"></div>')


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its length as a share of the longest (0 to 1), its number, its colour."""

    name: str
    share: float
    text: str
    colour: str


def cost_strip(title: str, bars: Sequence[Bar], *, key: str) -> None:
    """Mount the bars under a title; name and number of each are its alternative text."""
    _COMPONENT(
        key=key,
        data={
            "title": title,
            "bars": [
                {"name": bar.name, "share": bar.share, "text": bar.text, "colour": bar.colour}
                for bar in bars
            ],
        },
    )
