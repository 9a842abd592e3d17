"""A folder with a subfolder of images for each class, decoded as the explorer decodes an upload."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from resnet_viz.errors import DatasetError, ImageError
from resnet_viz.images import Preprocessing, as_seen
from resnet_viz.images.decode import read_image
from resnet_viz.images.folder import SUFFIXES
from resnet_viz.one_line import one_line
from resnet_viz.training.dataset import Dataset, Indices, Labels, Pixels

Progress = Callable[[int, int], None]  # images read, images in all

TRAIN_FOLDERS: Final = ("train",)
TEST_FOLDERS: Final = ("test", "val", "valid", "validation")
HELD_OUT: Final = 0.1  # of a folder that has no test images of its own
MAX_CLASSES: Final = 10_000
MEMORY_BYTES: Final = 2_000_000_000  # of decoded images; what finds no room is decoded every time
_TOLD: Final = 3  # unreadable files that a note names


class ImageFiles:
    """Images that are decoded when they are asked for, and kept while there is room.

    Each is resized to `size` on its shorter side and cut to the centre square, as an image is on
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

    @property
    def kept_bytes(self) -> int:
        """Memory that the decoded images take, at most."""
        return self._kept.nbytes

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
        # The reduced image is near enough to learn from, and the file need not be decoded twice.
        seen = as_seen(replace(image, file=b""), self._preparation)
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
    class is held out, chosen by the seed. What is left out, files that cannot be read and folders
    without a class, is named in a note. Hidden files and folders are none of the data.

    Raises:
        DatasetError: there is no such folder, or fewer than two classes with images in it.
    """
    train_root, test_root = _roots(folder)
    notes: list[str] = []
    if test_root and not any(_subfolders(test_root)):
        notes.append(f"“{test_root.name}” has no subfolders with images and was left out.")
        test_root = None
    classes = _classes(train_root)
    if without := sorted({each.name for each in _folders(train_root)} - {*classes}):
        notes.append(f"Without images of their own and left out: {', '.join(without[:_TOLD])}.")
    train = _files(train_root, classes, size)
    room = MEMORY_BYTES - train.kept_bytes
    test = _files(test_root, classes, size, room) if test_root else None
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
    named = {each.name.lower(): each for each in _folders(folder)}
    train = next((named[name] for name in TRAIN_FOLDERS if name in named), None)
    test = next((named[name] for name in TEST_FOLDERS if name in named), None)
    if train and any(_subfolders(train)):
        return train, test
    if named and named.keys() <= {*TRAIN_FOLDERS, *TEST_FOLDERS}:
        raise DatasetError(
            f"“{folder}” has {' and '.join(sorted(named))}, but no subfolder for each class in it; "
            "sort the images into FOLDER/train/CLASS/IMAGE."
        )
    return folder, None


def _classes(root: Path) -> tuple[str, ...]:
    names = sorted(_subfolders(root))
    if unwritable := [name for name in names if name != one_line(name)]:
        raise DatasetError(
            f"The class “{one_line(unwritable[0])}” has a name with characters that cannot be shown; "
            "rename its folder."
        )
    if not 2 <= len(names) <= MAX_CLASSES:
        raise DatasetError(
            f"“{root}” has {len(names):,} subfolders with images; a network needs a subfolder for "
            f"each of 2 to {MAX_CLASSES:,} classes."
        )
    return tuple(names)


def _subfolders(root: Path) -> Iterator[str]:
    """The names of the subfolders with images in them."""
    return (each.name for each in _folders(root) if any(_images(each)))


def _folders(root: Path) -> Iterator[Path]:
    return (each for each in root.iterdir() if each.is_dir() and not _is_hidden(each))


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".")


def _files(root: Path, classes: tuple[str, ...], size: int, room: int = MEMORY_BYTES) -> ImageFiles:
    files, labels = [], []
    for label, name in enumerate(classes):
        found = sorted(_images(root / name))
        files += found
        labels += [label] * len(found)
    return ImageFiles(files, np.array(labels, np.int64), size, room)


def _images(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (
            each
            for each in folder.iterdir()
            if each.suffix.lower() in SUFFIXES and not _is_hidden(each)
        )


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
