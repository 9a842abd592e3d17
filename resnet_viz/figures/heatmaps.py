"""A heat map over the image that it explains, each value where its receptive field lies."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.figures import formatting
from resnet_viz.figures.framed import enlarged
from resnet_viz.figures.maps import colour_table
from resnet_viz.figures.palette import LIGHT
from resnet_viz.figures.png import png

_COVER: Final = 0.8  # opacity of the highest value
_BAR: Final = 18  # width of the colour bar, pixels
_BESIDE: Final = 96  # width of the bar with its numbers
_BELOW: Final = 44  # height of the two lines of text below
_NOTHING: Final = "no positive evidence"


def painted(rgb: np.ndarray, heatmap: Heatmap) -> np.ndarray:
    """(S, S, 3) uint8: the positive values in colour over the image in grey.

    Zero has no colour at all, so that an image without positive evidence stays grey.
    """
    grey = np.asarray(Image.fromarray(rgb).convert("L"))[..., None].repeat(3, axis=2)
    if not heatmap.has_evidence:
        return grey
    share = np.clip(heatmap.on_image() / heatmap.range[1], 0, 1)  # (S, S)
    colour = colour_table(False)[(share * 255).round().astype(np.uint8)]  # (S, S, 3)
    cover = (
        _COVER * np.clip(3 * share, 0, 1)[..., None]
    )  # a third of the highest is covered as much
    mixed: np.ndarray = (grey * (1 - cover) + colour * cover).round().astype(np.uint8)
    return mixed


def heatmap_png(rgb: np.ndarray, heatmap: Heatmap) -> bytes:
    """The same with a bar that has numbers, and the class, the method and the raw range in words."""
    image = Image.fromarray(enlarged(painted(rgb, heatmap)))
    width, height = image.size
    sheet = Image.new("RGB", (width + _BESIDE, height + _BELOW), LIGHT.background)
    sheet.paste(image, (0, 0))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    if heatmap.has_evidence:
        ramp = colour_table(False)[np.linspace(255, 0, height).round().astype(int)]  # (height, 3)
        bar = Image.fromarray(ramp[:, None].repeat(_BAR, axis=1))
        sheet.paste(bar, (width + 8, 0))
        number = formatting.value(heatmap.range[1])
        draw.text((width + _BAR + 14, 0), number, LIGHT.text, font)
        draw.text((width + _BAR + 14, height - 18), "0", LIGHT.text, font)
    low, high = map(formatting.value, heatmap.range)
    said = f"values from {low} to {high}"
    lines = (_title(heatmap), said if heatmap.has_evidence else f"{_NOTHING}: {said}")
    for line, text in enumerate(lines):
        draw.text((4, height + 4 + 18 * line), text, LIGHT.text, font)
    return png(sheet, compress_level=6)


def _title(heatmap: Heatmap) -> str:
    """What was asked: class, method, layer."""
    part = f" ({heatmap.part})" if heatmap.part else ""
    return f"{heatmap.target.label}: {heatmap.method} at {heatmap.layer}{part}"
