"""Rank correlation of two rows of numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating]


def spearman(first: Values, second: Values) -> float | None:
    """Spearman's ρ: Pearson's correlation of the ranks, ties having the mean of their ranks; −1 to 1.

    Spearman 1904. Without ties it is 1 − 6 Σ d² / (n (n² − 1)). None where a row is constant, which has no
    order.
    """
    ranks = [_ranks(each) - (each.size - 1) / 2 for each in (first, second)]  # about zero
    norms = [float(np.linalg.norm(each)) for each in ranks]
    if not all(norms):
        return None
    return float(np.clip((ranks[0] @ ranks[1]) / (norms[0] * norms[1]), -1, 1))


def _ranks(values: Values) -> npt.NDArray[np.float64]:
    """(n,) from 0; equal values share the mean of the ranks that they take."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    behind = np.cumsum(counts)  # the rank after each value's last
    mean: npt.NDArray[np.float64] = (behind - 1 - (counts - 1) / 2)[which.ravel()]
    return mean
