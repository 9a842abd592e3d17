"""What a page shows of the working of one cell, as plain data for the browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Grid = tuple[tuple[float | None, ...], ...]  # None where it is padding that takes no part
Mask = tuple[tuple[bool, ...], ...]

_RGB: Final = ("red", "green", "blue")


@dataclass(frozen=True, slots=True)
class Trio:
    """One input channel of a convolution: patch × kernel, position by position, and their sum."""

    name: str
    patch: Grid
    kernel: Grid
    sum: float


@dataclass(frozen=True, slots=True)
class Product:
    """One input channel of a 1 × 1 convolution or of the classifier: activation × weight."""

    name: str
    activation: float
    weight: float
    product: float


@dataclass(frozen=True, slots=True)
class Map:
    """A window that is reduced to one number; the winner is the one that is taken, if one is."""

    title: str
    values: Grid
    winner: tuple[int, int] | None = None  # row and column in the window
    squares: int = 1  # cells a side that each value is the mean of


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the sum: `value`, and how it follows."""

    name: str
    how: str
    value: str
    marked: bool = False  # the value that the map of the selected layer shows


@dataclass(frozen=True, slots=True)
class Working:
    """All that is shown of one cell; of trios, products and map there is one or none."""

    intro: str
    steps: tuple[Step, ...]
    trios: tuple[Trio, ...] = ()
    products: tuple[Product, ...] = ()
    map: Map | None = None
    corner: tuple[int, int] = (0, 0)  # row and column of the window's first position in the input
    padded: Mask = ()  # positions of the window outside the input


@dataclass(frozen=True, slots=True)
class Names:
    """What the numbers are called."""

    source: str  # the path that the layer reads, or "the picture"
    target: str  # "channel 3", or the class that the classifier speaks of
    coloured: bool = False  # whether the input channels are red, green and blue

    def channel(self, number: int) -> str:
        return _RGB[number] if self.coloured else f"channel {number}"
