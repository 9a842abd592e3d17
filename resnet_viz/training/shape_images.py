"""Images of shapes with the truth about them: what is to be seen, and in which pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from resnet_viz.training.backgrounds import Canvas, Colour, ground, standing_out
from resnet_viz.training.contours import Rng
from resnet_viz.training.shapes import SHAPES, Form, Manner, form, manner
from resnet_viz.training.stencil import Coverage, Pose, Stencil

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Seed = int | np.random.SeedSequence
Array = TypeVar("Array", bound=npt.NDArray[Any])


@dataclass(frozen=True, slots=True, eq=False)
class ShapeImage:
    """An image of one shape.

    Attributes:
        rgb: (H, W, 3) uint8, read-only.
        label: index into `SHAPES`.
        mask: (H, W) bool, read-only: pixels where the shape is visible, so neither where something
            lies over it nor inside an outline that is not filled. Of a checkerboard both colours.
        outlined: whether it is drawn as a line, or filled.
    """

    rgb: Pixels
    label: int
    mask: Mask
    outlined: bool


@dataclass(frozen=True, slots=True, eq=False)
class SceneImage:
    """An image of several shapes.

    Attributes:
        rgb: (H, W, 3) uint8, read-only.
        labels: indices into `SHAPES`, from left to right.
        masks: (S, H, W) bool, read-only: where each of them is visible.
    """

    rgb: Pixels
    labels: tuple[int, ...]
    masks: Mask


def render(label: int, seed: Seed, size: int = 128, outlined: bool | None = None) -> ShapeImage:
    """An image of the shape `SHAPES[label]`, the same for the same seed.

    Args:
        label: index into `SHAPES`.
        seed: decides everything else.
        size: side of the square image, pixels.
        outlined: drawn with a pen, or filled, where the shape can be both; `None` leaves it open.
    """
    rng, stencil = np.random.default_rng(seed), Stencil(size)
    how, pose = manner(SHAPES[label], rng, outlined), Pose.drawn_by(rng)
    calm = how.delicate or rng.random() < (0.7 if how.outlined else 0.3)
    below = ground(rng, size, calm=calm)
    cut = form(SHAPES[label], rng, how, pose, stencil)
    ink = standing_out(rng, below.colours)
    rgb = _paint(below.rgb, cut, ink, standing_out(rng, (*below.colours, ink)), rng)
    hidden = np.zeros_like(cut.ink)
    if rng.random() < (0.08 if how.outlined else 0.2):
        hidden = _bar(rng, pose, stencil)
        colour = standing_out(rng, (ink,))
        rgb = _over(rgb, hidden, colour)
    pixels = _photographed(rgb, rng, how.delicate)
    return ShapeImage(pixels, label, _visible(cut, hidden, how), how.outlined)


def render_scene(labels: Sequence[int], seed: Seed, size: int = 128) -> SceneImage:
    """Filled shapes side by side on one ground, none over another; arguments as for `render`."""
    rng, stencil = np.random.default_rng(seed), Stencil(size)
    below = ground(rng, size, calm=False)
    rgb, masks, used = below.rgb, [], below.colours
    for place, label in enumerate(labels):
        share = 1 / len(labels)  # of the image's width
        centre = (share * (place + 0.5), rng.uniform(0.35, 0.65))
        pose = Pose(centre, 0.46 * share * rng.uniform(0.85, 1), rng.uniform(0, 2 * np.pi))
        how = manner(SHAPES[label], rng, outlined=False)
        cut = form(SHAPES[label], rng, how, pose, stencil)
        ink = standing_out(rng, used)
        rgb = _paint(rgb, cut, ink, standing_out(rng, (*used, ink)), rng)
        masks.append(_visible(cut, np.zeros_like(cut.ink), how))
        used = (*used, ink)
    return SceneImage(_pixels(rgb), tuple(labels), _locked(np.stack(masks)))


def _paint(rgb: Canvas, cut: Form, ink: Colour, fill: Colour, rng: Rng) -> Canvas:
    """Both paints of a form; the upper one fades towards one side in some images."""
    size = len(rgb)
    fade = np.float32(rng.uniform(0, 0.35) if rng.random() < 0.3 else 0)
    shade = 1 - fade * np.linspace(0, 1, size, dtype=np.float32)
    return _over(_over(rgb, cut.fill, fill), cut.ink, ink * shade[:, None])


def _over(rgb: Canvas, coverage: Coverage, colour: npt.NDArray[np.float32]) -> Canvas:
    """A colour, (3,) or (W, 3), laid over an image where coverage (H, W) is above zero."""
    return np.asarray(rgb + coverage[..., None] * (colour - rgb))


def _bar(rng: Rng, pose: Pose, stencil: Stencil) -> Coverage:
    """Something in front: a straight bar through the whole image, near the shape's centre."""
    angle, beside = rng.uniform(0, 2 * np.pi), rng.uniform(-0.7, 0.7) * pose.radius
    along = np.array([np.cos(angle), np.sin(angle)])
    middle = np.array(pose.centre) + beside * np.array([-along[1], along[0]])
    width = pose.radius * rng.uniform(0.08, 0.22)
    return stencil.line(np.stack([middle - 2 * along, middle + 2 * along]), np.full(2, width))


def _visible(cut: Form, hidden: Coverage, how: Manner) -> Mask:
    """(H, W): pixels of which the shape has a half; a line, which may be finer, a quarter."""
    return _locked((cut.extent >= (0.25 if how.outlined else 0.5)) & (hidden < 0.5))


def _photographed(rgb: Canvas, rng: Rng, delicate: bool) -> Pixels:
    """As (H, W, 3) uint8, slightly out of focus or noisy in some images; fine lines stay clear."""
    if rng.random() < 0.35:
        noise = np.float32(rng.uniform(0, 0.02 if delicate else 0.07))
        rgb = rgb + noise * rng.standard_normal(rgb.shape, np.float32)
    pixels = _pixels(rgb)
    if rng.random() < 0.3:
        # In units of a 128 pixel image, so that large ones are not sharper.
        radius = rng.uniform(0.3, 0.5 if delicate else 1.6) * len(rgb) / 128
        blurred = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius))
        pixels = _locked(np.asarray(blurred))
    return pixels


def _pixels(rgb: Canvas) -> Pixels:
    return _locked(np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint8))


def _locked(array: Array) -> Array:
    array.flags.writeable = False
    return array
