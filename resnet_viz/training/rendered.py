"""Sets of rendered images, whose seeds no two sets share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from itertools import repeat
from multiprocessing import get_context
from typing import Final

import numpy as np

from resnet_viz.training.dataset import ArrayImages, Indices, Labels
from resnet_viz.training.shape_images import Pixels, ShapeImage, render
from resnet_viz.training.shapes import SHAPES

_BATCH: Final = 600  # images for one process at a time: about a second, and 30 MB to hand over


class Split(IntEnum):
    """What a set of images is for; its number is part of every image's seed."""

    TRAINING = 0
    VALIDATION = 1
    TEST = 2


def seed_of(split: Split, seed: int, index: int) -> np.random.SeedSequence:
    """The seed of an image. Sequences with different spawn keys are independent (numpy)."""
    return np.random.SeedSequence(seed, spawn_key=(int(split), index))


@dataclass(frozen=True, slots=True)
class RenderedImages:
    """The first images of a split, shape by shape in turn, each drawn when it is asked for.

    Nothing is kept, so that a key of a cache can name thousands of them.
    """

    split: Split
    seed: int
    count: int
    size: int  # side of the square images, pixels

    def __len__(self) -> int:
        return self.count

    @property
    def labels(self) -> Labels:
        """(N,) int64: indices into `SHAPES`."""
        return labels_of(self.count)

    def pixels(self, indices: Indices) -> Pixels:
        """(len(indices), size, size, 3) uint8."""
        return _some(self.split, self.seed, indices, self.size)


def labels_of(count: int) -> Labels:
    """(count,) int64: the shapes of the first images of any split."""
    return np.arange(count, dtype=np.int64) % len(SHAPES)


def rendered(split: Split, seed: int, count: int, size: int) -> ArrayImages:
    """The first `count` images of a split, shape by shape in turn, by all cores together."""
    labels = labels_of(count)
    starts = range(0, count, _BATCH)
    if len(starts) < 3:  # not worth the start of other processes
        return ArrayImages(_some(split, seed, range(count), size), labels)
    rgb = np.empty((count, size, size, 3), np.uint8)
    batches = [range(start, min(start + _BATCH, count)) for start in starts]
    for batch, pixels in zip(batches, _by_processes(split, seed, batches, size), strict=True):
        rgb[batch.start : batch.stop] = pixels
    return ArrayImages(rgb, labels)


def _by_processes(split: Split, seed: int, batches: list[range], size: int) -> Iterator[Pixels]:
    # Spawned, since a fork of a process that runs torch's threads may hang.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        yield from pool.map(_some, repeat(split), repeat(seed), batches, repeat(size))


def _some(split: Split, seed: int, indices: Indices, size: int) -> Pixels:
    """(len(indices), size, size, 3) uint8."""
    numbers = map(int, indices)
    return np.stack([render(i % len(SHAPES), seed_of(split, seed, i), size).rgb for i in numbers])


def with_masks(split: Split, seed: int, count: int, size: int) -> Iterator[ShapeImage]:
    """The same images as `rendered` has, one after the other, each with the pixels of its shape."""
    for i in range(count):
        yield render(i % len(SHAPES), seed_of(split, seed, i), size)
