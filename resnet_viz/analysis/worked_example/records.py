"""One number of a feature map and what it is made of, one record for each kind of layer.

A record holds the maps around its unit, so that it can be moved: `worked.at(row, column)` works out
another unit of the same area. `value` is what the network itself put out, in float32; `total` is the
same number worked out in float64 from the terms in the record. They agree to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple, Self

import numpy as np

Pair = tuple[int, int]  # along rows, along columns


class Window(NamedTuple):
    """What a layer looks at for one unit, and how far it goes on for the next."""

    size: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)

    def corner(self, row: int, column: int) -> Pair:
        """Where the window of an output position begins in the input; negative inside the padding."""
        return row * self.stride[0] - self.padding[0], column * self.stride[1] - self.padding[1]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedExample:
    """One unit of one layer. Channels, rows and columns count from 0; a vector has one row, one column.

    Every array in a record is float32 and read-only.
    """

    path: str  # of the layer that computes: for a block or stage, the last sum or layer inside
    kind: str  # "Conv2d", "BatchNorm2d", …
    channel: int
    row: int
    column: int
    corner: Pair = (0, 0)  # row and column of the first unit of `outputs`
    outputs: np.ndarray = field(repr=False)  # (h, w): the channel's values around the unit

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def at(self, row: int, column: int) -> Self:
        """The same for another unit of the area."""
        return replace(self, row=row, column=column)

    @property
    def here(self) -> Pair:
        """The unit's row and column within the area."""
        return self.row - self.corner[0], self.column - self.corner[1]

    @property
    def value(self) -> float:
        """The number in the feature map."""
        return float(self.outputs[self.here])

    @property
    def total(self) -> float:
        """The number by hand."""
        raise NotImplementedError

    @property
    def origin(self) -> tuple[int, int, int]:
        """Channel, row and column of the input unit that counts most, or is central to what does."""
        return self.channel, self.row, self.column


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedWindow(WorkedExample):
    """A layer that moves a window over its input; of 1 × 1 where it works place by place."""

    window: Window
    input_size: Pair  # rows and columns of the input map
    maps: np.ndarray = field(repr=False)  # (K, h, w): all that the area reads, padding included

    @property
    def output_size(self) -> Pair:
        """(H, W) of the whole output: ⌊(in + 2 · padding − size) / stride⌋ + 1."""
        size, stride, padding = self.window
        height, width = (
            (self.input_size[axis] + 2 * padding[axis] - size[axis]) // stride[axis] + 1
            for axis in (0, 1)
        )
        return height, width

    @property
    def top(self) -> int:
        """Row of the window's first position in the input map; negative inside the padding."""
        return self.window.corner(self.row, self.column)[0]

    @property
    def left(self) -> int:
        return self.window.corner(self.row, self.column)[1]

    @property
    def origin(self) -> tuple[int, int, int]:
        middle = self.window.size[0] // 2, self.window.size[1] // 2
        return self._channel_read, *self._inside(*middle)

    @property
    def _channel_read(self) -> int:
        return self.channel

    def _inside(self, down: int, right: int) -> Pair:
        """Row and column in the input map of a position in the window; of padding, the nearest."""
        height, width = self.input_size
        row, column = self.top + down, self.left + right
        return min(max(row, 0), height - 1), min(max(column, 0), width - 1)

    @property
    def patches(self) -> np.ndarray:
        """(K, kh, kw): what the window covers."""
        first, (height, width) = self.window.corner(*self.corner), self.window.size
        row, column = self.top - first[0], self.left - first[1]
        covered: np.ndarray = self.maps[:, row : row + height, column : column + width]
        return covered

    @property
    def padded(self) -> np.ndarray:
        """(kh, kw) bool: positions outside the input map."""
        rows, columns = np.ogrid[: self.window.size[0], : self.window.size[1]]
        rows, columns = rows + self.top, columns + self.left
        height, width = self.input_size
        outside: np.ndarray = (rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)
        return outside

    @property
    def before(self) -> float:
        """The value at the unit's position in the (first) input, for elementwise layers."""
        return float(self.patches[0, 0, 0])
