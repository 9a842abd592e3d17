"""All channels of a layer as one run of bytes, small enough for a click, for a canvas to draw.

What stands in them besides the header; `readWall` in components/feature_wall/wall.js reads them back:

    statistics    (5, C): minimum, maximum, mean, standard deviation, fraction of zeros of each channel
    quantised     (C, H, W): the values, float32 as they are, or uint8 or uint16 levels between the
                  channel's minimum (0) and maximum (255 or 65,535)
    colours       (256, 3) from low to high; of signed values the middle stands for zero
    image       JPEG: what the network sees

A layer too large for that is pooled by averages; the statistics are always those of all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from PIL import Image

from resnet_viz.analysis.receptive_field import Field
from resnet_viz.components import blob
from resnet_viz.figures import maps

MOST_BYTES: Final = 850_000  # of values: 64 × 112 × 112 as they are, and all else below a megabyte
_FINE_BYTES: Final = 500_000  # more than that is not spent on digits
_IMAGE_SIDES: Final = (192, 448)  # pixels; a smaller image is enlarged, a larger one shrunk


def encode(values: np.ndarray, image: np.ndarray, field: Field, header: Mapping[str, Any]) -> bytes:
    """(C, H, W) activations and the (S, S, 3) image that they come from, for the browser.

    `field` is the receptive field of the first position; `header` is passed on as it stands.
    """
    size = pool_size(values.shape)
    shown = average_pool(values, size)  # (C, h, w)
    code = code_for(shown.size)
    signed = bool((values < 0).any())
    statistics = _statistics(values)  # (5, C)
    facts = {
        "channels": shown.shape[0],
        "rows": shown.shape[1],
        "columns": shown.shape[2],
        "code": code.name,
        "pool_size": size,
        "shape": values.shape,
        "signed": signed,
        "field": {"size": field.size, "jump": field.jump, "start": field.start},
        "side": image.shape[0],
    }
    arrays: dict[str, np.ndarray | bytes] = {
        "statistics": statistics,
        "quantised": _quantised(shown, statistics[0], statistics[1], code),
        "colours": maps.colour_table(signed),
        "image": maps.image_jpeg(_resized(image)),
    }
    return blob.pack({**header, **facts}, arrays)


def pool_size(shape: tuple[int, ...]) -> int:
    """How many positions a side are averaged into one before a layer is sent; 1 for most layers."""
    channels, height, width = shape
    side = max(1, math.isqrt(channels * height * width // MOST_BYTES))
    while channels * math.ceil(height / side) * math.ceil(width / side) > MOST_BYTES:
        if side > max(height, width):
            break  # nothing but single positions is left
        side += 1
    return side


def average_pool(values: np.ndarray, side: int) -> np.ndarray:
    """Means of (C, H, W) over squares of positions; at the far edges over what is left of a square."""
    if side == 1:
        return values
    for axis in (1, 2):
        starts = np.arange(0, values.shape[axis], side)
        lengths = np.diff(starts, append=values.shape[axis])
        sums = np.add.reduceat(values, starts, axis=axis)
        values = sums / lengths.reshape(-1, *(1,) * (2 - axis)).astype(np.float32)
    return values


def code_for(size: int) -> np.dtype[Any]:
    """The most precise of float32, uint16 and uint8 that so many values can be sent in."""
    for code in (np.dtype("<f4"), np.dtype("<u2")):
        if size * code.itemsize <= _FINE_BYTES:
            return code
    return np.dtype("u1")


def _statistics(values: np.ndarray) -> np.ndarray:
    flat = values.reshape(len(values), -1)
    rows = (flat.min(1), flat.max(1), flat.mean(1), flat.std(1), (flat == 0).mean(1))
    return np.stack(rows).astype("<f4")


def _quantised(
    values: np.ndarray, low: np.ndarray, high: np.ndarray, code: np.dtype[Any]
) -> np.ndarray:
    if code.kind == "f":
        return values.astype(code)
    top = np.iinfo(code).max
    span = np.where(high > low, high - low, 1)[:, None, None]
    share = (values - low[:, None, None]) / span
    quantised: np.ndarray = np.clip(np.rint(share * top), 0, top).astype(code)
    return quantised


def _resized(image: np.ndarray) -> np.ndarray:
    smallest, largest = _IMAGE_SIDES
    side = image.shape[0]
    if side < smallest:  # whole pixels, which JPEG then leaves alone
        zoom = math.ceil(smallest / side)
        return image.repeat(zoom, axis=0).repeat(zoom, axis=1)
    if side <= largest:
        return image
    return np.asarray(Image.fromarray(image).resize((largest, largest), Image.Resampling.BOX))
