"""One number of a feature map and what it is made of, one record for each kind of layer.

`value` is what the network itself put out, in float32; `total` is the same number worked out in float64
from the terms in the record. They agree to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Worked:
    """One cell of one layer. Channels, rows and columns count from 0; a vector has one row, one column."""

    path: str  # of the layer that computes: for a block or stage, the last one inside
    kind: str  # "Conv2d", "BatchNorm2d", …
    channel: int
    row: int
    column: int
    value: float  # in the feature map
    total: float  # by hand


@dataclass(frozen=True, slots=True, eq=False)
class ChannelSum:
    """One input channel's part in a convolution: Σ patch · kernel."""

    channel: int  # in the input map
    patch: np.ndarray = field(repr=False)  # (kh, kw) float32, zero where it is padding
    kernel: np.ndarray = field(repr=False)  # (kh, kw) float32

    def __post_init__(self) -> None:
        _lock(self.patch, self.kernel)

    @property
    def products(self) -> np.ndarray:
        """(kh, kw) float64: patch times kernel, position by position."""
        products: np.ndarray = np.multiply(self.patch, self.kernel, dtype=np.float64)
        return products

    @property
    def total(self) -> float:
        return float(self.products.sum())


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedWindow(Worked):
    """A layer that moves a window over its input; `top` and `left` are negative inside the padding."""

    top: int  # row of the window's first position in the input map
    left: int
    padded: np.ndarray = field(repr=False)  # (kh, kw) bool: positions outside the input map

    def __post_init__(self) -> None:
        _lock(self.padded)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedNorm(Worked):
    """BatchNorm in evaluation, Ioffe and Szegedy 2015: γ (x − μ) / √(σ² + ε) + β."""

    before: float  # x
    mean: float  # μ, running
    variance: float  # σ², running
    eps: float  # ε
    weight: float  # γ
    bias: float  # β


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedReLU(Worked):
    """max(0, before)."""

    before: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedConvolution(WorkedWindow):
    """The sum over all input channels of a group: strongest + rest = total."""

    strongest: tuple[ChannelSum, ...]  # by |sum|, the strongest first
    rest: float  # the sum over all other channels
    rest_channels: int  # how many those are
    groups: int
    inputs: range  # the input channels that this filter sees: all, or those of its group
    after: tuple[WorkedNorm | WorkedReLU, ...] = ()  # what reads the value next, and changes it


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedMaxPool(WorkedWindow):
    """The largest value of a window; the first in reading order where there are several."""

    window: np.ndarray = field(repr=False)  # (kh, kw) float32, −∞ where it is padding
    winner: tuple[int, int]  # row and column in the window

    def __post_init__(self) -> None:
        _lock(self.window, self.padded)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedMean(Worked):
    """The mean of a whole map: sum / count."""

    map: np.ndarray = field(repr=False)  # (H, W) float32
    sum: float
    count: int

    def __post_init__(self) -> None:
        _lock(self.map)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedSum(Worked):
    """branch + shortcut, He et al. 2015 equation 1."""

    branch: float
    shortcut: float
    branch_path: str  # the layer that F(x) comes from
    shortcut_path: str  # the layer that x, or its projection, comes from


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedCopy(Worked):
    """A value handed on as it is: identity, flatten, and option A's subsampling."""

    source: tuple[int, int, int] | None  # channel, row, column in the input; None: a new zero


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
    """The score of one class (`channel`): positive + negative + rest + bias = total."""

    positive: tuple[Term, ...]  # what speaks most for the class, the strongest first
    negative: tuple[Term, ...]  # what speaks most against it
    rest: float  # the sum over all other channels
    rest_channels: int
    bias: float


def _lock(*arrays: np.ndarray) -> None:
    for array in arrays:
        array.setflags(write=False)
