"""Work in the background: one job for all who ask the same, with progress, cancel, result or error."""

from __future__ import annotations

import atexit
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar

from resnet_viz.errors import ExplorerError

State = Literal["waiting", "running", "done", "failed", "cancelled"]
ENDED: Final = ("done", "failed", "cancelled")

R_co = TypeVar("R_co", covariant=True)
J = TypeVar("J", bound="Job[Any]")

Follower = Callable[[], bool]  # whether one who wants a job's result is still there

_GATE: Final = threading.RLock()  # around the jobs that run, and who wants each
_RUNNING: Final[dict[Hashable, Job[Any]]] = {}
_CURRENT: Final[ContextVar[Job[Any] | None]] = ContextVar("job", default=None)
_LOOK_S: Final = 0.5  # between two looks at whether followers are still there
_LAST_WORDS_S: Final = 2.0  # for each job, when the process ends


class Cancelled(BaseException):  # a wish and nobody's error: torchinfo would make another of one
    """Nobody wants the result any more."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is; the sentence is for the user."""

    done: int  # in the job's own unit: bytes, forward passes
    total: int | None  # once it is known
    state: State
    sentence: str

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDED


def always() -> bool:
    """A follower who stays until he leaves."""
    return True


def check() -> None:
    """Raise `Cancelled` when the job that this is part of need not go on; outside of a job do nothing.

    Called between the layers of a network, and wherever else long work can end.
    """
    if job := _CURRENT.get():
        job.check()


def in_job() -> bool:
    """Whether this is part of a job, so that `check` may raise."""
    return _CURRENT.get() is not None


class Job(ABC, Generic[R_co]):
    """One piece of work in a thread of its own, shared by all who want it. Started by `start`."""

    name = "job"  # of the thread
    linger_s = 0.0  # how long it goes on with nobody left: the next may want the same
    subject = "This"  # begins the two sentences, where they are not said otherwise
    cancelled_sentence = ""
    failed_sentence = ""

    def __init__(self, sentence: str) -> None:
        self._followers: list[Follower] = []  # who has joined and not left
        self._alone_since, self._looked = time.monotonic(), 0.0
        self.progress = Progress(0, None, "waiting", sentence)
        self.result: R_co | None = None  # once it is done
        self.error: BaseException | None = None  # once it has failed
        self.cancelled = threading.Event()
        self._finished = threading.Event()

    @abstractmethod
    def work(self) -> tuple[R_co, str]:
        """Do the work; return the result and the sentence to say then.

        Raises:
            Cancelled: `cancel` was called; see `report`.
            ExplorerError: it cannot be done; the message is for the user.
        """

    def wait(self, timeout: float | None = None) -> Progress:
        """How far it is when it has ended, or after `timeout` seconds."""
        self._finished.wait(timeout)
        return self.progress

    def join(self, follower: Follower = always) -> None:
        """One more wants it, for as long as he is there."""
        with _GATE:
            self._followers.append(follower)

    def leave(self, follower: Follower = always) -> None:
        """One who joined no longer wants it; it is cancelled when nobody is left."""
        with _GATE:
            followers = self._followers.copy()
            if follower in followers:
                followers.remove(follower)
            self._keep_followers(followers)

    def check(self) -> None:
        """Raise `Cancelled` when it need not go on; for `work`, as often as it likes."""
        if time.monotonic() - self._looked > _LOOK_S:
            with _GATE:
                self._looked = time.monotonic()
                self._keep_followers([follower for follower in self._followers if follower()])
        if self.cancelled.is_set():
            raise Cancelled

    def _keep_followers(self, followers: list[Follower]) -> None:
        """Cancel when nobody has been left for `linger_s` seconds."""
        if followers or self._followers:
            self._alone_since = time.monotonic()
        self._followers = followers
        if not followers and time.monotonic() - self._alone_since >= self.linger_s:
            self.cancel()

    def cancel(self) -> None:
        """Stop it for everybody; `wait` tells when nothing of it is left."""
        self._forget()  # so that `start` begins anew instead of joining what is ending
        self.cancelled.set()

    def report(self, done: int, total: int | None, sentence: str, state: State = "running") -> None:
        """Say how far the work is; for `work`.

        Raises:
            Cancelled: it need not go on.
        """
        self.progress = Progress(done, total, state, sentence)
        self.check()

    def run(self) -> None:
        """Do the work and keep how it ended; in the thread that `start` gave it."""
        failed = self.failed_sentence or f"{self.subject} failed, and the server's log says why."
        end: tuple[State, str] = "failed", failed
        _CURRENT.set(self)
        try:
            self.result, sentence = self.work()
            end = "done", sentence
        except Cancelled:
            end = "cancelled", self.cancelled_sentence or f"{self.subject} was cancelled."
        except ExplorerError as error:
            self.error, end = error, ("failed", str(error))
        finally:
            self.error = self.error or sys.exception()
            before = self.progress
            self.progress = Progress(before.done, before.total, *end)
            self._forget()
            self._finished.set()

    def _forget(self) -> None:
        with _GATE:
            for key in [key for key, job in _RUNNING.items() if job is self]:
                del _RUNNING[key]


def start(key: Hashable, make: Callable[[], J], follower: Follower = always) -> J:
    """Start the job of a key, or join the one that runs already.

    Whoever calls this is one more who wants it; he says with `leave` that this is over, or `follower`
    does. Nothing is raised: what goes wrong stands in `progress`.
    """
    with _GATE:
        job: J | None = _RUNNING.get(key)  # type: ignore[assignment]  # a key has one type of job
        if job is None:
            job = _RUNNING[key] = make()
            threading.Thread(target=job.run, name=job.name, daemon=True).start()
        job.join(follower)
    return job


def running(key: Hashable) -> Job[Any] | None:
    """The job of a key that runs at this moment, to look at without joining it."""
    with _GATE:
        return _RUNNING.get(key)


@atexit.register
def _stop_all() -> None:
    """Leave nothing half-done when the process ends."""
    for job in list(_RUNNING.values()):
        job.cancel()
        job.wait(_LAST_WORDS_S)
