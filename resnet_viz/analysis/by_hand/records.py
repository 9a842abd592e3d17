"""One number of a feature map and what it is made of, one record for each kind of layer.

A record holds the maps around its cell, so that it can be moved: `worked.at(row, column)` works out
another cell of the same area. `value` is what the network itself put out, in float32; `total` is the
same number worked out in float64 from the terms in the record. They agree to rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple, Self

import numpy as np

Pair = tuple[int, int]  # along rows, along columns


class Window(NamedTuple):
    """What a layer looks at for one cell, and how far it goes on for the next."""

    size: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)

    def corner(self, row: int, column: int) -> Pair:
        """Where the window of an output cell begins in the input; negative inside the padding."""
        return row * self.stride[0] - self.padding[0], column * self.stride[1] - self.padding[1]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Worked:
    """One cell of one layer. Channels, rows and columns count from 0; a vector has one row, one column.

    Every array in a record is float32 and read-only.
    """

    path: str  # of the layer that computes: for a block or stage, the last sum or layer inside
    kind: str  # "Conv2d", "BatchNorm2d", …
    channel: int
    row: int
    column: int
    corner: Pair = (0, 0)  # row and column of the first cell of `outputs`
    outputs: np.ndarray = field(repr=False)  # (h, w): the channel's values around the cell

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def at(self, row: int, column: int) -> Self:
        """The same for another cell of the area."""
        return replace(self, row=row, column=column)

    @property
    def here(self) -> Pair:
        """The cell's row and column within the area."""
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
        """Channel, row and column of the input cell that counts most, or is central to what does."""
        return self.channel, self.row, self.column


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedWindow(Worked):
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
        """The value at the cell's place in the (first) input, for layers that work place by place."""
        return float(self.patches[0, 0, 0])


