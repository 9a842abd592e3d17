"""The lines of each shape, no two alike: closed contours and open strokes in the unit circle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]  # (K, 2): x to the right, y down
Rng = np.random.Generator

_FULL_TURN: Final = 2 * np.pi


def circle(rng: Rng) -> Points:
    """(96, 2) points of the unit circle."""
    return arc(0, _FULL_TURN, 96)


def triangle(rng: Rng) -> Points:
    """(3, 2) corners, each up to 14° from where an equilateral triangle has them."""
    return polar(np.arange(3) * _FULL_TURN / 3 + rng.uniform(-0.25, 0.25, 3), np.ones(3))


def square(rng: Rng) -> Points:
    """(4, 2) corners."""
    return _regular(4)


def pentagon(rng: Rng) -> Points:
    """(5, 2) corners."""
    return _regular(5)


def star(rng: Rng) -> Points:
    """(10, 2) corners, the inner ones at the pentagram's 0.38 of the radius or a little further."""
    radii = np.where(np.arange(10) % 2 == 0, 1, rng.uniform(0.36, 0.52))
    return polar(np.arange(10) * _FULL_TURN / 10, radii)


def cross(rng: Rng) -> Points:
    """(12, 2) corners of two bars of equal length."""
    half = rng.uniform(0.14, 0.36)  # of a bar's width
    length = np.sqrt(1 - half**2)
    arm = np.array([[half, -half], [length, -half], [length, half]])
    quarter = np.array([[0.0, 1.0], [-1.0, 0.0]])  # row vectors turn from x towards y
    return np.concatenate([arm @ np.linalg.matrix_power(quarter, turn) for turn in range(4)])


def crescent(rng: Rng) -> Points:
    """(96, 2) points: the unit circle less one whose centre has been moved to the right."""
    inner, moved = rng.uniform(0.72, 0.95), rng.uniform(0.4, 0.55)
    meets = (1 + moved**2 - inner**2) / (2 * moved)  # x where the two circles cross
    outer_tip = np.arccos(meets)
    inner_tip = np.arctan2(np.sin(outer_tip), meets - moved)
    outer = arc(outer_tip, _FULL_TURN - outer_tip, 48)
    hollow = inner * arc(_FULL_TURN - inner_tip, inner_tip, 48) + [moved, 0]
    return np.concatenate([outer, hollow])


def heart(rng: Rng) -> Points:
    """(96, 2) points of the curve x = sin³ t, with the cleft and the tip more or less deep."""
    t = np.linspace(0, _FULL_TURN, 96, endpoint=False)
    cleft, lobes = rng.uniform(4.2, 5.8), rng.uniform(1.5, 2.5)
    y = 13 * np.cos(t) - cleft * np.cos(2 * t) - lobes * np.cos(3 * t) - np.cos(4 * t)
    return _in_unit_circle(np.stack([16 * np.sin(t) ** 3, -y], axis=1))


def arrow(rng: Rng) -> Points:
    """(7, 2) corners, pointing to the right."""
    shaft = rng.uniform(0.09, 0.26)  # half its width
    head, neck = rng.uniform(max(0.4, 1.9 * shaft), 0.75), rng.uniform(-0.1, 0.4)
    swept = neck - rng.uniform(0, 0.15)  # barbs may point backwards
    upper = [[-1, -shaft], [neck, -shaft], [swept, -head]]
    lower = [[swept, head], [neck, shaft], [-1, shaft]]
    return _in_unit_circle(np.array([*upper, [1, 0], *lower]))


def spiral(rng: Rng) -> Points:
    """(160, 2) points of an open line: Archimedes' spiral, in either sense."""
    turns = rng.uniform(1.9, 3.6)
    t = np.linspace(0.04, 1, 160)
    return polar(t * turns * _FULL_TURN * rng.choice([-1, 1]), t)


def arrow_strokes(rng: Rng) -> tuple[Points, ...]:
    """A shaft (2, 2) and a head (3, 2), pointing to the right."""
    reach, spread = rng.uniform(0.35, 0.75), rng.uniform(0.4, 0.95)
    barb = [1 - reach * np.cos(spread), reach * np.sin(spread)]
    head = [barb, [1, 0], [barb[0], -barb[1]]]
    return np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array(head)


def cross_strokes(rng: Rng) -> tuple[Points, ...]:
    """Two lines (2, 2) that meet in the middle, nearly at a right angle."""
    lean = np.pi / 2 + rng.uniform(-0.15, 0.15)
    one, other = (polar(np.array([turn, turn + np.pi]), np.ones(2)) for turn in (0, lean))
    return one, other


def star_strokes(rng: Rng) -> tuple[Points, ...]:
    """The pentagram (6, 2), without lifting the pen."""
    return (polar(np.arange(6) * 2 * _FULL_TURN / 5, np.ones(6)),)


CLOSED: Final[Mapping[str, Callable[[Rng], Points]]] = MappingProxyType(
    {
        contour.__name__: contour
        for contour in (circle, triangle, square, pentagon, star, cross, crescent, heart, arrow)
    }
)
# What a pen draws in place of the contour, where there is a shorter way.
STROKES: Final[Mapping[str, Callable[[Rng], tuple[Points, ...]]]] = MappingProxyType(
    {"arrow": arrow_strokes, "cross": cross_strokes, "star": star_strokes}
)


def arc(start: float, end: float, points: int) -> Points:
    """(points, 2) on the unit circle from one angle to another, radians."""
    return polar(np.linspace(start, end, points), np.ones(points))


def polar(angles: Points, radii: Points) -> Points:
    """(K, 2) points at angles (K,) in radians, clockwise from the right, and radii (K,)."""
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def _regular(corners: int) -> Points:
    return polar(np.arange(corners) * _FULL_TURN / corners, np.ones(corners))


def _in_unit_circle(points: Points) -> Points:
    """Centred on its bounding box and as large as fits."""
    centred = points - (points.min(axis=0) + points.max(axis=0)) / 2
    return np.asarray(centred / np.hypot(*centred.T).max())
