"""Downloads in the background: one for each file, however many sessions and processes want it."""

from __future__ import annotations

import errno
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from resnet_viz import jobs
from resnet_viz.errors import WeightsError, reason
from resnet_viz.jobs import Cancelled, Follower, Job, State, always
from resnet_viz.weights import checkpoints
from resnet_viz.weights.checkpoints import Checkpoint, is_intact
from resnet_viz.weights.fetch import Fetch
from resnet_viz.weights.sizes import megabytes
from resnet_viz.whole_file import part_of

_LOOK_S: Final = 0.2  # between two looks at whether another process is through


def start(
    checkpoint: Checkpoint, folder: Path | None = None, follower: Follower = always
) -> DownloadJob:
    """Fetch a checkpoint into the weights folder, or join the download of it that runs already.

    A file that is there already is verified, and fetched again only if it is damaged. It stops when all
    who asked for it have left, or their `follower` says that they are gone.
    """
    path = _path(checkpoint, folder)
    return jobs.start(path, lambda: DownloadJob(checkpoint, path), follower)


def running(checkpoint: Checkpoint, folder: Path | None = None) -> DownloadJob | None:
    """The download of a checkpoint that runs at this moment, to look at without joining it."""
    job = jobs.running(_path(checkpoint, folder))
    return job if isinstance(job, DownloadJob) else None


class DownloadJob(Job[Path]):
    """One file on its way into the weights folder; progress is in bytes. Made by `start`."""

    def __init__(self, checkpoint: Checkpoint, path: Path) -> None:
        file = checkpoint.file
        super().__init__(f"{file} is about to be fetched.")
        self.name = path.name
        self.cancelled_sentence = f"The download of {file} was cancelled; nothing of it stays."
        self.failed_sentence = f"{file} was not fetched, and the log says why."
        self.checkpoint = checkpoint
        self.path = path
        self._fetch = Fetch(checkpoint, self._report, self.cancelled)

    def cancel(self) -> None:
        """Stop it for everybody, also while it waits for the next byte."""
        super().cancel()
        self._fetch.stop()

    def work(self) -> tuple[Path, str]:
        """Have the file in its place."""
        try:
            return self.path, self._placed()
        except OSError as error:
            raise WeightsError(_unwritable(error, self.checkpoint.file)) from None

    def _placed(self) -> str:
        """Have the file in its place; the sentence to say then."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(self.path, self._look):
            if self.path.exists() and is_intact(self.path, self.checkpoint):
                self._report(self.checkpoint.size, self.checkpoint.size)
                return f"{self.path.name} is on this machine already, and its SHA-256 is right."
            self._fetch.run(self.path)
        return f"{self.path.name} is on this machine now, and its SHA-256 is right."

    def _report(self, received: int, total: int | None, state: State = "running") -> None:
        of = f" of {megabytes(total)}" if total is not None else ""
        by = " (by another process)" if state == "waiting" else ""
        sentence = f"Fetching {self.checkpoint.file}{by}: {megabytes(received)}{of}."
        self.report(received, total, sentence, state)

    def _look(self) -> None:
        """How far another process is."""
        if self.cancelled.is_set():
            raise Cancelled
        with suppress(FileNotFoundError):
            self._report(part_of(self.path).stat().st_size, self.checkpoint.size, "waiting")


def _path(checkpoint: Checkpoint, folder: Path | None) -> Path:
    return (folder or checkpoints.folder()).absolute() / checkpoint.file


@contextmanager
def _alone(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Be the only one on this machine who writes `path`; call `waiting` as long as others do.

    The lock lies among the temporary files, since filelock leaves it where it is, and the folder is
    other programs' too.
    """
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
    lock = FileLock(Path(tempfile.gettempdir()) / f"resnet-explorer-{name}.lock", mode=0o666)
    while True:
        try:
            lock.acquire(timeout=_LOOK_S)
            break
        except Timeout:
            waiting()
    try:
        yield
    finally:
        lock.release()


def _unwritable(error: OSError, file: str) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{file} was not kept, since the disk is full; make room and try again."
    return (
        f"{file} cannot be written into the weights folder ({reason(error)}); set TORCH_HOME to a folder "
        "that can be written."
    )
