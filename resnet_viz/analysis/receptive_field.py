"""How much of the image one output position depends on: the exact recurrence, along every path.

The recurrence is Araujo, Norris and Sim 2019, "Computing Receptive Fields of Convolutional Neural
Networks", equations 1 to 4; where paths meet, the largest field counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """Side, distance between neighbours and first centre of the positions' fields, in input pixels."""

    size: int = 1
    jump: int = 1
    start: float = 0.0

    def through(self, kernel: int, stride: int, padding: int) -> Field:
        """The field after a convolution or pooling over this one."""
        return Field(
            size=self.size + (kernel - 1) * self.jump,
            jump=self.jump * stride,
            start=self.start + ((kernel - 1) / 2 - padding) * self.jump,
        )


def widest(fields: Sequence[Field]) -> Field:
    """The field where paths meet: that of the path that sees most."""
    return max(fields, key=lambda field: field.size)


def field_box(field: Field, row: int, column: int, side: int) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of one position's field on the image, cut off at its borders, in pixels.

    Pixel (0, 0) covers 0 to 1; `side` is the image's.
    """
    half = field.size / 2
    x = field.start + column * field.jump + 0.5
    y = field.start + row * field.jump + 0.5
    return max(x - half, 0.0), max(y - half, 0.0), min(x + half, side), min(y + half, side)
