"""Collects garbage every few seconds, where Streamlit would do it after every rerun."""

from __future__ import annotations

import gc
from contextlib import AbstractAsyncContextManager
from typing import Final

from resnet_viz.ui.frame.timer import repeated

# With some networks loaded a collection takes 5 to 15 ms, in which nobody's page moves: nothing once in
# so many seconds, but a tenth of each of ten reruns a second.
EVERY_S: Final = 5.0


def collected(every: float = EVERY_S) -> AbstractAsyncContextManager[None]:
    """Collect all generations every so many seconds, as long as this lasts and something was made.

    `.streamlit/config.toml` keeps Streamlit from it. Nothing is frozen after the start, so that what is
    given up is freed, in circles or not.
    """
    seen = -1

    def collect() -> None:
        nonlocal seen
        if _young_collections() != seen:
            gc.collect()
            seen = _young_collections()

    return repeated(collect, every)


def _young_collections() -> int:
    """How often the youngest generation was full: it stays the same while nobody is there."""
    count: int = gc.get_stats()[0]["collections"]
    return count
