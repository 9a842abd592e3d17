"""What a position sees of an image, cut out, above the image that it was cut from."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from resnet_viz.figures.framed import Box
from resnet_viz.figures.png import png

SIDE: Final = 216  # pixels of each square: twice of what it is shown with, for fine screens
_GAP: Final = 12
_EDGE: Final = (
    128,
    128,
    128,
    140,
)  # around white images on a white page, and black ones on a dark one
_RIM: Final = 6  # pixels, half of it white


def cut_out(rgb: np.ndarray, box: Box) -> np.ndarray:
    """The pixels of (H, W, 3) that lie in a receptive field, as far as it is on the image."""
    left, top, right, bottom = box
    return rgb[math.floor(top) : math.ceil(bottom), math.floor(left) : math.ceil(right)]


def field_tile(rgb: np.ndarray, box: Box, hue: str) -> bytes:
    """A PNG: the field's pixels, enlarged, and below them the whole image with the field framed.

    A field that holds the whole image is shown as that alone.

    Args:
        rgb: (H, W, 3) uint8, square.
        box: left, top, right, bottom of the field on the image, pixels.
        hue: of the frame.
    """
    whole = _square(rgb)
    if cut_out(rgb, box).shape == rgb.shape:
        return png(whole)
    tile = Image.new("RGBA", (SIDE, 2 * SIDE + _GAP))
    tile.paste(_square(cut_out(rgb, box)), (0, 0))
    edges = [edge * SIDE / len(rgb) for edge in box]
    frame = (edges[0], edges[1], max(edges[2], edges[0] + 2) - 1, max(edges[3], edges[1] + 2) - 1)
    draw = ImageDraw.Draw(whole)
    draw.rectangle(frame, outline="#ffffff", width=_RIM)
    draw.rectangle(frame, outline=hue, width=_RIM // 2)
    tile.paste(whole, (0, SIDE + _GAP))
    return png(tile)


def _square(rgb: np.ndarray) -> Image.Image:
    """Pixels as squares, the longer side `SIDE` long, in the middle of a transparent square."""
    height, width = rgb.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
    corner = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    square = Image.new("RGBA", (SIDE, SIDE))
    square.paste(Image.fromarray(np.ascontiguousarray(rgb)).resize(size, how), corner)
    edge = Image.new("RGBA", size)
    ImageDraw.Draw(edge).rectangle((0, 0, size[0] - 1, size[1] - 1), outline=_EDGE, width=2)
    square.alpha_composite(edge, corner)
    return square
