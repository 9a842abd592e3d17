"""What the server answers beside Streamlit: headers, closed paths, no outside address, upload limits."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest
from starlette.middleware import Middleware
from starlette.requests import Request
from streamlit import net_util, runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.web.server import server_util

from resnet_viz.components.browser_tab import AHEAD
from resnet_viz.images import MAX_BYTES
from resnet_viz.ui.feature_maps import early_wall
from resnet_viz.ui.frame import runtime as start
from resnet_viz.ui.frame import upload_limits, web
from resnet_viz.ui.state import ahead
from resnet_viz.ui.state.pages import WALL
from resnet_viz.weights.uploads import MAX_FILE

SENT = b"taken"


async def _taken(scope: Any, receive: Any, send: Any) -> None:
    """An app that reads all that is sent and answers 200."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": SENT})


def through(stack: Sequence[Middleware]) -> Any:
    app: Any = _taken
    for each in reversed(stack):
        app = each.cls(app, *each.args, **each.kwargs)
    return app


def ask(
    app: Any,
    path: str,
    method: str = "GET",
    body: bytes = b"",
    size: int | None = None,
    query: bytes = b"",
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer; `size` is what the request says that its body has."""
    said = len(body) if size is None else size
    headers = [] if said < 0 else [(b"content-length", str(said).encode())]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": headers,
        "query_string": query,
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(m.get("body", b"") for m in sent[1:])


def policy(headers: dict[str, str]) -> dict[str, list[str]]:
    rules = headers["content-security-policy"].split("; ")
    return {name: sources for name, *sources in (rule.split() for rule in rules)}


def test_every_answer_tells_the_browser_whom_to_ask_and_who_may_frame_it():
    _, headers, body = ask(through(web.middleware()), "/layers")
    rules = policy(headers)
    assert body == SENT
    assert rules["default-src"] == ["'self'"]
    assert rules["object-src"] == ["'none'"]
    assert rules["frame-ancestors"] == ["'self'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:"} & {*rules["script-src"]}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=(self)" in headers["permissions-policy"]
    assert headers["x-frame-options"] == "SAMEORIGIN"


def test_a_course_page_may_frame_it_when_the_operator_says_so():
    origins = ["https://course.example.org", "https://*.example.com:8443"]
    _, headers, _ = ask(through(web.middleware(origins)), "/")
    assert policy(headers)["frame-ancestors"] == ["'self'", *origins]
    assert "x-frame-options" not in headers


@pytest.mark.parametrize(
    "text",
    ["course.example.org", "https://a.b/path", "*", "https://a; script-src *", "", "ftp://a"],
)
def test_what_is_no_origin_is_refused_before_anything_starts(text, capsys):
    assert not web.is_origin(text)
    with pytest.raises(SystemExit):
        start.read_arguments([f"--embed-in={text}"])
    assert "https://course.example.org" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/base/_stcore/metrics"])
def test_the_numbers_of_the_server_are_closed_unless_opened(path):
    assert ask(through(web.middleware()), path)[0] == 404
    assert ask(through(web.middleware(metrics=True)), path)[0] == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "http://203.0.113.7:8501", "null", ""])
def test_no_origin_of_a_visitor_makes_the_server_ask_another_host(monkeypatch, origin):
    asked: list[str] = []
    monkeypatch.setattr(net_util, "get_external_ip", net_util.get_external_ip)
    monkeypatch.setattr(net_util, "_external_ip", None)
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda url, **_: asked.append(url))
    web.middleware()
    assert not server_util.is_url_from_allowed_origins(origin)
    assert asked == []


def test_every_page_has_our_style_and_script_before_streamlits():
    *pages, style, script, _, _ = web.routes()
    for route in pages:
        _, headers, body = ask(route.app, route.path)
        text = body.decode()
        assert headers["content-type"].startswith("text/html")
        ours = [text.index(f"resnet-explorer.{ending}") for ending in ("css", "js")]
        assert 0 < ours[0] < ours[1] < text.index("static/js/index")
    _, headers, body = ask(style.app, style.path)
    assert headers["content-type"].startswith("text/css")
    assert b"stCaptionContainer" in body
    _, headers, body = ask(script.app, script.path)
    assert headers["content-type"].startswith("text/javascript")
    assert b"begin();" in body


# ---- uploads ----


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> MemoryUploadedFileManager:
    """The files that Streamlit keeps."""

    class Running:
        uploaded_file_mgr = MemoryUploadedFileManager("/_stcore/upload_file")

    monkeypatch.setattr(runtime, "get_instance", Running)
    return Running.uploaded_file_mgr


def put(app: Any, name: str, size: int, visit: str = "me", path: str = "") -> tuple[int, str]:
    body = f'--x\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'.encode()
    status, _, said = ask(app, path or f"/_stcore/upload_file/{visit}/1", "PUT", body, size=size)
    return status, said.decode()


def keep(manager: MemoryUploadedFileManager, visit: str, file: str, size: int) -> None:
    manager.add_file(visit, UploadedFileRec(file, "x", "x", b"\0" * size))


@pytest.mark.parametrize(
    ("name", "size", "status"),
    [
        ("cat.png", MAX_BYTES, 200),
        ("cat.png", MAX_BYTES + 10_000, 413),
        ("cat", 340 * 2**20, 413),
        ("cat.safetensors.png", 340 * 2**20, 413),
        ("net.safetensors", MAX_FILE, 200),
        ("NET.SAFETENSORS", MAX_FILE, 200),
        ("net.safetensors", MAX_FILE + 10_000, 413),
        ("names.txt", 3_000_000, 413),
        ("cat.png", -1, 411),
    ],
)
def test_a_file_is_held_to_the_limit_of_its_kind(kept, name, size, status):
    app = through([Middleware(upload_limits.UploadLimits)])
    assert put(app, name, size)[0] == status
    assert put(app, name, size, path="/base/_stcore/upload_file/me/1")[0] == status


def test_a_visit_and_the_server_keep_no_more_than_they_may(kept, monkeypatch):
    monkeypatch.setattr(upload_limits, "MAX_VISIT", 30_000)
    monkeypatch.setattr(upload_limits, "MAX_SERVER", 50_000)
    app = through([Middleware(upload_limits.UploadLimits)])
    keep(kept, "me", "1", 20_000)
    assert put(app, "a.png", 10_000)[0] == 200
    status, said = put(app, "a.png", 10_001)
    assert (status, "visit" in said) == (413, True)
    keep(kept, "other", "1", 25_000)
    assert put(app, "a.png", 5_000, visit="third")[0] == 200
    status, said = put(app, "a.png", 5_001, visit="third")
    assert (status, "later" in said) == (503, True)
    kept.remove_session_files("other")
    assert put(app, "a.png", 5_001, visit="third")[0] == 200


def test_what_is_being_sent_counts_too(kept, monkeypatch):
    monkeypatch.setattr(upload_limits, "MAX_VISIT", 15_000)
    seen: list[int] = []

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if not seen:  # while the first is being read, a second comes
            seen.append(0)
            inner = upload_limits.UploadLimits(_taken)
            inner._said = limits._said
            seen[0] = await _status(inner)
        await _taken(scope, receive, send)

    async def _status(app: Any) -> int:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        path = "/_stcore/upload_file/me/2"
        headers = [(b"content-length", b"10000")]
        await app(
            {"type": "http", "method": "PUT", "path": path, "headers": headers}, receive, send
        )
        status: int = sent[0]["status"]
        return status

    limits = upload_limits.UploadLimits(slow)
    assert put(limits, "a.png", 10_000)[0] == 200
    assert seen == [413]
    assert put(limits, "a.png", 10_000)[0] == 200  # all is let go afterwards


def sending(
    app: Any, visit: str, size: int, *pieces: bytes, stalls: bool = False, every: float = 0.0
) -> Coroutine[Any, Any, int]:
    """A PUT of a file whose body comes in pieces, and then perhaps nothing more; gives its status."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages[-1]["more_body"] = stalls
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(every)
        return messages.pop(0) if messages else await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def run() -> int:
        path = f"/_stcore/upload_file/{visit}/1"
        headers = [(b"content-length", str(size).encode())]
        scope = {"type": "http", "method": "PUT", "path": path, "headers": headers}
        await app(scope, receive, send)
        status: int = sent[0]["status"]
        return status

    return run()


HEAD = b'--x\r\nContent-Disposition: form-data; name="f"; filename="net.safetensors"\r\n\r\n'


@pytest.mark.parametrize(
    ("pieces", "size", "status"),
    [
        ((HEAD[:5], HEAD[5:40], HEAD[40:], b"x" * 9), MAX_FILE, 200),  # the name comes in pieces
        ((HEAD[:5],), MAX_FILE, 413),  # it does not come at all: held to an image's limit
        ((HEAD, b"x" * 1000), len(HEAD) + 1000, 200),
        ((HEAD, b"x" * 1000), len(HEAD) + 999, 413),  # longer than was said
    ],
)
def test_a_file_may_come_in_pieces(kept, pieces, size, status):
    limits = upload_limits.UploadLimits(_taken)
    assert asyncio.run(sending(limits, "me", size, *pieces)) == status
    assert (limits._come, limits._said.total()) == (0, 0)


def test_what_is_only_said_to_come_takes_no_room_from_others(kept, monkeypatch):
    monkeypatch.setattr(upload_limits, "MAX_SERVER", 30_000)
    monkeypatch.setattr(upload_limits, "STALLED_S", 0.2)
    limits = upload_limits.UploadLimits(_taken)

    async def at_once() -> list[int]:
        said = [sending(limits, f"{each}", 25_000, HEAD, stalls=True) for each in range(4)]
        mine = sending(limits, "me", 25_000, HEAD, *[b"x" * 1000] * 20)
        return list(await asyncio.gather(*said, mine))

    assert asyncio.run(at_once()) == [408, 408, 408, 408, 200]
    assert (limits._come, limits._said.total()) == (0, 0)


def test_what_has_come_counts_for_the_server(kept, monkeypatch):
    monkeypatch.setattr(upload_limits, "MAX_SERVER", 30_000)
    limits = upload_limits.UploadLimits(_taken)

    async def at_once() -> list[int]:
        each = [HEAD, *[b"x" * 1000] * 20]
        return list(await asyncio.gather(*(sending(limits, who, 21_000, *each) for who in "ab")))

    assert sorted(asyncio.run(at_once())) == [200, 503]
    assert limits._come == 0


def test_very_many_small_files_are_no_way_around_it(kept):
    for number in range(upload_limits.MAX_FILES):
        assert put(upload_limits.UploadLimits(_taken), "a.png", 1000)[0] == 200
        keep(kept, "me", f"{number}", 10)
    status, said = put(upload_limits.UploadLimits(_taken), "a.png", 1000)
    assert (status, "files" in said) == (413, True)


def test_many_small_files_at_once_are_none_either(kept, monkeypatch):
    monkeypatch.setattr(upload_limits, "MAX_FILES", 3)
    limits = upload_limits.UploadLimits(_taken)

    async def at_once() -> list[int]:
        each = [HEAD, *[b"x"] * 20]
        return list(await asyncio.gather(*(sending(limits, "me", 1000, *each) for _ in range(5))))

    assert sorted(asyncio.run(at_once())) == [200, 200, 200, 413, 413]
    assert limits._files.total() == 0


def test_what_only_drips_is_given_up(kept, monkeypatch):
    """Each byte comes in time, and the file would take for ever."""
    monkeypatch.setattr(upload_limits, "STALLED_S", 0.2)
    limits = upload_limits.UploadLimits(_taken)
    drops = [b"x"] * 10_000

    async def drip() -> int:
        return await sending(limits, "me", len(HEAD) + len(drops), HEAD, *drops, every=0.02)

    assert asyncio.run(drip()) == 408
    assert limits._come == 0


def test_a_request_for_what_the_cursor_rests_on_ends_with_its_browser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, str]] = []
    left = asyncio.Event()

    class Endless:
        waits = True
        leave = staticmethod(left.set)

    def rest(visit: str, layer: str) -> Endless:
        asked.append((visit, layer))
        return Endless()

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    monkeypatch.setattr(ahead, "rest", rest)
    route = next(route for route in web.routes() if route.path == f"/{AHEAD}")
    scope = {"type": "http", "method": "GET", "headers": [], "query_string": b"visit=a&layer=conv1"}
    answer = asyncio.run(route.endpoint(Request(scope, receive)))
    assert (answer.status_code, answer.body) == (204, b"")
    assert asked == [("a", "conv1")]
    assert left.is_set()


