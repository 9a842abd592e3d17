"""A program that is to run until it is told to end, and is started again when it ends by itself."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from resnet_viz.errors import ExplorerError

LOOK_S: Final = 0.1  # between two looks at whether something has happened
_START_S: Final = 240.0  # for a program to answer, on a machine that does much else
_END_S: Final = 10.0  # for one to end by itself
_STEADY_S: Final = 60.0  # what has run for so long did not fail at its start
_LONGEST_PAUSE_S: Final = 30.0
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


@dataclass(slots=True)
class Program:
    """A program that is to run, and is started again when it ends by itself."""

    title: str
    command: Sequence[str]
    environment: Mapping[str, str]
    answers: Callable[[], object]  # whether it is up
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started: float = 0.0
    failures: int = 0  # one after the other, each soon after its start
    again_at: float | None = None  # when it is started again

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C is for the launcher alone to hear."""
        self.started, self.again_at = time.monotonic(), None
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_as_child(),  # this program has no other thread
        )

    def tend(self) -> None:
        """Start it again if it has ended: at once, or after a while when it ends again and again."""
        now = time.monotonic()
        if self.again_at is not None:
            if now >= self.again_at:
                self.start()
            return
        assert self.process
        if (status := self.process.poll()) is None:
            return
        self.failures = 0 if now - self.started > _STEADY_S else self.failures + 1
        pause = min(2.0**self.failures - 1, _LONGEST_PAUSE_S) if self.failures > 1 else 0.0
        self.again_at = now + pause
        print(
            f"{self.title} ended with status {status}; it is started again.",
            file=sys.stderr,
            flush=True,
        )

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to it and to all that it has started."""
        if self.process and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def has_ended(self, within: float) -> bool:
        """Whether it ends within so many seconds."""
        with suppress(subprocess.TimeoutExpired):
            if self.process:
                self.process.wait(within)
            return True
        return False


def is_up(program: Program, told: Sequence[int]) -> bool:
    """Wait until a program answers; False when a signal came first.

    Raises:
        ExplorerError: it has ended, or does not answer.
    """
    deadline = time.monotonic() + _START_S
    while (
        program.has_ended(0) or not program.answers()
    ):  # another's answer on its port is not its own
        if told:
            return False
        if program.has_ended(0):
            raise ExplorerError(f"{program.title} ended at its start; what it said stands above.")
        if time.monotonic() > deadline:
            raise ExplorerError(f"{program.title} did not answer within {_START_S:.0f} seconds.")
        time.sleep(LOOK_S)
    return True


def end(programs: Sequence[Program]) -> None:
    """End programs and all that they have started: asked first, then made to."""
    for program in programs:
        program.tell(signal.SIGTERM)
    deadline = time.monotonic() + _END_S
    for program in programs:
        if not program.has_ended(max(0.0, deadline - time.monotonic())):
            program.tell(signal.SIGKILL)
            program.has_ended(_END_S)


def _as_child() -> Callable[[], None]:
    """What a new process does first: make sure that it ends with the launcher, however that does."""
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        if sys.platform == "linux":
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return prepare
