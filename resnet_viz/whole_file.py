"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def part_of(path: Path) -> Path:
    """Where a file lies until it is whole."""
    return path.with_name(f"{path.name}.part")


@contextmanager
def whole_file(path: Path, part: Path | None = None) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends without an error.

    Until then, and after an error, there is what was there before. What a process that was killed has
    left at `part`, else at `part_of(path)`, is overwritten; two who write at once need parts of their own.

    Raises:
        OSError: it cannot be written.
    """
    part = part or part_of(path)
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # else a power cut could leave the name without the bytes
        part.replace(path)
    finally:
        with suppress(OSError):  # gone where all went well
            part.unlink()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file such that an interruption leaves what was there before."""
    with whole_file(path) as file:
        file.write(content)
