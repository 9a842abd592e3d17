"""Frames drawn on pictures: what a cell sees of them, what the network was given."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

Box = tuple[float, float, float, float]  # left, top, right, bottom, pixels


def with_frame(rgb: np.ndarray, box: Box, colour: str) -> np.ndarray:
    """A copy of (H, W, 3) pixels with a frame drawn; small pictures are enlarged to carry it."""
    zoom = max(1, round(448 / max(rgb.shape[:2])))
    height, width = rgb.shape[0] * zoom, rgb.shape[1] * zoom
    picture = Image.fromarray(rgb).resize((width, height), Image.Resampling.NEAREST)
    left, top, right, bottom = (edge * zoom for edge in box)
    thickness = max(2, min(height, width) // 110)
    draw = ImageDraw.Draw(picture)
    edges = (max(left, 0), max(top, 0), min(right, width) - 1, min(bottom, height) - 1)
    # A white rim keeps the frame visible on a picture of its own colour.
    draw.rectangle(edges, outline="#ffffff", width=2 * thickness)
    draw.rectangle(edges, outline=colour, width=thickness)
    return np.asarray(picture)
