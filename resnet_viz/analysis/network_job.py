"""Long work on a network in the background: what such jobs have in common."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ClassVar

from resnet_viz.jobs import Job, R_co
from resnet_viz.line import LINE, Turn

TakeTurn = Callable[[], AbstractContextManager[None]]  # what is waited for before each pass


class NetworkJob(Job[R_co]):
    """A job of many passes, which tells how many of them are done."""

    linger_s = 2.0  # a visitor whose connection breaks for a moment finds it again
    counted: ClassVar[str]  # what progress counts, behind "3 of 7"

    def count(self, done: int, total: int) -> None:
        """Say how far the work is; raises `Cancelled` when it need not go on."""
        self.report(done, total, f"{done:,} of {total:,} {self.counted}")


def turns(memory: int) -> TakeTurn:
    """A turn in the line for each piece of long work, so that others come in between.

    `memory` is what a piece needs beside the network, bytes.
    """
    return lambda: LINE.turn(Turn(memory, is_long=True))
