"""A data set: labelled images to learn from, others to be tested on, and the names of the classes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
Indices = Sequence[int] | npt.NDArray[np.int64]

_AT_ONCE: Final = 256  # images whose pixels are asked for together


class ImageSet(Protocol):
    """Square images of one size with their labels, however they are kept."""

    @property
    def labels(self) -> Labels:
        """(N,) int64: indices of the classes."""
        ...

    def __len__(self) -> int: ...

    def pixels(self, indices: Indices) -> Pixels:
        """(len(indices), H, W, 3) uint8: the images with these indices."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ArrayImages:
    """Images that are held in memory.

    Attributes:
        rgb: (N, H, W, 3) uint8.
        labels: (N,) int64, indices of the classes.
    """

    rgb: Pixels
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def pixels(self, indices: Indices) -> Pixels:
        """(len(indices), H, W, 3) uint8."""
        return self.rgb[np.asarray(indices, np.int64)]


@dataclass(frozen=True, slots=True, eq=False)
class Subset:
    """Some images of a set, read when they are asked for.

    Attributes:
        images: the whole set.
        chosen: (N,) int64, indices of those that belong to the subset.
    """

    images: ImageSet
    chosen: Labels

    @property
    def labels(self) -> Labels:
        """(N,) int64."""
        return self.images.labels[self.chosen]

    def __len__(self) -> int:
        return len(self.chosen)

    def pixels(self, indices: Indices) -> Pixels:
        """(len(indices), H, W, 3) uint8."""
        return self.images.pixels(self.chosen[np.asarray(indices, np.int64)])


def some_of(images: ImageSet, count: int) -> Subset:
    """At most so many images of a set, the same each time; drawn, since folders are sorted by class."""
    order = np.random.default_rng(0).permutation(len(images))
    return Subset(images, np.sort(order[:count]))


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """What a network is trained and tested on.

    Attributes:
        name: where it came from: "shapes", "cifar10" or "folder".
        classes: names, by label.
        train: images to learn from.
        held_out: images never learned from, on which every epoch is measured.
        test: images never learned from, on which the trained network is measured; the same as
            `held_out` where the data set has no validation images (no epoch is chosen by them).
        description: where the images come from, for the card.
        notes: what was left out or changed while reading, each a sentence.
    """

    name: str
    classes: tuple[str, ...]
    train: ImageSet
    held_out: ImageSet
    test: ImageSet
    description: str
    notes: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """A hash of all labels and of every 97th image: the same data gives the same digits."""
        digest = hashlib.sha256()
        for images in (self.train, self.test):
            digest.update(images.labels.tobytes())
            some = range(0, len(images), 97)
            for start in range(0, len(some), _AT_ONCE):
                digest.update(images.pixels(some[start : start + _AT_ONCE]).tobytes())
        return digest.hexdigest()[:16]
