"""The twelve shapes as paint on an image: filled, rimmed, or as the line of a pen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from resnet_viz.training import pen
from resnet_viz.training.contours import CLOSED, STROKES, Points, Rng, circle, spiral
from resnet_viz.training.stencil import Coverage, Pose, Stencil

# The order is that of the classes in the bundled weights.
SHAPES: Final = (
    *("circle", "ring", "triangle", "square", "pentagon", "star"),
    *("cross", "crescent", "heart", "arrow", "spiral", "checkerboard"),
)
FILLED_ONLY: Final = frozenset({"circle", "checkerboard"})  # a circle's outline is a ring
LINES_ONLY: Final = frozenset({"spiral"})
PEN_WIDTHS: Final = (0.006, 0.05)  # of the image's side: a fine liner to a felt pen


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A shape's two paints, each the share of a pixel that it covers, (H, W), 0 to 1."""

    ink: Coverage  # the main colour, on top
    fill: Coverage  # a second colour below it: what a rim or an outline encloses
    extent: Coverage  # all that belongs to the shape; of a checkerboard the whole board


@dataclass(frozen=True, slots=True)
class Manner:
    """How one image's shape is made."""

    outlined: bool  # by the line of a pen
    two_tone: bool  # with the second colour
    tremble: float  # of the hand, in units of the shape's radius
    width: float  # of the pen, share of the image's side
    unevenness: float  # of the pen's width

    @property
    def delicate(self) -> bool:
        """Whether it is all fine lines, which would be lost on a restless ground."""
        return self.outlined and self.width < 0.015


def manner(shape: str, rng: Rng, outlined: bool | None = None) -> Manner:
    """A random manner that suits the shape; `outlined` can be asked for where it makes sense."""
    if outlined is None or shape in FILLED_ONLY | LINES_ONLY:
        outlined = shape in LINES_ONLY or (shape not in FILLED_ONLY and rng.random() < 0.36)
    by_hand = rng.random() < (0.75 if outlined else 0.3)
    fine, broad = np.log(PEN_WIDTHS)
    return Manner(
        outlined,
        two_tone=shape != "circle" and rng.random() < 0.25,  # rimmed, a circle would be a ring
        tremble=rng.uniform(0.005, 0.04) if by_hand else 0.0,
        width=float(np.exp(rng.uniform(fine, broad))),
        unevenness=rng.uniform(0, 0.35) if by_hand else 0.0,
    )


def form(shape: str, rng: Rng, how: Manner, pose: Pose, stencil: Stencil) -> Form:
    """One of `SHAPES`, cut out for an image."""
    return _SPECIAL.get(shape, _closed)(shape, rng, how, pose, stencil)


def _closed(shape: str, rng: Rng, how: Manner, pose: Pose, stencil: Stencil) -> Form:
    if how.outlined and shape in STROKES and rng.random() < 0.4:
        return _stroked(shape, rng, how, pose, stencil)
    contour = CLOSED[shape](rng)
    if how.tremble or how.outlined or how.two_tone:
        contour = pen.drawn(contour, rng, how.tremble, closed=True)
    contour = pose.place(contour)
    inside = stencil.polygons([contour])
    if not (how.outlined or how.two_tone):
        return Form(inside, np.zeros_like(inside), inside)
    line = _line(contour, rng, how, stencil)
    fill = inside if how.two_tone else np.zeros_like(inside)
    return Form(line, fill, np.maximum(line, fill))


def _stroked(shape: str, rng: Rng, how: Manner, pose: Pose, stencil: Stencil) -> Form:
    tremble = how.tremble / 2  # the lines are shorter than a contour
    lines = [pen.drawn(line, rng, tremble, closed=False) for line in STROKES[shape](rng)]
    ink = np.maximum.reduce([_line(pose.place(line), rng, how, stencil) for line in lines])
    return Form(ink, np.zeros_like(ink), ink)


def _ring(shape: str, rng: Rng, how: Manner, pose: Pose, stencil: Stencil) -> Form:
    """A line around nothing: of a pen, or as broad as half the radius."""
    width = how.width if how.outlined else pose.radius * rng.uniform(0.1, 0.5)
    middle = circle(rng) * (1 - min(width / pose.radius, 1) / 2)
    path = pose.place(pen.drawn(middle, rng, how.tremble, closed=True))
    if not how.tremble:
        path = np.concatenate([path, path[:1]])
    line = stencil.line(path, width * _pressure(path, rng, how))
    return Form(line, np.zeros_like(line), line)


def _spiral(shape: str, rng: Rng, how: Manner, pose: Pose, stencil: Stencil) -> Form:
    centreline = spiral(rng)
    turns = np.abs(np.diff(np.unwrap(np.arctan2(*centreline.T)))).sum() / (2 * np.pi)
    gap = pose.radius * min(pose.stretch) / turns  # between one turn and the next
    width = gap * rng.uniform(0.2, 0.5) if rng.random() < 0.5 else min(how.width, gap / 2)
    path = pose.place(pen.drawn(centreline, rng, min(how.tremble, 0.08 / turns), closed=False))
    line = stencil.line(path, width * _pressure(path, rng, how))
    return Form(line, np.zeros_like(line), line)


def _checkerboard(shape: str, rng: Rng, how: Manner, pose: Pose, stencil: Stencil) -> Form:
    cells = int(rng.integers(4, 9))
    lines = np.linspace(-1, 1, cells + 1) / np.sqrt(2)  # the board's corners lie on the circle
    first = int(rng.integers(2))
    dark = [
        pose.place(_rectangle(lines[column], lines[row], lines[column + 1], lines[row + 1]))
        for column in range(cells)
        for row in range(cells)
        if (column + row) % 2 == first
    ]
    edge = _rectangle(lines[0], lines[0], lines[-1], lines[-1])
    board, ink = stencil.polygons([pose.place(edge)]), stencil.polygons(dark)
    if rng.random() < 0.3:  # with a frame
        frame = pose.place(pen.drawn(edge, rng, how.tremble / 2, closed=True))
        ink = np.maximum(ink, _line(frame, rng, how, stencil))
    return Form(ink, board if how.two_tone else np.zeros_like(board), np.maximum(board, ink))


def _rectangle(left: float, top: float, right: float, bottom: float) -> Points:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _line(path: Points, rng: Rng, how: Manner, stencil: Stencil) -> Coverage:
    return stencil.line(path, how.width * _pressure(path, rng, how))


def _pressure(path: Points, rng: Rng, how: Manner) -> Points:
    """(K,) relative widths of the pen along a path."""
    if not how.unevenness:
        return np.ones(len(path))
    return np.resize(pen.pressure(rng, how.unevenness), len(path))


_SPECIAL: Final[Mapping[str, Callable[[str, Rng, Manner, Pose, Stencil], Form]]] = MappingProxyType(
    {"ring": _ring, "spiral": _spiral, "checkerboard": _checkerboard}
)
