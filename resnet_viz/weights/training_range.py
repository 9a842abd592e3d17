"""What a network's answers looked like on its own training images: the measure for any other image.

Two numbers are compared: the top logit (the network's score for its answer), and how far the pooled
features lie from the nearest class mean of training (Mahalanobis distance with one covariance for all
classes, Lee et al. 2018, arXiv 1807.03888, section 2.1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]

RANGE_SUFFIX: Final = ".range.safetensors"  # of the file with a network's range
EDGE: Final = 1.0  # percent of the training images that count as out of range, on either measure


@dataclass(frozen=True, slots=True)
class RangeCheck:
    """Where one image lies among the training images; percentiles are 0 to 100."""

    top_logit: float
    logit_percentile: float  # of training images have a lower top logit
    distance: float
    distance_percentile: float  # of training images lie nearer to a class mean

    @property
    def low_score(self) -> bool:
        """Whether the top logit is lower than on nearly all training images."""
        return self.logit_percentile < EDGE

    @property
    def far_away(self) -> bool:
        """Whether the features lie farther from every class than those of nearly all."""
        return self.distance_percentile > 100 - EDGE

    @property
    def in_range(self) -> bool:
        return not (self.low_score or self.far_away)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRange:
    """Percentiles and feature statistics of training images, measured after the training.

    Attributes:
        top_logits: (101,) percentiles 0, 1, … 100 of the top logit.
        distances: (101,) percentiles of the distance to the nearest class mean.
        means: (classes with images, features) class means of the pooled features.
        precision: (features, features) inverse of their common covariance.
    """

    top_logits: Values = field(repr=False)
    distances: Values = field(repr=False)
    means: Values = field(repr=False)
    precision: Values = field(repr=False)

    @classmethod
    def measure(cls, features: Values, logits: Values, labels: npt.NDArray[np.int64]) -> Self:
        """Measure on training images.

        Args:
            features: (N, features) what the classifier reads.
            logits: (N, classes) what it answers.
            labels: (N,) true classes; those without an image have no mean.
        """
        wide = features.astype(np.float64)
        present, which = np.unique(labels, return_inverse=True)
        means = np.stack([wide[labels == label].mean(axis=0) for label in present])
        spread = np.cov((wide - means[which]).T)
        # Dead channels have no variance: a millionth of the mean one keeps the inverse finite.
        ridge = 1e-6 * np.trace(spread) / len(spread) + 1e-12
        precision = np.linalg.inv(spread + ridge * np.eye(len(spread)))
        small = (means.astype(np.float32), precision.astype(np.float32))
        steps = np.arange(101)
        return cls(
            np.percentile(logits.max(axis=1), steps).astype(np.float32),
            np.percentile(_distances(features, *small), steps).astype(np.float32),
            *small,
        )

    def check(self, features: Values, logits: Values) -> RangeCheck:
        """Where one image lies: its features (features,) and logits (classes,)."""
        return self.check_all(features[None], logits[None])[0]

    def check_all(self, features: Values, logits: Values) -> tuple[RangeCheck, ...]:
        """The same for many images: features (N, features) and logits (N, classes)."""
        tops = logits.max(axis=1).tolist()
        distances = _distances(features, self.means, self.precision).tolist()
        return tuple(
            RangeCheck(
                top,
                _percentile(top, self.top_logits),
                distance,
                _percentile(distance, self.distances),
            )
            for top, distance in zip(tops, distances, strict=True)
        )


def _distances(features: Values, means: Values, precision: Values) -> Values:
    """(N,) Mahalanobis distance of features (N, D) to the nearest class mean."""
    # Class by class: (N, classes, D) of a large network would be gigabytes.
    squares, weights = [], precision.astype(np.float64)
    for mean in means.astype(np.float64):
        offset = features - mean  # (N, D)
        squares.append(((offset @ weights) * offset).sum(axis=1))
    return np.asarray(np.sqrt(np.maximum(np.min(squares, axis=0), 0)), np.float32)


def _percentile(value: float, percentiles: Values) -> float:
    """How many percent of the measured values are lower; 0 below and 100 above all of them."""
    return float(np.interp(value, percentiles, np.arange(101.0), left=0, right=100))
