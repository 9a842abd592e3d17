"""What the residual decomposition finds, as plain data: arrays of a block, norms, what is left without it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from resnet_viz.analysis.proportion import Proportion


@dataclass(frozen=True, slots=True, eq=False)
class BlockView:
    """One block's input, branch, shortcut, sum and output for one image; arrays are read-only float32.

    A plain block has no shortcut: `kind` is "none", `shortcut` is `None`, and the sum is the branch. A
    block without an activation after the sum has the sum as its output.
    """

    path: str
    kind: str  # of the shortcut: "identity", "projection", "zero-pad" or "none"
    activation: str  # kind of the layer after the sum: "ReLU"; empty where the sum is the end
    input: np.ndarray = field(repr=False)  # x, (C_in, H_in, W_in)
    branch: np.ndarray = field(repr=False)  # F(x), (C, H, W)
    shortcut: np.ndarray | None = field(repr=False)  # x or its projection, (C, H, W)
    total: np.ndarray = field(repr=False)  # F(x) + x, (C, H, W)
    output: np.ndarray = field(repr=False)  # after the last activation, (C, H, W)

    def unit(self, channel: int, row: int, column: int) -> UnitSum:
        """The sum of one unit."""
        at = channel, row, column
        return UnitSum(
            *at,
            None if self.shortcut is None else float(self.shortcut[at]),
            float(self.branch[at]),
            float(self.total[at]),
            float(self.output[at]),
        )

    def most_changed(self, channel: int) -> UnitSum:
        """The unit of a channel to which the branch adds most, or from which it takes most."""
        strength = np.abs(self.branch[channel])
        row, column = np.unravel_index(int(strength.argmax()), strength.shape)
        return self.unit(channel, int(row), int(column))


@dataclass(frozen=True, slots=True)
class UnitSum:
    """One value of each part of a block: shortcut + branch = total, then the activation.

    A plain block has no shortcut: `shortcut` is `None`, and the total is the branch.
    """

    channel: int
    row: int
    column: int
    shortcut: float | None
    branch: float
    total: float
    output: float


@dataclass(frozen=True, slots=True)
class BlockRatio:
    """How much one block adds to its shortcut, over all channels and positions of one image."""

    path: str
    kind: str  # of the shortcut: "identity", "projection" or "zero-pad"
    branch_norm: float  # ‖F(x)‖
    shortcut_norm: float  # ‖x‖, after the projection where there is one
    cosine: float | None  # between the two; None where one of them is zero

    @property
    def ratio(self) -> float | None:
        """‖F(x)‖ / ‖x‖: how large the correction is; None when x is zero."""
        return self.branch_norm / self.shortcut_norm if self.shortcut_norm else None

    @property
    def angle(self) -> float | None:
        """Degrees between F(x) and x: 0 amplifies, 90 adds something new, 180 takes away."""
        return None if self.cosine is None else math.degrees(math.acos(self.cosine))


@dataclass(frozen=True, slots=True)
class Lesion:
    """What a network without one of its blocks answers; classes are indices into its scores."""

    path: str  # of the block that was removed
    kind: str  # of the shortcut that stood in for it: "identity", "projection" or "zero-pad"
    target: int  # the class that the untouched network finds most probable
    untouched: float  # that class's probability before
    probability: float  # and without the block
    top: int  # the class that is most probable without the block
    top_probability: float

    @property
    def survived(self) -> bool:
        """Whether the answer is still the same class."""
        return self.top == self.target


@dataclass(frozen=True, slots=True)
class Removal:
    """What a network without some of its blocks classifies right of a set of images."""

    removed: tuple[str, ...]
    right: Proportion


@dataclass(frozen=True, slots=True)
class Exchange:
    """The same for a network in which two blocks have changed places."""

    blocks: tuple[str, str]
    tau: float  # Kendall's rank correlation between the order of all blocks and the trained one
    right: Proportion


@dataclass(frozen=True, slots=True)
class SetLesions:
    """A lesion study on a set of images.

    Attributes:
        network: the preset's name.
        whole: with all blocks.
        kinds: what stands in for each block once it is removed, by its path, in the order of execution.
        each: without each block in turn, in that order.
        drawn: without several blocks, drawn at random; by how many, the fewest first.
        exchanged: every pair of blocks that can change places.
    """

    network: str
    whole: Proportion
    kinds: tuple[tuple[str, str], ...]
    each: tuple[Removal, ...]
    drawn: tuple[Removal, ...]
    exchanged: tuple[Exchange, ...]

    def without(self, count: int) -> tuple[Removal, ...]:
        """The draws in which so many blocks were removed."""
        return tuple(removal for removal in self.drawn if len(removal.removed) == count)

    def average(self, count: int) -> float:
        """The accuracy without so many blocks: the mean of the draws, which have equal sets of images."""
        if not count:
            return self.whole.share
        return fmean(removal.right.share for removal in self.without(count))
