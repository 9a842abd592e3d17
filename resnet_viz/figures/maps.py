"""Feature maps as pictures: which channel goes where, on which colour scale, with which numbers."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

import numpy as np
import plotly.graph_objects as go
from PIL import Image
from plotly.colors import sample_colorscale

from resnet_viz.figures import numbers
from resnet_viz.figures.palette import ACTIVATION_SCALE, SIGNED_SCALE

_GAP: Final = 255  # palette entry of the transparent gaps between tiles
_STEPS: Final = 255  # colours in a scale

ORDERS: Final[Mapping[str, Callable[[np.ndarray], np.ndarray]]] = MappingProxyType(
    {
        "index": lambda values: np.arange(len(values)),
        "mean": lambda values: np.argsort(-values.mean(axis=(1, 2)), kind="stable"),
        "variance": lambda values: np.argsort(-values.var(axis=(1, 2)), kind="stable"),
    }
)
SCALES: Final = ("channel", "layer", "fixed")


@dataclass(frozen=True, slots=True)
class ColourScale:
    """From which value to which a scale runs; `signed` ones are white at zero."""

    low: float
    high: float
    signed: bool

    @property
    def name(self) -> str:
        """Plotly's name of the colours."""
        return SIGNED_SCALE if self.signed else ACTIVATION_SCALE


@dataclass(frozen=True, slots=True)
class Mosaic:
    """All channels of a layer in one picture, in rows of `columns` tiles, each `tile` pixels a side."""

    png: bytes
    columns: int
    rows: int
    tile: tuple[int, int]  # height and width of a tile with its gap, pixels
    order: tuple[int, ...]  # channel in each place


def scale_of(values: np.ndarray, limits: tuple[float, float] | None = None) -> ColourScale:
    """The scale for (…, H, W) values: from zero up, or symmetric about zero where some are negative.

    `limits` fixes its ends. A map of zeros gets the scale 0 to 1.
    """
    low, high = limits or (float(values.min()), float(values.max()))
    if low < 0:
        reach = max(-low, high)
        return ColourScale(-reach, reach, signed=True)
    return ColourScale(0.0, high if high > 0 else 1.0, signed=False)


def mosaic(
    values: np.ndarray,
    order: np.ndarray,
    scale: str,
    limits: tuple[float, float] | None = None,
) -> Mosaic:
    """Draw (C, H, W) activations as one picture of C tiles, in the given order of channels.

    `scale` is one of SCALES: each channel on its own scale, all on the layer's, all on `limits`.
    """
    whole = scale_of(values, limits if scale == "fixed" else None)
    levels = _levels(values[order], whole, per_channel=scale == "channel")  # (C, H, W) uint8
    count, height, width = levels.shape
    columns = max(1, min(count, math.ceil(math.sqrt(count * 1.5 * height / width))))
    rows = math.ceil(count / columns)
    padded = np.full((rows * columns, height + 1, width + 1), _GAP, np.uint8)
    padded[:count, :height, :width] = levels
    grid = padded.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    picture = grid.reshape(rows * (height + 1), columns * (width + 1))
    return Mosaic(
        _palette_png(picture, whole.signed),
        columns,
        rows,
        (height + 1, width + 1),
        tuple(int(channel) for channel in order),
    )


def thumbnails(maps: list[np.ndarray], side: int) -> bytes:
    """Square (H, W) maps as one PNG row of tiles `side` pixels each, every one on its own scale.

    The row is signed where any of its maps is. Shrinking averages values, not colours.
    """
    signed = any(bool((values < 0).any()) for values in maps)
    tiles = [
        np.asarray(Image.fromarray(values).resize((side, side), Image.Resampling.BOX))
        for values in maps
    ]
    whole = ColourScale(-1.0 if signed else 0.0, 1.0, signed)
    levels = _levels(np.stack(tiles), whole, per_channel=True)  # (tiles, side, side)
    return _palette_png(np.concatenate(list(levels), axis=1), signed)


def strongest(values: np.ndarray, count: int) -> list[int]:
    """The channels of (C, H, W) activations that vary most over the picture, best first."""
    return [int(channel) for channel in ORDERS["variance"](values)[:count]]


def picture_jpeg(rgb: np.ndarray) -> bytes:
    """(H, W, 3) uint8 as JPEG: a photograph in a fifth of a PNG's bytes."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def channel_figure(values: np.ndarray, channel: int, scale: ColourScale) -> go.Figure:
    """One channel of (C, H, W) activations, large, with values under the cursor and a colour bar."""
    heatmap = go.Heatmap(
        z=values[channel],
        zmin=scale.low,
        zmax=scale.high,
        colorscale=scale.name,
        colorbar={"title": "value", "thickness": 12, "len": 0.9, "tickformat": ".3~g"},
        hovertemplate="row %{y}, column %{x}<br>value %{z:.4g}<extra></extra>",
    )
    square = {"scaleanchor": "x", "autorange": "reversed"}
    axis = {"constrain": "domain", "visible": False}
    return go.Figure(
        heatmap,
        {
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "height": 340,
            "xaxis": axis,
            "yaxis": axis | square,
        },
    )


def gradient(signed: bool) -> tuple[str, ...]:
    """Nine colours of a scale, low to high, for a colour bar in CSS."""
    colours = _colours(signed)
    picks = np.linspace(0, _STEPS - 1, 9).round().astype(int)
    return tuple("#" + "".join(f"{v:02x}" for v in colours[pick]) for pick in picks)


def describe(values: np.ndarray, name: str) -> str:
    """Alternative text for the maps of a layer."""
    return (
        f"{len(values)} feature maps of {name}, {numbers.shape(values.shape[1:])} cells each, "
        f"values from {numbers.value(float(values.min()))} to {numbers.value(float(values.max()))}"
    )


def _levels(values: np.ndarray, whole: ColourScale, *, per_channel: bool) -> np.ndarray:
    """Values (C, H, W) as places on the scale, 0 to 254."""
    if per_channel:
        high = np.abs(values).max(axis=(1, 2), keepdims=True)  # (C, 1, 1)
        high = np.where(high > 0, high, 1.0)
        low = -high if whole.signed else np.zeros_like(high)
    else:
        low, high = np.array(whole.low, np.float32), np.array(whole.high, np.float32)
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    levels: np.ndarray = (share * (_STEPS - 1)).round().astype(np.uint8)
    return levels


@cache
def _colours(signed: bool) -> np.ndarray:
    """The scale as (256, 3) uint8; the last entry is the gap's."""
    name = SIGNED_SCALE if signed else ACTIVATION_SCALE
    sampled = sample_colorscale(name, _STEPS, colortype="tuple")
    table: np.ndarray = np.array([*sampled, (0.5, 0.5, 0.5)]) * 255
    return table.round().astype(np.uint8)


def _palette_png(levels: np.ndarray, signed: bool) -> bytes:
    """One byte a pixel: a third of the size and of the time of an RGB picture."""
    picture = Image.fromarray(levels)
    picture.putpalette(_colours(signed).tobytes())
    return _png(picture, transparency=_GAP)


def _png(picture: Image.Image, **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1, **options)
    return buffer.getvalue()