class Asked:
    """A layer that a browser has asked for; its answer comes at the third look."""

    def __init__(self, content: bytes | Exception | None) -> None:
        self._content, self._looks = content, iter((True, True))
        self.ended: list[bool] = []

    @property
    def request(self) -> Asked:
        return self

    @property
    def waits(self) -> bool:
        return next(self._looks, False)

    def content(self) -> bytes | None:
        if isinstance(self._content, Exception):
            raise self._content
        return self._content

    def end(self, *, is_sent: bool) -> None:
        self.ended.append(is_sent)


def wall_route(monkeypatch: pytest.MonkeyPatch, asked: Asked | None) -> tuple[Any, list[Any]]:
    names: list[tuple[str, ...]] = []

    def choose(*sent: str) -> Asked | None:
        names.append(sent)
        return asked

    monkeypatch.setattr(early_wall, "choose", choose)
    return next(route for route in web.routes() if route.path == f"/{WALL}"), names


@pytest.mark.parametrize("content", [b"maps", None])
def test_the_wall_that_a_browser_asks_for_leaves_when_it_is_there(
    monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    asked = Asked(content)
    route, names = wall_route(monkeypatch, asked)
    query = b"visit=a&subject=b&layer=conv1"
    status, headers, body = ask(route.app, route.path, query=query)
    assert (status, body) == ((200, b"maps") if content else (204, b""))
    assert headers["cache-control"] == "no-store"
    assert names == [("a", "b", "conv1")]
    assert asked.ended == [content is not None]


def test_a_wall_that_nobody_may_ask_for_or_that_fails_is_left_to_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    route, _ = wall_route(monkeypatch, None)
    assert ask(route.app, route.path)[0] == 204
    asked = Asked(ValueError("no"))
    route, _ = wall_route(monkeypatch, asked)
    with pytest.raises(ValueError, match="no"):
        ask(route.app, route.path)
    assert asked.ended == [False]


def test_nothing_is_packed_for_a_browser_that_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(AssertionError("packed"))
    route, _ = wall_route(monkeypatch, asked)

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "headers": [], "query_string": b""}
    answer = asyncio.run(route.endpoint(Request(scope, gone)))
    assert answer.status_code == 204


def test_what_is_short_leaves_at_once_on_every_connection() -> None:
    def is_set(each: socket.socket) -> bool:
        return bool(each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    with socket.socket() as gate, socket.socket() as visitor, socket.socket() as other:
        gate.bind(("127.0.0.1", 0))
        gate.listen()
        start.send_at_once()
        visitor.connect(gate.getsockname())
        with gate.accept()[0] as connection:
            assert is_set(connection)
        assert not is_set(other)
