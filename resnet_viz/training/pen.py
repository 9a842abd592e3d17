"""A contour as a hand draws it: it trembles, rounds the corners and does not quite close."""

from __future__ import annotations

from typing import Final

import numpy as np

from resnet_viz.training.contours import Points, Rng

_POINTS: Final = (
    150  # of a drawn line: enough for every corner, few enough to paint in a millisecond
)
_WAVES: Final = 5


def drawn(line: Points, rng: Rng, tremble: float, *, closed: bool) -> Points:
    """A line as drawn by hand.

    Args:
        line: (K, 2), in units of the shape's radius.
        rng: decides where the pen is set down and how the hand errs.
        tremble: root mean square of the hand's error, in units of the shape's radius.
        closed: whether the line returns to its start; the hand misses it a little.

    Returns:
        (150, 2) points, equally far apart along the true line.
    """
    if closed:
        start, overshoot = rng.uniform(), rng.uniform(-1, 2) * tremble
        at = start + np.linspace(0, 1 + overshoot, _POINTS)
        exact = _along(np.concatenate([line, line[:1]]), at % 1)
    else:
        exact = _along(line, np.linspace(0, 1, _POINTS))
    window = int(rng.integers(1, 6)) if tremble else 1
    return _rounded(exact, window) + tremble * _error(rng)


def pressure(rng: Rng, unevenness: float) -> Points:
    """(150,) widths of the stroke along a drawn line, about 1."""
    return np.clip(1 + unevenness * _error(rng)[:, 0], 0.4, 1.7)


def _along(line: Points, at: Points) -> Points:
    """Points at given shares (A,) of a line's length."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    share = np.concatenate([[0], np.cumsum(steps)]) / steps.sum()
    return np.stack([np.interp(at, share, line[:, 0]), np.interp(at, share, line[:, 1])], axis=1)


def _rounded(points: Points, window: int) -> Points:
    """Each point replaced by the mean of its neighbours, `window` to either side at most."""
    if window == 1:
        return points
    padded = np.pad(points, ((window, window), (0, 0)), mode="edge")
    sums = np.cumsum(padded, axis=0)
    return np.asarray((sums[2 * window :] - sums[: -2 * window]) / (2 * window))


def _error(rng: Rng) -> Points:
    """(150, 2) smooth noise of variance one: a hand errs far slowly and little quickly."""
    t = np.linspace(0, 2 * np.pi, _POINTS)[:, None, None]
    swings = rng.uniform(0.6, 8, (_WAVES, 2))  # along the whole line; none closes exactly
    phases = rng.uniform(0, 2 * np.pi, (_WAVES, 2))
    waves = np.sin(swings * t + phases) / swings  # (150, 5, 2)
    return np.asarray(waves.sum(axis=1) * np.sqrt(2 / (swings**-2).sum(axis=0)))
