"""Collects garbage every few seconds, where Streamlit would do it after every rerun."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

# With some networks loaded a collection takes 5 to 15 ms, in which nobody's page moves: nothing once in
# so many seconds, but a tenth of each of ten reruns a second.
EVERY_S: Final = 5.0


@asynccontextmanager
async def collected(every: float = EVERY_S) -> AsyncIterator[None]:
    """Collect all generations every so many seconds, as long as this lasts and something was made.

    `.streamlit/config.toml` keeps Streamlit from it. Nothing is frozen after the start, so that what is
    given up is freed, in circles or not.
    """
    task = asyncio.create_task(_collect(every))
    try:
        yield
    finally:
        task.cancel()


async def _collect(every: float) -> None:
    seen = -1
    while True:
        await asyncio.sleep(every)
        if _young_collections() != seen:
            gc.collect()
            seen = _young_collections()


def _young_collections() -> int:
    """How often the youngest generation was full: it stays the same while nobody is there."""
    count: int = gc.get_stats()[0]["collections"]
    return count
