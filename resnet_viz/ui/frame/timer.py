"""What the server does of itself, every so many seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

LOG = logging.getLogger("resnet_viz")


@asynccontextmanager
async def repeated(work: Callable[[], None], every: float) -> AsyncIterator[None]:
    """Do it every so many seconds, as long as this lasts, in the server's own thread.

    When it fails the log says why, and it is done again: the next time may go well.
    """
    task = asyncio.create_task(_repeat(work, every))
    try:
        yield
    finally:
        task.cancel()


async def _repeat(work: Callable[[], None], every: float) -> None:
    while True:
        await asyncio.sleep(every)
        try:
            work()
        except Exception:
            LOG.exception("What the server does every %g seconds failed", every)