@dataclass(frozen=True, slots=True, eq=False)
class ChannelSum:
    """One input channel's part in a convolution: Σ patch · kernel."""

    channel: int  # in the input map
    patch: np.ndarray = field(repr=False)  # (kh, kw) float32, zero where it is padding
    kernel: np.ndarray = field(repr=False)  # (kh, kw) float32

    @property
    def products(self) -> np.ndarray:
        """(kh, kw) float64: patch times kernel, position by position."""
        products: np.ndarray = np.multiply(self.patch, self.kernel, dtype=np.float64)
        return products

    @property
    def total(self) -> float:
        return float(self.products.sum())


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedNorm(WorkedWindow):
    """BatchNorm in evaluation, Ioffe and Szegedy 2015: γ (x − μ) / √(σ² + ε) + β."""

    mean: float  # μ, running
    variance: float  # σ², running
    eps: float  # ε
    weight: float  # γ
    bias: float  # β

    @property
    def scale(self) -> float:
        """γ / √(σ² + ε)."""
        return self.weight / math.sqrt(self.variance + self.eps)

    @property
    def scaled(self) -> np.ndarray:
        """(h, w): the area's values before β is added."""
        values: np.ndarray = (self.maps[0].astype(np.float64) - self.mean) * self.scale
        return values.astype(np.float32)

    @property
    def total(self) -> float:
        return self.scale * (self.before - self.mean) + self.bias


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedReLU(WorkedWindow):
    """max(0, before); what is no number stays so, as in torch."""

    @property
    def total(self) -> float:
        return 0.0 if self.before < 0 else self.before


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Followed(WorkedWindow):
    """A layer whose value others change before anything else reads it."""

    after: tuple[WorkedNorm | WorkedReLU, ...] = ()

    def at(self, row: int, column: int) -> Self:
        after = tuple(step.at(row, column) for step in self.after)
        return replace(self, row=row, column=column, after=after)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedConvolution(Followed):
    """The sum over all input channels of a group: strongest + rest = total.

    `maps` are those of the channels that were strongest where the question was asked.
    """

    channels: tuple[int, ...]  # of `maps` and `kernels`, by |sum|, the strongest first
    kernels: np.ndarray = field(repr=False)  # (K, kh, kw)
    rests: np.ndarray = field(repr=False)  # (h, w): the sums over all other channels
    groups: int
    inputs: range  # the input channels that this filter sees: all, or those of its group

    @property
    def _channel_read(self) -> int:
        return self.channels[0]

    @property
    def strongest(self) -> tuple[ChannelSum, ...]:
        parts = zip(self.channels, self.patches, self.kernels, strict=True)
        return tuple(ChannelSum(channel, patch, kernel) for channel, patch, kernel in parts)

    @property
    def rest(self) -> float:
        return float(self.rests[self.here])

    @property
    def rest_channels(self) -> int:
        return len(self.inputs) - len(self.channels)

    @property
    def total(self) -> float:
        return sum(part.total for part in self.strongest) + self.rest


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedMaxPool(WorkedWindow):
    """The largest value of a window, whose padding is −∞; the first in reading order of several."""

    @property
    def winner(self) -> Pair:
        """Row and column in the window."""
        row, column = divmod(int(self.patches[0].argmax()), self.window.size[1])
        return row, column

    @property
    def total(self) -> float:
        return float(self.patches[0][self.winner])

    @property
    def origin(self) -> tuple[int, int, int]:
        return self.channel, *self._inside(*self.winner)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedSum(Followed):
    """branch + shortcut, He et al. 2015 equation 1; `maps` are the branch and the shortcut."""

    branch_path: str  # the layer that F(x) comes from
    shortcut_path: str  # the layer that x, or its projection, comes from

    @property
    def branch(self) -> float:
        return self.before

    @property
    def shortcut(self) -> float:
        return float(self.patches[1, 0, 0])

    @property
    def total(self) -> float:
        return self.branch + self.shortcut


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedCopy(WorkedWindow):
    """A value handed on as it is: identity, flatten, and option A's subsampling.

    A channel that option A makes new is zero and has no map.
    """

    @property
    def source(self) -> tuple[int, int, int] | None:
        """Channel, row, column in the input; None for a new zero."""
        return (self.channel, self.top, self.left) if len(self.maps) else None

    @property
    def _channel_read(self) -> int:
        return self.channel if len(self.maps) else 0

    @property
    def total(self) -> float:
        return self.before if len(self.maps) else 0.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedMean(Worked):
    """The mean of a whole map: sum / count."""

    map: np.ndarray = field(repr=False)  # (H, W)

    @property
    def origin(self) -> tuple[int, int, int]:
        row, column = divmod(int(self.map.argmax()), self.map.shape[1])
        return self.channel, row, column

    @property
    def sum(self) -> float:
        return float(self.map.sum(dtype=np.float64))

    @property
    def count(self) -> int:
        return self.map.size

    @property
    def total(self) -> float:
        return self.sum / self.count


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One input channel's word on a class."""

    channel: int
    activation: float
    weight: float

    @property
    def product(self) -> float:
        return self.activation * self.weight


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedScore(Worked):
    """The score of one class (`channel`): positive + negative + rest + bias = total.

    The other classes are the likeliest of the picture, so that the same channels can be asked about them.
    """

    strongest: int  # how many channels are shown one by one, on each side
    activations: np.ndarray = field(repr=False)  # (C,)
    classes: tuple[int, ...]  # by score, the highest first; `channel` is one of them
    weights: np.ndarray = field(repr=False)  # (classes, C)
    biases: np.ndarray = field(repr=False)  # (classes,)
    scores: np.ndarray = field(repr=False)  # (classes,): as the network put them out
    probabilities: np.ndarray = field(repr=False)  # (classes,): softmax over all classes

    def of(self, label: int) -> WorkedScore:
        """The same for another one of `classes`."""
        score = self.scores[[self.classes.index(label)]].reshape(1, 1)
        return replace(self, channel=label, outputs=score)

    @property
    def origin(self) -> tuple[int, int, int]:
        return int(self.products.argmax()), 0, 0

    @property
    def products(self) -> np.ndarray:
        """(C,) float64: what each channel says of the class."""
        weights = self.weights[self.classes.index(self.channel)]
        products: np.ndarray = np.multiply(self.activations, weights, dtype=np.float64)
        return products

    @property
    def bias(self) -> float:
        return float(self.biases[self.classes.index(self.channel)])

    @property
    def positive(self) -> tuple[Term, ...]:
        """What speaks most for the class, the strongest first."""
        order = np.argsort(-self.products, kind="stable")[: self.strongest]
        return self._terms([i for i in order if self.products[i] > 0])

    @property
    def negative(self) -> tuple[Term, ...]:
        """What speaks most against it."""
        order = np.argsort(self.products, kind="stable")[: self.strongest]
        return self._terms([i for i in order if self.products[i] < 0])

    @property
    def rest(self) -> float:
        """The sum over all other channels."""
        named = [term.channel for term in (*self.positive, *self.negative)]
        return float(np.delete(self.products, named).sum())

    @property
    def rest_channels(self) -> int:
        return len(self.activations) - len(self.positive) - len(self.negative)

    @property
    def total(self) -> float:
        return float(self.products.sum()) + self.bias

    def _terms(self, channels: list[int]) -> tuple[Term, ...]:
        weights = self.weights[self.classes.index(self.channel)]
        return tuple(Term(int(i), float(self.activations[i]), float(weights[i])) for i in channels)
