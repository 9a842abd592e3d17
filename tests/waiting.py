"""Waiting for what happens in other threads, with an end to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from resnet_viz.jobs import Job

BOUND: Final = 60.0  # seconds; only a fault takes so long


def until(condition: Callable[[], object], bound: float = BOUND) -> None:
    """Wait for something that is about to happen."""
    end = time.monotonic() + bound
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def endless(begun: list[Job[Any]]) -> Callable[[Job[Any]], None]:
    """The work of a job that goes on until it is cancelled; each that begins is noted."""

    def work(job: Job[Any]) -> None:
        begun.append(job)
        while True:
            job.check()
            time.sleep(0.02)

    return work
