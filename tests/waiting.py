"""Waiting for what happens in other threads, with an end to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

BOUND: Final = 60.0  # seconds; only a fault takes so long


def until(condition: Callable[[], object], bound: float = BOUND) -> None:
    """Wait for something that is about to happen."""
    end = time.monotonic() + bound
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
