"""Where training images come from: rendered shapes, CIFAR-10's binary files, or a folder of images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from resnet_viz.errors import DatasetError
from resnet_viz.training.cifar10 import is_binary_folder, read_cifar10
from resnet_viz.training.dataset import Dataset
from resnet_viz.training.image_folder import Progress, read_folder
from resnet_viz.training.rendered import Split, rendered
from resnet_viz.training.shapes import SHAPES

RENDERED: Final = "shapes"  # what is asked for instead of a folder
RENDERED_IMAGES: Final = 20_000
MAX_RENDERED_BYTES: Final = 4_000_000_000  # of training images, which are held in memory
VALIDATION_IMAGES: Final = 1_200
TEST_IMAGES: Final = 5_000
CIFAR10_VARIABLE: Final = "CIFAR10_DIR"  # environment: a folder with CIFAR-10, in either form

_RENDERED_DESCRIPTION: Final = (
    "Images of twelve shapes, filled or drawn as lines, which resnet_viz.training renders from a "
    "seed: random colour, size, place, rotation, background, noise, blur, and a bar in front of some."
)


def open_dataset(
    where: str, size: int, seed: int, progress: Progress, images: int = RENDERED_IMAGES
) -> Dataset:
    """Read or render the images to train on.

    Args:
        where: "shapes", or a folder: with CIFAR-10's official binary files, or with a subfolder of
            images for each class.
        size: side of the square images, pixels; CIFAR-10's binary files have 32.
        seed: of the rendered shapes, or of the choice of held-out images.
        progress: told how many of how many images of a folder have been read.
        images: how many shapes to render for training.

    Raises:
        DatasetError: there is nothing there that a network can be trained on.
    """
    if where == RENDERED:
        if images < 1:
            raise DatasetError("At least one image has to be rendered; choose a larger --images.")
        if (bytes_ := 3 * size * size * images) > MAX_RENDERED_BYTES:
            raise DatasetError(
                f"{images:,} images of {size} × {size} pixels take {bytes_ / 1e9:.1f} GB; at most "
                f"{MAX_RENDERED_BYTES / 1e9:.0f} GB are rendered. Choose a smaller --images or --size."
            )
        return rendered_shapes(images, size, seed)
    folder = Path(where)
    if not is_binary_folder(folder):
        return read_folder(folder, size, seed, progress)
    cifar10 = read_cifar10(folder)
    side = cifar10.train.pixels([0]).shape[1]
    if size != side:
        raise DatasetError(
            f"CIFAR-10's images have {side} × {side} pixels, the network takes {size} × {size}; "
            f"choose --size {side}, or a folder of image files, which are scaled."
        )
    return cifar10


def rendered_shapes(images: int, size: int, seed: int) -> Dataset:
    """Render the twelve shapes: `images` to learn from, others for validation and test."""
    return Dataset(
        RENDERED,
        SHAPES,
        train=rendered(Split.TRAINING, seed, images, size),
        held_out=rendered(Split.VALIDATION, seed, VALIDATION_IMAGES, size),
        test=rendered(Split.TEST, seed, TEST_IMAGES, size),
        description=_RENDERED_DESCRIPTION,
    )


def described(dataset: Dataset, about: str) -> Dataset:
    """The same images, with what is known about them in front of how they were read."""
    return replace(dataset, description=f"{about.strip()} {dataset.description}".strip())
