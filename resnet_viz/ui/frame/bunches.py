"""Send what belongs together at once: a browser that gets it piece by piece draws the page for each piece."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Seconds: after a message, in which another may come; and after the first of a bunch, in which it is sent.
PAUSE: Final = 0.006
LONGEST: Final = 0.03
LARGEST: Final = 1_000_000  # bytes that wait; beyond that whoever sends waits too


class Bunches:
    """Holds a WebSocket's messages back for moments, in their order, and sends them together.

    Streamlit tells of a run as it begins, and then of one element after the other. Each of these that comes
    alone makes the browser go through all elements of the page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        bunch = _Bunch(send)
        try:
            await self._app(scope, receive, bunch.add)
        finally:
            bunch.end()


class _Bunch:
    """What one connection has still to be sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []
        self._size = 0
        self._since = self._last = 0.0  # when the first came, and when the last
        self._sending = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._lost: OSError | None = None  # what became of the connection

    async def add(self, message: Message) -> None:
        """Send a message soon; what is no data, at once and after all data."""
        if self._lost:
            raise self._lost
        if message["type"] != "websocket.send":
            await self._flush()
            await self._send(message)
            return
        self._last = asyncio.get_running_loop().time()
        if not self._messages:
            self._since = self._last
        self._messages.append(message)
        self._size += len(message.get("bytes") or message.get("text") or "")
        if self._size > LARGEST:
            await self._flush()
        elif self._task is None:
            self._task = asyncio.create_task(self._flush_soon())

    def end(self) -> None:
        """Send nothing more: the connection is closed."""
        self._messages.clear()
        if self._task:
            self._task.cancel()

    async def _flush_soon(self) -> None:
        loop = asyncio.get_running_loop()
        while (wait := min(self._last + PAUSE, self._since + LONGEST) - loop.time()) > 0:
            await asyncio.sleep(wait)
        self._task = None
        try:
            await self._flush()
        except OSError as error:
            self._lost = error  # whoever sends next is told

    async def _flush(self) -> None:
        async with self._sending:
            while self._messages:
                messages, self._messages, self._size = self._messages, [], 0
                for message in messages:
                    await self._send(message)
