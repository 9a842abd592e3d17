"""What a page shows of the working of one cell: words with gaps, and the numbers that fill them.

A gap is the name of a number in braces: `{rest}`, `{(rest)}` where a negative one needs brackets,
`{=rest}` where all of its digits matter.
The browser works the numbers out for whatever cell is under the cursor; `numbersAt` in
components/worked_example/arithmetic.js lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from resnet_viz.components import blob
from resnet_viz.figures import maps

Kind = Literal["convolution", "pointwise", "pool", "elementwise", "mean", "score"]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the sum: a number, by its name, and how it follows. Without the number, no line."""

    name: str
    how: str
    value: str  # the name of the number
    marked: bool = False  # the value that the map of the selected layer shows


@dataclass(frozen=True, slots=True)
class WrittenExample:
    """All that is shown of one cell, and of those around it."""

    kind: Kind  # how it is laid out
    intro: str
    steps: tuple[Step, ...]
    facts: Mapping[str, Any]  # plain values
    arrays: Mapping[str, np.ndarray] = field(repr=False)

    def encoded(self, name: str) -> bytes:
        """As `readBlob` reads it; `name` says which cell, for those who cannot see it."""
        steps = [asdict(step) for step in self.steps]
        words = {"name": name, "kind": self.kind, "intro": self.intro, "steps": steps}
        colours = maps.colour_table(signed=True)
        return blob.pack(words | dict(self.facts), {**self.arrays, "colours": colours})


@dataclass(frozen=True, slots=True)
class Names:
    """What the numbers are called."""

    source: str  # the path that the layer reads, or "the image"
    target: str  # "channel 3", or the class that the classifier speaks of
    shown: str  # the path of the layer whose map is shown
    colours: tuple[str, ...] = ()  # of the input channels, where they are those of the image
    classes: tuple[str, ...] = ()  # those that the classifier can be asked about

    def channel(self, number: int) -> str:
        return self.colours[number] if self.colours else f"channel {number}"
