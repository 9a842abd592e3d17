"""What layers work out that look through a window, or at one place: all but the mean and the score."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from resnet_viz.analysis.worked_example.records import Pair, WorkedWindow


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

    channels: tuple[int, ...]  # of `maps` and `kernels`: by |sum|; all of them, in their own order
    kernels: np.ndarray = field(repr=False)  # (K, kh, kw)
    rests: np.ndarray = field(repr=False)  # (h, w): the sums over all other channels
    groups: int
    inputs: range  # the input channels that this filter sees: all, or those of its group

    @property
    def _channel_read(self) -> int:
        return max(self.strongest, key=lambda part: abs(part.total)).channel

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
