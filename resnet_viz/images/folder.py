"""Images that whoever runs the server has put into a folder, for searches through many of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from resnet_viz.errors import ImageError
from resnet_viz.images.decode import MAX_BYTES
from resnet_viz.images.reading import read_image
from resnet_viz.images.records import ImageInput
from resnet_viz.one_line import one_line

VARIABLE: Final = "RESNET_EXPLORER_IMAGES"
SUFFIXES: Final = frozenset(
    # What `read_image` opens.
    {
        *(".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff"),
        *(".tga", ".ppm", ".pgm", ".pbm"),
    }
)
MOST_FILES: Final = 20_000  # that are listed: the first in the order of their names
SEED: Final = 0  # of the order


@dataclass(frozen=True, slots=True)
class FolderImages:
    """The image files of a folder and all below it, in an order drawn from `SEED`.

    Files of one class lie side by side, and only some may be looked at. Two are equal when files, sizes and
    times of change are.

    Attributes:
        digest: of names, sizes and times.
        root: the folder.
        files: in that order.
    """

    digest: str
    root: Path = field(repr=False, compare=False)
    files: tuple[Path, ...] = field(repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.files)

    def name(self, number: int) -> str:
        """The file's place below the folder, without what cannot be shown."""
        return one_line(self.files[number].relative_to(self.root).as_posix(), 80)

    def image(self, number: int) -> ImageInput:
        """Decode one, in a process of its own; raises `ImageError` when it cannot be read."""
        file = self.files[number]
        try:
            if file.stat().st_size > MAX_BYTES:
                raise ImageError(f"“{self.name(number)}” has more than {MAX_BYTES // 10**6} MB.")
            return read_image(file.read_bytes(), file.name, owner=VARIABLE)
        except OSError:
            raise ImageError(f"“{self.name(number)}” is no longer there.") from None


def folder_images() -> FolderImages | None:
    """The images of the folder that the environment names; `None` where it names none.

    Raises:
        ImageError: there is no such folder, or no image in it.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if not named:
        return None
    root = Path(named)
    if not _is_folder(root):
        raise ImageError(
            f"{VARIABLE} names no folder that is there; whoever runs the server can say another."
        )
    files = list(islice(_files(root), MOST_FILES))
    if not files:
        raise ImageError(
            f"The folder in {VARIABLE} has no images; {', '.join(sorted(SUFFIXES))} are looked for."
        )
    digest = hashlib.sha256()
    for file in files:
        about = f"{file.relative_to(root)}\0{_change(file)}\0"
        digest.update(about.encode("utf-8", "replace"))
    order = np.random.default_rng(SEED).permutation(len(files))
    return FolderImages(digest.hexdigest(), root, tuple(files[place] for place in order))


def _is_folder(root: Path) -> bool:
    """Whether there is such a folder, as far as it may be asked."""
    try:
        return root.is_dir()
    except OSError:  # it lies in one that may not be entered, or its name is too long
        return False


def _change(file: Path) -> tuple[int, int] | None:
    """Size and time of the last change; `None` for a file that has just gone."""
    try:
        about = file.stat()
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns


def _files(root: Path) -> Iterator[Path]:
    """Image files below a folder, by name; nothing hidden, and no link to another folder."""
    folders = [root]
    while folders:
        below = []
        for entry in _entries(folders.pop()):
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    below.append(Path(entry.path))
                elif Path(entry.name).suffix.lower() in SUFFIXES and entry.is_file():
                    yield Path(entry.path)
            except OSError:  # a link to itself
                continue
        folders += reversed(below)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; nothing where it may not be read, or went away."""
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []
