"""Messages to a browser go in bunches, in their order, and none is lost or late."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from resnet_viz.ui.frame import bunches
from resnet_viz.ui.frame.bunches import Bunches

Add = Callable[[dict[str, Any]], Awaitable[None]]


def data(number: int, size: int = 1) -> dict[str, Any]:
    return {"type": "websocket.send", "bytes": bytes([number]) * size}


def sent(app: Callable[[Add, list[dict[str, Any]]], Awaitable[None]]) -> list[dict[str, Any]]:
    """What goes out while `app` sends; it sees what has gone out so far."""
    out: list[dict[str, Any]] = []

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        await app(send, out)

    async def send(message: Any) -> None:
        out.append(message)

    asyncio.run(Bunches(asgi)({"type": "websocket"}, None, send))  # type: ignore[arg-type]
    return out


def test_a_run_goes_out_at_once_after_its_last_message() -> None:
    async def app(add: Add, out: list[dict[str, Any]]) -> None:
        for number in range(5):
            await add(data(number))
        assert out == []
        while not out:
            await asyncio.sleep(0.001)
        assert out == [data(number) for number in range(5)]

    assert len(sent(app)) == 5


def test_a_stream_without_a_pause_does_not_wait_for_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bunches, "PAUSE", 60.0)

    async def app(add: Add, out: list[dict[str, Any]]) -> None:
        await add(data(1))
        while not out:
            await asyncio.sleep(0.001)

    assert sent(app) == [data(1)]


def test_what_is_large_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bunches, "LARGEST", 100)

    async def app(add: Add, out: list[dict[str, Any]]) -> None:
        await add(data(1))
        await add(data(2, 100))
        assert out == [data(1), data(2, 100)]

    sent(app)


def test_the_end_of_a_connection_comes_after_all_that_was_said() -> None:
    close = {"type": "websocket.close", "code": 1000}

    async def app(add: Add, out: list[dict[str, Any]]) -> None:
        await add({"type": "websocket.accept"})
        assert len(out) == 1
        await add(data(1))
        await add(close)

    assert sent(app) == [{"type": "websocket.accept"}, data(1), close]


def test_nothing_goes_out_on_a_connection_that_is_gone() -> None:
    async def app(add: Add, out: list[dict[str, Any]]) -> None:
        await add(data(1))

    assert sent(app) == []


def test_who_sends_on_a_broken_connection_is_told() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(data(1))
        await asyncio.sleep(0.05)
        with pytest.raises(ConnectionError):
            await send(data(2))

    async def broken(message: Any) -> None:
        raise ConnectionResetError

    asyncio.run(Bunches(app)({"type": "websocket"}, None, broken))  # type: ignore[arg-type]


def test_what_is_no_websocket_goes_by() -> None:
    seen: list[Any] = []

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    async def send(message: Any) -> None:
        raise AssertionError

    asyncio.run(Bunches(asgi)({"type": "http"}, None, send))  # type: ignore[arg-type]
    assert seen == [({"type": "http"}, None, send)]
