"""Downloads in the background: one for each file, however many sessions and processes want it."""

from __future__ import annotations

import atexit
import errno
import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from filelock import FileLock, Timeout

from resnet_viz.errors import WeightsError
from resnet_viz.weights import checkpoints
from resnet_viz.weights.checkpoints import Checkpoint, is_intact, megabytes
from resnet_viz.weights.request import Cancelled
from resnet_viz.weights.transfer import Transfer, part_of

State = Literal["waiting", "running", "done", "failed", "cancelled"]

_LOOK_S: Final = 0.2  # between two looks at whether another process is through
_GATE: Final = threading.RLock()  # around the two below it: who runs, and how many want it
_RUNNING: Final[dict[Path, Download]] = {}
_LAST_WORDS_S: Final = 2.0  # for each download, when the process ends


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is; the sentence is for the user."""

    received: int  # bytes
    total: int | None  # bytes, once they are announced
    state: State
    sentence: str


def start(checkpoint: Checkpoint, folder: Path | None = None) -> Download:
    """Fetch a checkpoint into the weights folder, or join the download of it that runs already.

    Whoever calls this is one more who wants it, and says with `leave` that this is over. A file
    that is there already is verified, and fetched again only if it is damaged. Nothing is raised:
    what goes wrong stands in `progress`.
    """
    path = (folder or checkpoints.folder()).absolute() / checkpoint.file
    with _GATE:
        download = _RUNNING.get(path)
        if download is None:
            download = _RUNNING[path] = Download(checkpoint, path)
            threading.Thread(target=download.run, name=path.name, daemon=True).start()
        download.wanted += 1
    return download


def running(checkpoint: Checkpoint, folder: Path | None = None) -> Download | None:
    """The download of a checkpoint that runs at this moment, to look at without joining it."""
    with _GATE:
        return _RUNNING.get((folder or checkpoints.folder()).absolute() / checkpoint.file)


class Download:
    """One file on its way, shared by all who want it. Made by `start`."""

    def __init__(self, checkpoint: Checkpoint, path: Path) -> None:
        self.checkpoint = checkpoint
        self.path = path
        self.wanted = 0  # how many have joined and not left
        self.progress = Progress(0, None, "waiting", f"{checkpoint.file} is about to be fetched.")
        self._transfer = Transfer(checkpoint, self._report)
        self._finished = threading.Event()

    def wait(self, timeout: float | None = None) -> Progress:
        """How far it is when it has finished, or after `timeout` seconds."""
        self._finished.wait(timeout)
        return self.progress

    def leave(self) -> None:
        """One who joined no longer wants it; it is cancelled when nobody is left."""
        with _GATE:
            self.wanted -= 1
            if self.wanted <= 0:
                self.cancel()

    def cancel(self) -> None:
        """Stop it for everybody; `wait` tells when nothing of it is left."""
        self._forget()  # so that `start` begins anew instead of joining what is ending
        self._transfer.stop()

    def run(self) -> None:
        """Do the work, in the thread that `start` gave it."""
        file = self.checkpoint.file
        end: tuple[State, str] = ("failed", f"{file} was not fetched, and the log says why.")
        try:
            end = "done", self._fetch()
        except Cancelled:
            end = "cancelled", f"The download of {file} was cancelled; nothing of it stays."
        except WeightsError as error:
            end = "failed", str(error)
        except OSError as error:
            end = "failed", _unwritable(error, file)
        finally:
            before = self.progress
            self.progress = Progress(before.received, before.total, *end)
            self._forget()
            self._finished.set()

    def _fetch(self) -> str:
        """Have the file in its place; the sentence to say then."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(self.path, self._look):
            if self.path.exists() and is_intact(self.path, self.checkpoint):
                self._report(self.checkpoint.size, self.checkpoint.size)
                return f"{self.path.name} is on this machine already, and its SHA-256 is right."
            self._transfer.run(self.path)
        return f"{self.path.name} is on this machine now, and its SHA-256 is right."

    def _report(self, received: int, total: int | None, state: State = "running") -> None:
        of = f" of {megabytes(total)}" if total is not None else ""
        by = " (by another process)" if state == "waiting" else ""
        sentence = f"Fetching {self.checkpoint.file}{by}: {megabytes(received)}{of}."
        self.progress = Progress(received, total, state, sentence)

    def _look(self) -> None:
        """How far another process is."""
        if self._transfer.cancelled.is_set():
            raise Cancelled
        with suppress(FileNotFoundError):
            self._report(part_of(self.path).stat().st_size, self.checkpoint.size, "waiting")

    def _forget(self) -> None:
        with _GATE:
            if _RUNNING.get(self.path) is self:
                del _RUNNING[self.path]


@atexit.register
def _stop_all() -> None:
    """Leave nothing half-written when the server is stopped."""
    for download in list(_RUNNING.values()):
        download.cancel()
        download.wait(_LAST_WORDS_S)


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
    reason = (error.strerror or "unknown error").lower()
    return (
        f"{file} cannot be written into the weights folder ({reason}); set TORCH_HOME to a folder "
        "that can be written."
    )
