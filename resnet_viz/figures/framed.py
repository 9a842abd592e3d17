"""Frames drawn on images: what a cell sees of them, what the network was given."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from resnet_viz.figures.maps import image_jpeg

Box = tuple[float, float, float, float]  # left, top, right, bottom, pixels


_SIDE: Final = 448  # pixels: about as wide as an image stands on a page


def framed_jpeg(rgb: np.ndarray, box: Box | None, colour: str) -> bytes:
    """(H, W, 3) pixels as JPEG, small ones enlarged, with a frame drawn where there is one."""
    return image_jpeg(enlarged(rgb) if box is None else with_frame(rgb, box, colour))


def enlarged(rgb: np.ndarray) -> np.ndarray:
    """(H, W, 3) pixels, small ones as squares of whole pixels: a browser would blur them."""
    zoom = _zoom(rgb)
    return rgb.repeat(zoom, axis=0).repeat(zoom, axis=1)


def with_frame(rgb: np.ndarray, box: Box, colour: str) -> np.ndarray:
    """A copy of (H, W, 3) pixels with a frame drawn; small images are enlarged to carry it."""
    zoom = _zoom(rgb)
    image = Image.fromarray(enlarged(rgb))
    width, height = image.size
    left, top, right, bottom = (edge * zoom for edge in box)
    thickness = max(2, min(height, width) // 110)
    draw = ImageDraw.Draw(image)
    edges = (max(left, 0), max(top, 0), min(right, width) - 1, min(bottom, height) - 1)
    # A white rim keeps the frame visible on an image of its own colour.
    draw.rectangle(edges, outline="#ffffff", width=2 * thickness)
    draw.rectangle(edges, outline=colour, width=thickness)
    return np.asarray(image)


def _zoom(rgb: np.ndarray) -> int:
    return max(1, round(_SIDE / int(max(rgb.shape[:2]))))
