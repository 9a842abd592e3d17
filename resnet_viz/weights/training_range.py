"""What a network's answers looked like on its own training images: the measure for any other image.

Two numbers are compared: the top logit (the network's score for its answer), and how far an image lies
from the training images halfway through the network. The last layers keep what tells the classes apart
and little else: there most foreign images lie among the training images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]

RANGE_SUFFIX: Final = ".range.safetensors"  # of the file with a network's range
EDGE: Final = 1.0  # percent of the training images that count as out of range, on either measure
KEPT_IMAGES: Final = 1000  # training images, at most, whose directions are kept
NEIGHBOUR: Final = 10  # the distance is that to the tenth nearest of them


@dataclass(frozen=True, slots=True)
class RangeCheck:
    """Where one image lies among the training images; percentiles are 0 to 100."""

    top_logit: float
    logit_percentile: float  # of training images have a lower top logit
    distance: float
    distance_percentile: float  # of training images lie nearer to the others

    @property
    def low_score(self) -> bool:
        """Whether the top logit is lower than on nearly all training images."""
        return self.logit_percentile < EDGE

    @property
    def far_away(self) -> bool:
        """Whether it lies farther from the training images than nearly all of them do."""
        return self.distance_percentile > 100 - EDGE

    @property
    def in_range(self) -> bool:
        return not (self.low_score or self.far_away)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRange:
    """Percentiles and directions of training images, measured after the training.

    An image's direction is that of the means and standard deviations of all channels at `compared_stage`.
    Its distance is the Euclidean one to the tenth nearest direction that is kept (k nearest neighbours,
    Sun et al. 2022, arXiv 2204.06507, section 3, who ask the last layer).

    Attributes:
        top_logits: (101,) percentiles 0, 1, … 100 of the top logit.
        distances: (101,) percentiles of the distance, of training images that are not kept.
        directions: (kept images, 2 × channels) float16, of length 1.
    """

    top_logits: Values = field(repr=False)
    distances: Values = field(repr=False)
    directions: npt.NDArray[np.float16] = field(repr=False)

    @classmethod
    def measure(cls, statistics: Values, logits: Values) -> Self:
        """Measure on training images, of which some are kept: drawn, since sets are sorted by class.

        Args:
            statistics: (N, 2 × channels), as `channel_statistics` gives them; N at least 20.
            logits: (N, classes) what the network answers.
        """
        order = np.random.default_rng(0).permutation(len(statistics))
        is_kept = order < min(KEPT_IMAGES, len(statistics) // 2)
        directions = _directions(statistics[is_kept]).astype(np.float16)
        steps = np.arange(101)
        return cls(
            np.percentile(logits.max(axis=1), steps).astype(np.float32),
            np.percentile(_distances(statistics[~is_kept], directions), steps).astype(np.float32),
            directions,
        )

    def check(self, statistics: Values, logits: Values) -> RangeCheck:
        """Where one image lies: its statistics (2 × channels,) and logits (classes,)."""
        return self.check_all(statistics[None], logits[None])[0]

    def check_all(self, statistics: Values, logits: Values) -> tuple[RangeCheck, ...]:
        """The same for many images: statistics (N, 2 × channels) and logits (N, classes)."""
        tops = logits.max(axis=1).tolist()
        distances = _distances(statistics, self.directions).tolist()
        return tuple(
            RangeCheck(
                top,
                _percentile(top, self.top_logits),
                distance,
                _percentile(distance, self.distances),
            )
            for top, distance in zip(tops, distances, strict=True)
        )


def compared_stage(stages: Sequence[str]) -> str:
    """The stage whose output is compared, of all in their order: the one before the middle."""
    return stages[(len(stages) - 1) // 2]


def channel_statistics(maps: Values) -> Values:
    """(N, channels, H, W) to (N, 2 × channels): each channel's mean, then each one's deviation."""
    wide = maps.astype(np.float64)
    both = np.concatenate([wide.mean(axis=(2, 3)), wide.std(axis=(2, 3))], axis=1)
    return both.astype(np.float32)


def _directions(statistics: Values) -> npt.NDArray[np.float64]:
    """(N, D), each of length 1; a blank image, which has no direction, stays at 0."""
    lengths = np.linalg.norm(statistics.astype(np.float64), axis=1, keepdims=True)
    directions: npt.NDArray[np.float64] = statistics / np.where(lengths > 0, lengths, 1)
    return directions


def _distances(statistics: Values, kept: npt.NDArray[np.float16]) -> Values:
    """(N,) Euclidean distance of each direction to the tenth nearest that is kept."""
    ours, theirs = _directions(statistics), kept.astype(np.float64)
    lengths = (ours**2).sum(axis=1)[:, None] + (theirs**2).sum(axis=1)
    squares = lengths - 2 * ours @ theirs.T  # (N, kept)
    nearest = np.partition(squares, NEIGHBOUR - 1, axis=1)[:, NEIGHBOUR - 1]
    return np.asarray(np.sqrt(np.maximum(nearest, 0)), np.float32)


def _percentile(value: float, percentiles: Values) -> float:
    """How many percent of the measured values are lower; 0 below and 100 above all of them."""
    return float(np.interp(value, percentiles, np.arange(101.0), left=0, right=100))
