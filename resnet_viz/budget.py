"""How much one answer, one visitor and the whole server may take; the operator says how much in all."""

from __future__ import annotations

import math
import os
import sys
from dataclasses import dataclass
from typing import Final

from resnet_viz import control_groups
from resnet_viz.errors import ExplorerError

MEMORY_VARIABLE: Final = "RESNET_EXPLORER_MEMORY_MB"
WORK_VARIABLE: Final = "RESNET_EXPLORER_GIGA_MACS"
# A folder by which processes share networks, when there are several; the launcher sets it.
SHARED_VARIABLE: Final = "RESNET_EXPLORER_SHARED_WEIGHTS"
_DEFAULT_MEMORY: Final = 1_800  # MB: with torch itself the server stays below 2.5 GB
_DEFAULT_WORK: Final = 400  # G multiply-adds, or ten seconds; ResNet-152 at 1,024 pixels takes 310
_MEMORY_RANGE: Final = (100, 1_000_000)
_WORK_RANGE: Final = (1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be used for answers, beside what the server takes when it is idle."""

    server: int  # bytes: all that is kept, and all that runs
    work: int  # multiply-adds for one answer, with those that writing its values would take
    rows: int = 6_000  # layers of one network that are listed and drawn; ResNet-1202 has 5,411

    @property
    def answer(self) -> int:
        """Bytes for one answer: parameters, what is kept, and what the run needs meanwhile.

        By default 810 MB: with what torch and its allocator take beside it stays below 1 GB.
        """
        return self.server * 9 // 20

    @property
    def visitor(self) -> int:
        """Bytes of what is kept for one visitor, before others' answers have to make room."""
        return self.server * 3 // 5


def budget() -> Budget:
    """What the operator allows, by environment variables or by default.

    Raises:
        ExplorerError: a variable is no whole number in its range.
    """
    memory = _number(MEMORY_VARIABLE, _DEFAULT_MEMORY, _MEMORY_RANGE)
    work = _number(WORK_VARIABLE, _DEFAULT_WORK, _WORK_RANGE)
    return Budget(memory * 1_000_000, work * 1_000_000_000)


def cores() -> int:
    """How many processor cores this process may use, at least one: the machine's, on Linux those of them
    that it is held to, and no more than the time of which its container or service gives it, rounded up.
    """
    there = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, math.ceil(min(there, control_groups.processors())))


def memory() -> float:
    """How many bytes this process and those that it starts may use: the machine's, or its container's."""
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(there, control_groups.memory())


def _number(variable: str, default: int, accepted: tuple[int, int]) -> int:
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    low, high = accepted
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise ExplorerError(
            f"{variable}={text[:20]} is not accepted; choose a whole number from {low:,} to {high:,}."
        )
    return int(text)
