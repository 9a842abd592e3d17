"""A folder with a subfolder of images for each class, decoded as the explorer decodes an upload."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from resnet_viz.errors import DatasetError, ImageError
from resnet_viz.images import Preprocessing, as_seen, read_image
from resnet_viz.training.dataset import Dataset, Indices, Labels, Pixels

Progress = Callable[[int, int], None]  # images read, images in all

TRAIN_FOLDERS: Final = ("train",)
TEST_FOLDERS: Final = ("test", "val", "validation")
HELD_OUT: Final = 0.1  # of a folder that has no test images of its own
MAX_CLASSES: Final = 10_000
MEMORY_BYTES: Final = 2_000_000_000  # decoded images that are kept; others are decoded every time
_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}  # what `read_image` opens
)
_TOLD: Final = 3  # unreadable files that a note names


class ImageFiles:
    """Images that are decoded when they are asked for, and kept while there is room.

    Each is resized to `size` on its shorter side and cut to the centre square, as a picture is on
    its way to the network.
    """

    def __init__(
        self, files: list[Path], labels: Labels, size: int, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self.files = files
        self.labels = labels
        self._preparation = Preprocessing.whole(size)
        room = min(len(files), memory_bytes // (3 * size * size))
        self._kept = np.empty((room, size, size, 3), np.uint8)
        self._is_kept = np.zeros(room, bool)
        # Which of the kept images a file's is; -1 for those that find no room.
        self._slots = np.where(np.arange(len(files)) < room, np.arange(len(files)), -1)

    def __len__(self) -> int:
        return len(self.files)

    def pixels(self, indices: Indices) -> Pixels:
        """(len(indices), size, size, 3) uint8; raises `DatasetError` for a file that is damaged."""
        slots = self._slots[np.asarray(indices, np.int64)]
        if (slots >= 0).all() and self._is_kept[slots].all():
            return self._kept[slots]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return np.stack(list(pool.map(self._image, map(int, indices))))

    def unreadable(self, progress: Progress) -> dict[int, str]:
        """Decode every image once: why not, by index, for those that cannot be read."""
        reasons: dict[int, str] = {}
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for index, reason in enumerate(pool.map(self._reason, range(len(self)))):
                if reason:
                    reasons[index] = reason
                progress(index + 1, len(self))
        return reasons

    def without(self, indices: Iterable[int]) -> ImageFiles:
        """The same images but for some; what is decoded is shared."""
        stay = np.setdiff1d(np.arange(len(self)), list(indices))
        rest = copy.copy(self)
        rest.files = [self.files[index] for index in stay]
        rest.labels, rest._slots = self.labels[stay], self._slots[stay]
        return rest

    def _image(self, index: int) -> Pixels:
        slot = self._slots[index]
        if slot >= 0 and self._is_kept[slot]:
            kept: Pixels = self._kept[slot]
            return kept
        try:
            image = read_image(self.files[index].read_bytes(), self.files[index].name)
        except (ImageError, OSError) as error:
            place = "/".join(self.files[index].parts[-2:])  # class and file: no path of a machine
            raise DatasetError(f"“{place}” cannot be used: {error}") from None
        seen = as_seen(image, self._preparation)
        if slot >= 0:
            self._kept[slot] = seen
            self._is_kept[slot] = True
        return seen

    def _reason(self, index: int) -> str:
        try:
            self._image(index)
        except DatasetError as error:
            return str(error)
        return ""


def read_folder(folder: Path, size: int, seed: int, progress: Progress) -> Dataset:
    """Read `FOLDER/<class>/<image>`, or `FOLDER/train/<class>/…` with `FOLDER/test/<class>/…`.

    Classes are numbered in alphabetical order. Without test images of its own, a tenth of each
    class is held out, chosen by the seed. Images that cannot be read are left out, and a note says
    so.

    Raises:
        DatasetError: there is no such folder, or fewer than two classes with images in it.
    """
    train_root, test_root = _roots(folder)
    classes = _classes(train_root)
    train = _files(train_root, classes, size)
    test = _files(test_root, classes, size) if test_root else None
    notes: list[str] = []
    train = _readable(train, progress, notes)
    if test_root and (unknown := sorted(set(_subfolders(test_root)) - {*classes})):
        notes.append(
            f"Test images of {', '.join(unknown[:_TOLD])} were left out: no training images."
        )
    if test is not None:
        test = _readable(test, progress, notes)
    else:
        held_out = _held_out(train.labels, seed)
        test = train.without(np.setdiff1d(np.arange(len(train)), held_out).tolist())
        train = train.without(held_out.tolist())
        notes.append(f"{len(test):,} images, a tenth of each class, were held out as test images.")
    for images, split in ((train, "training"), (test, "test")):
        if len(images) == 0:
            raise DatasetError(f"“{folder}” has no {split} images that can be read.")
    description = (
        f"{len(train):,} training and {len(test):,} test images in {len(classes)} classes from a "
        f"folder, scaled to {size} × {size} pixels."
    )
    return Dataset("folder", classes, train, test, test, description, tuple(notes))


def _roots(folder: Path) -> tuple[Path, Path | None]:
    """Where training and test images lie; no test folder if some are to be held out."""
    if not folder.is_dir():
        raise DatasetError(f"There is no folder “{folder}”.")
    train = next((folder / name for name in TRAIN_FOLDERS if (folder / name).is_dir()), None)
    test = next((folder / name for name in TEST_FOLDERS if (folder / name).is_dir()), None)
    if train is None or not any(each.is_dir() for each in train.iterdir()):
        return folder, None
    return train, test


def _classes(root: Path) -> tuple[str, ...]:
    names = sorted(_subfolders(root))
    if not 2 <= len(names) <= MAX_CLASSES:
        raise DatasetError(
            f"“{root}” has {len(names):,} subfolders with images; a network needs a subfolder for "
            f"each of 2 to {MAX_CLASSES:,} classes."
        )
    return tuple(names)


def _subfolders(root: Path) -> Iterator[str]:
    """The names of the subfolders with images in them."""
    return (each.name for each in root.iterdir() if each.is_dir() and any(_images(each)))


def _files(root: Path, classes: tuple[str, ...], size: int) -> ImageFiles:
    files, labels = [], []
    for label, name in enumerate(classes):
        found = sorted(_images(root / name))
        files += found
        labels += [label] * len(found)
    return ImageFiles(files, np.array(labels, np.int64), size)


def _images(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (each for each in folder.iterdir() if each.suffix.lower() in _SUFFIXES)


def _readable(images: ImageFiles, progress: Progress, notes: list[str]) -> ImageFiles:
    """Those that can be read; a note is added about the others."""
    reasons = images.unreadable(progress)
    if not reasons:
        return images
    named = " ".join(list(reasons.values())[:_TOLD])
    notes.append(f"{len(reasons):,} of {len(images):,} images were left out. {named}")
    return images.without(reasons)


def _held_out(labels: Labels, seed: int) -> Labels:
    """Indices of a tenth of each class, at least one where a class has two images or more."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(4,)))
    chosen = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        chosen.append(members[: max(round(HELD_OUT * len(members)), int(len(members) > 1))])
    return np.sort(np.concatenate(chosen))
