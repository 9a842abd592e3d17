"""A handful of scenes that CIFAR-10's classes are about, drawn with polygons: no image of the data set."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

_SIDE = 256  # pixels, scaled down to what the network reads
Draw = ImageDraw.ImageDraw


def _airplane(draw: Draw) -> None:
    """White, against a blue sky."""
    draw.rectangle((0, 0, 256, 256), fill="#7fb2e5")
    draw.ellipse((30, 112, 226, 146), fill="#f2f2f2")
    draw.polygon([(110, 128), (150, 128), (90, 200), (70, 200)], fill="#c9ccd1")
    draw.polygon([(120, 120), (150, 120), (110, 70), (95, 70)], fill="#d9dce0")
    draw.polygon([(36, 125), (62, 120), (38, 80), (24, 80)], fill="#c03a2b")
    for x in range(80, 190, 14):
        draw.rectangle((x, 122, x + 6, 128), fill="#39536b")


def _ship(draw: Draw) -> None:
    """A freighter on the sea."""
    draw.rectangle((0, 0, 256, 150), fill="#cfe0ee")
    draw.rectangle((0, 150, 256, 256), fill="#2f5d7c")
    draw.polygon([(24, 130), (236, 130), (208, 182), (48, 182)], fill="#28303a")
    draw.rectangle((30, 122, 230, 132), fill="#a33b2a")
    draw.rectangle((160, 72, 206, 122), fill="#f4f4f2")
    draw.rectangle((172, 52, 190, 72), fill="#d1792c")
    for x in (60, 90, 120):
        draw.rectangle((x, 100, x + 24, 122), fill="#b9864a")
    draw.line((80, 100, 80, 40), fill="#333333", width=4)


def _automobile(draw: Draw) -> None:
    """A red car on a grey road."""
    draw.rectangle((0, 0, 256, 140), fill="#dfe6e9")
    draw.rectangle((0, 140, 256, 256), fill="#8b8d8f")
    draw.polygon([(70, 120), (98, 80), (170, 80), (204, 120)], fill="#b3202a")
    draw.polygon([(82, 118), (104, 88), (132, 88), (132, 118)], fill="#2d3a45")
    draw.polygon([(138, 118), (138, 88), (166, 88), (190, 118)], fill="#2d3a45")
    draw.rounded_rectangle((22, 116, 238, 172), 18, fill="#d02a35")
    draw.rectangle((222, 128, 236, 142), fill="#f7e9a0")
    for x in (48, 172):
        draw.ellipse((x, 146, x + 46, 192), fill="#17181a")
        draw.ellipse((x + 13, 159, x + 33, 179), fill="#b9bcc0")


def _truck(draw: Draw) -> None:
    """A lorry with a white box."""
    draw.rectangle((0, 0, 256, 160), fill="#bcd3e6")
    draw.rectangle((0, 160, 256, 256), fill="#6d6f70")
    draw.rectangle((20, 50, 164, 172), fill="#f3f3f1")
    draw.rectangle((20, 160, 240, 180), fill="#30343a")
    draw.polygon([(170, 90), (214, 90), (238, 126), (238, 172), (170, 172)], fill="#2c5aa0")
    draw.polygon([(180, 98), (210, 98), (228, 126), (180, 126)], fill="#1d2733")
    for x in (36, 92, 190):
        draw.ellipse((x, 156, x + 42, 198), fill="#151617")
        draw.ellipse((x + 13, 169, x + 29, 185), fill="#9da1a6")


def _horse(draw: Draw) -> None:
    """Brown, on a meadow."""
    draw.rectangle((0, 0, 256, 110), fill="#bcd9ee")
    draw.rectangle((0, 110, 256, 256), fill="#5f8f3e")
    brown, dark = "#6b3d1e", "#3a2010"
    draw.ellipse((64, 100, 190, 162), fill=brown)
    for x in (78, 98, 154, 172):
        draw.polygon([(x, 148), (x + 16, 148), (x + 11, 222), (x + 3, 222)], fill=brown)
    draw.polygon([(166, 118), (190, 138), (222, 70), (200, 56)], fill=brown)
    draw.polygon([(200, 56), (222, 54), (248, 86), (234, 96), (212, 80)], fill=brown)
    draw.polygon([(198, 52), (206, 52), (180, 116), (168, 112)], fill=dark)
    draw.polygon([(68, 118), (58, 116), (42, 190), (56, 186)], fill=dark)


SCENES: dict[str, Callable[[Draw], None]] = {
    "airplane": _airplane,
    "ship": _ship,
    "automobile": _automobile,
    "truck": _truck,
    "horse": _horse,
}


def scene(name: str) -> np.ndarray:
    """(256, 256, 3) uint8."""
    image = Image.new("RGB", (_SIDE, _SIDE))
    SCENES[name](ImageDraw.Draw(image))
    return np.asarray(image)
