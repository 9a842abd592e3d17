"""The sample drawings that come with the explorer: chosen images, and one made with a mouse."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from PIL import Image

from resnet_viz.training import pen
from resnet_viz.training.contours import heart
from resnet_viz.training.shape_images import Pixels, render, render_scene
from resnet_viz.training.shapes import SHAPES
from resnet_viz.training.stencil import Pose, Stencil
from resnet_viz.whole_file import write_whole

FOLDER: Final = Path(__file__).parents[1] / "images" / "samples"
SIZE: Final = 256  # pixels, twice what the network sees: they are looked at by people too


def write(folder: Path) -> None:
    """Draw all samples anew, as PNG."""
    for slug, draw in DRAWN.items():
        content = io.BytesIO()
        Image.fromarray(draw()).save(content, "PNG", optimize=True)
        write_whole(folder / f"{slug}.png", content.getvalue())


def with_a_mouse() -> Pixels:
    """(256, 256, 3): a heart in one go, black on white, trembling and not quite closed."""
    rng = np.random.default_rng(9)
    pose = Pose(centre=(0.52, 0.5), radius=0.36, angle=-0.12)
    path = pose.place(pen.drawn(heart(rng), rng, 0.035, closed=True)[:-4])
    line = Stencil(SIZE).line(path, 0.016 * pen.pressure(rng, 0.25)[:-4])  # (256, 256)
    black = (255 * (1 - line) + 0.5).astype(np.uint8)
    return np.repeat(black[..., None], 3, axis=2)


def _of(shape: str, seed: int, outlined: bool = False) -> Pixels:
    return render(SHAPES.index(shape), seed, SIZE, outlined).rgb


def _side_by_side(shapes: tuple[str, ...], seed: int) -> Pixels:
    return render_scene([SHAPES.index(shape) for shape in shapes], seed, SIZE).rgb


# By the slugs of `resnet_viz.images.DRAWINGS`; the seeds were chosen by eye.
DRAWN: Final[Mapping[str, Callable[[], Pixels]]] = MappingProxyType(
    {
        "star": partial(_of, "star", 15),
        "heart": partial(_of, "heart", 5),
        "spiral": partial(_of, "spiral", 24),
        "arrow": partial(_of, "arrow", 1, outlined=True),
        "crescent": partial(_of, "crescent", 3),
        "drawn": with_a_mouse,
        "two_shapes": partial(_side_by_side, ("star", "ring"), 10),
    }
)
