"""A folder for the files of one process: gone when it ends, and taken away by the next if it was killed."""

from __future__ import annotations

import atexit
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Final

from filelock import FileLock, Timeout

_PREFIX: Final = "resnet-explorer-"
_LOCK: Final = ".lock"
_YOUNG_S: Final = 60  # a folder that has no lock yet may be about to get one


class OwnFolder:
    """A temporary folder for this user's eyes only."""

    def __init__(self) -> None:
        self.name = mkdtemp(prefix=_PREFIX)
        self._lock = FileLock(_lock_of(self.name))
        self._lock.acquire()
        atexit.register(self.remove)

    def remove(self) -> None:
        """Remove it with all that it holds; once is enough."""
        atexit.unregister(self.remove)
        shutil.rmtree(self.name, ignore_errors=True)
        self._lock.release()
        Path(_lock_of(self.name)).unlink(missing_ok=True)


def remove_leftovers() -> None:
    """Remove the folders of processes that were killed and had no time to do it, and locks of nothing."""
    for left in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, Timeout):  # in use, or another process was faster
            if left.is_dir() and not left.is_symlink() and _may_be_left(left):
                with FileLock(_lock_of(left), timeout=0):
                    shutil.rmtree(left, ignore_errors=True)
                    _remove(Path(_lock_of(left)))
                _remove(Path(_lock_of(left)))
            elif left.suffix == _LOCK and _is_lock_of_nothing(left):
                with FileLock(left, timeout=0):
                    _remove(left)
                _remove(left)


def _remove(lock: Path) -> None:
    """Remove a lock while it is held, where nobody can take it meanwhile; Windows can only afterwards."""
    with suppress(OSError):
        lock.unlink()


def _lock_of(folder: str | Path) -> str:
    """A file beside the folder, locked as long as its process lives, however that ends."""
    return f"{folder}{_LOCK}"


def _may_be_left(folder: Path) -> bool:
    """Whether it is this user's, and not one that is just being made."""
    return _is_mine(folder) and (Path(_lock_of(folder)).exists() or _is_old(folder))


def _is_lock_of_nothing(lock: Path) -> bool:
    """Whether a lock has no folder: its process was killed while it ended, or it is of a download."""
    return (
        lock.is_file()
        and not lock.is_symlink()
        and not lock.with_suffix("").exists()
        and _is_mine(lock)
        and _is_old(lock)
    )


def _is_mine(path: Path) -> bool:
    return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()


def _is_old(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > _YOUNG_S
