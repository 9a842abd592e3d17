"""How much of each pixel a polygon or a stroke covers: Pillow's drawing, four times as fine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from resnet_viz.training.contours import Points, Rng, polar

Coverage = npt.NDArray[np.float32]  # (H, W), 0 to 1

_FINER: Final = 4
_MARGIN: Final = 0.02  # of the image's side, for strokes and trembling


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a shape lies in the image; lengths in units of the image's side."""

    centre: tuple[float, float] = (0.5, 0.5)
    radius: float = 0.4
    angle: float = 0.0  # radians, clockwise
    stretch: tuple[float, float] = (1.0, 1.0)  # of the shape's own axes, at most 1

    @classmethod
    def drawn_by(cls, rng: Rng, radii: tuple[float, float] = (0.2, 0.47)) -> Self:
        """A random pose that keeps the shape inside the image."""
        radius = rng.uniform(*radii)
        left = min(radius + _MARGIN, 0.5)
        x, y = rng.uniform(left, 1 - left, 2)
        stretch = [1.0, rng.uniform(0.78, 1)]
        rng.shuffle(stretch)
        return cls((x, y), radius, rng.uniform(0, 2 * np.pi), (stretch[0], stretch[1]))

    def place(self, points: Points) -> Points:
        """(K, 2) from the unit circle to the image, which is 1 wide and 1 high."""
        axes = polar(np.array([self.angle, self.angle + np.pi / 2]), np.ones(2))
        return np.asarray(self.radius * (points * self.stretch) @ axes + self.centre)


@dataclass(frozen=True, slots=True)
class Stencil:
    """Cuts shapes out for square images of `size` pixels; coordinates run from 0 to 1."""

    size: int

    def polygons(self, contours: Iterable[Points]) -> Coverage:
        """(size, size): the union of filled polygons, each (K, 2)."""
        sheet, draw = self._sheet()
        for contour in contours:
            draw.polygon(self._fine(contour), fill=255)
        return self._covered(sheet)

    def line(self, points: Points, widths: Points) -> Coverage:
        """(size, size): a round pen along points (K, 2); its widths (K,) are shares of the side."""
        sheet, draw = self._sheet()
        fine, pens = self._fine(points), np.maximum(widths * self.size * _FINER, 1)
        for start, end, pen in zip(fine, fine[1:], pens, strict=False):
            draw.line((*start, *end), fill=255, width=round(pen))
        for (x, y), half in zip(fine, pens / 2, strict=True):
            if half > 1.5:  # finer lines have no visible gaps at their bends
                draw.ellipse((x - half, y - half, x + half, y + half), fill=255)
        return self._covered(sheet)

    def _sheet(self) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        sheet = Image.new("L", (self.size * _FINER,) * 2)
        return sheet, ImageDraw.Draw(sheet)

    def _fine(self, points: Points) -> list[tuple[float, float]]:
        # Pillow's pixel 0 has its centre at 0, an image's at a half.
        return [(x, y) for x, y in (points * (self.size * _FINER) - 0.5).tolist()]

    def _covered(self, sheet: Image.Image) -> Coverage:
        return np.asarray(sheet.reduce(_FINER), np.float32) / np.float32(255)
