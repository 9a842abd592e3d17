"""What a cell looks at, as images: how much each pixel moves it, laid over the pixels themselves."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from resnet_viz.figures.framed import Box, with_frame
from resnet_viz.figures.maps import colour_table

_GROUND: Final = 0.5  # brightness of the image where nothing counts
_SMALL: Final = 6  # a field that fits so often beside itself into the image's side is enlarged
_AROUND: Final = 3  # how many times as wide as the field its surroundings are


def surroundings(box: Box, side: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what to show of a square image: all, or what is near a small field.

    All in pixels. Near is a square about the field, three times as wide and moved onto the image.
    """
    left, top, right, bottom = box
    width = max(right - left, bottom - top)
    if width * _SMALL >= side:
        return 0, 0, side, side
    shown = round(_AROUND * width)
    first = [round((low + high - shown) / 2) for low, high in ((left, right), (top, bottom))]
    x, y = (min(max(edge, 0), side - shown) for edge in first)
    return x, y, x + shown, y + shown


def could_see(rgb: np.ndarray, field: Box, view: tuple[int, int, int, int], hue: str) -> np.ndarray:
    """The part `view` of (H, W, 3) uint8 pixels, with the theoretical field as a frame."""
    left, top, right, bottom = view
    return with_frame(rgb[top:bottom, left:right], _moved(field, left, top), hue)


def does_see(
    rgb: np.ndarray,
    heat: np.ndarray,
    frames: tuple[Box, Box],
    view: tuple[int, int, int, int],
    hue: str,
) -> np.ndarray:
    """The same part under the gradient; thin the theoretical field, thick the effective one."""
    left, top, right, bottom = view
    field, effective = (_moved(box, left, top) for box in frames)
    framed = with_frame(heat_over(rgb, heat)[top:bottom, left:right], effective, hue)
    return _with_line(framed, field, framed.shape[0] // (bottom - top))


def heat_over(rgb: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """(H, W) values from zero up, in colour over the grey (H, W, 3) uint8 image that they belong to.

    Places on the colour scale go by the square root, since a few pixels count for much more than all
    others: a quarter of the largest value is in the middle of the scale. Where nothing counts, the
    image alone is seen.
    """
    share = np.sqrt(heat / (float(heat.max()) or 1.0))[..., None]  # (H, W, 1)
    grey = np.asarray(Image.fromarray(rgb).convert("L"))[..., None] * _GROUND  # (H, W, 1)
    colour = colour_table(False)[(share[..., 0] * 255).round().astype(np.uint8)]  # (H, W, 3)
    cover = np.clip(3 * share, 0.0, 1.0)  # opaque from a ninth of the largest value on
    mixed: np.ndarray = (grey * (1 - cover) + colour * cover).round().astype(np.uint8)
    return mixed


def _moved(box: Box, left: int, top: int) -> Box:
    return box[0] - left, box[1] - top, box[2] - left, box[3] - top


def _with_line(rgb: np.ndarray, box: Box, zoom: int) -> np.ndarray:
    """A thin white frame on an enlarged image."""
    image = Image.fromarray(rgb)
    left, top, right, bottom = (edge * zoom for edge in box)
    ImageDraw.Draw(image).rectangle((left, top, right - 1, bottom - 1), outline="#ffffff")
    return np.asarray(image)
