"""Times that mean something on a busy machine: interleaved repetitions, medians, ratios."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

Step = Callable[[], object]

SECONDS = 30.0  # rounds end after this, so that a crowded machine does not hold up the rest
FEWEST = 5  # rounds that a median needs all the same


def interleaved(makers: Mapping[str, Callable[[], Step]], repetitions: int) -> dict[str, float]:
    """Median seconds of each step, all of them in turn in every round, one round for warming up.

    A maker prepares its step, untimed. The order turns round from one round to the next: what slows
    the machine down for a while slows all of them alike.
    """
    times: dict[str, list[float]] = {name: [] for name in makers}
    names = list(makers)
    deadline = time.monotonic() + SECONDS
    for number in range(repetitions + 1):
        if number > FEWEST and time.monotonic() > deadline:
            break
        for name in names if number % 2 else reversed(names):
            step = makers[name]()
            start = time.perf_counter()
            step()
            seconds = time.perf_counter() - start
            if number:
                times[name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()}


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values do not exceed, between neighbours where needed."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def freeze_heap() -> None:
    """What the app does once at its start: leave everything imported out of later collections."""
    gc.collect()
    gc.freeze()
