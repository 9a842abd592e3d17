"""Feature maps as images: which colours stand for which values, and small images of the best."""

from __future__ import annotations

import io
from functools import cache
from typing import Final

import numpy as np
from PIL import Image
from plotly.colors import sample_colorscale

from resnet_viz.figures import formatting
from resnet_viz.figures.palette import ACTIVATION_SCALE, SIGNED_SCALE
from resnet_viz.figures.png import png

_STEPS: Final = 256  # colours in a scale


@cache
def colour_table(signed: bool) -> np.ndarray:
    """A scale as (256, 3) uint8, low to high: from zero up, or with zero white in the middle."""
    name = SIGNED_SCALE if signed else ACTIVATION_SCALE
    sampled = np.array(sample_colorscale(name, _STEPS, colortype="tuple")) * 255
    table: np.ndarray = sampled.round().astype(np.uint8)
    table.setflags(write=False)
    return table


def top_variance_channels(values: np.ndarray, count: int) -> list[int]:
    """The channels of (C, H, W) activations that vary most over the image, best first.

    Of channels that vary alike, as those of a single cell do, the ones of the largest |value|.
    """
    largest = np.abs(values).max(axis=(1, 2))
    order = np.lexsort((-largest, -values.var(axis=(1, 2))))
    return [int(channel) for channel in order[:count]]


def thumbnails(maps: list[np.ndarray], side: int) -> bytes:
    """Square (H, W) maps as one PNG row of tiles `side` pixels each, every one on its own scale.

    The row is signed where any of its maps is. Shrinking averages values, not colours.
    """
    signed = any(bool((values < 0).any()) for values in maps)
    tiles = [
        np.asarray(Image.fromarray(values).resize((side, side), Image.Resampling.BOX))
        for values in maps
    ]
    row = np.concatenate([_levels(tile, signed) for tile in tiles], axis=1)
    return _palette_png(row, signed)


def image_jpeg(rgb: np.ndarray) -> bytes:
    """(H, W, 3) uint8 as JPEG: a photograph in a fifth of a PNG's bytes."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def describe(values: np.ndarray, name: str) -> str:
    """Alternative text for the maps of a layer."""
    return (
        f"{len(values)} feature maps of {name}, {formatting.shape(values.shape[1:])} cells each, "
        f"values from {formatting.value(float(values.min()))} to {formatting.value(float(values.max()))}"
    )


def _levels(values: np.ndarray, signed: bool) -> np.ndarray:
    """An (H, W) map as places on its own scale, 0 to 255; a map of zeros is all zero."""
    vmax = float(np.abs(values).max()) or 1.0
    low = -vmax if signed else 0.0
    share = np.clip((values - low) / (vmax - low), 0.0, 1.0)
    indices: np.ndarray = (share * (_STEPS - 1)).round().astype(np.uint8)
    return indices


def _palette_png(indices: np.ndarray, signed: bool) -> bytes:
    """One byte a pixel: a third of the size and of the time of an RGB image."""
    image = Image.fromarray(indices)
    image.putpalette(colour_table(signed).tobytes())
    return png(image)
