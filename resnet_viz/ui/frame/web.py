"""What the server answers beside Streamlit: its page with ours in it, headers, what is not served at all.

It stands before Streamlit as routes and ASGI middleware, so it holds however the app is started.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import net_util

from resnet_viz.components.browser_tab import AHEAD, page_script
from resnet_viz.ui.frame.page_style import page_style
from resnet_viz.ui.frame.upload_limits import UploadLimits
from resnet_viz.ui.state.pages import PAGES, WALL

if TYPE_CHECKING:
    from resnet_viz.ui.state import ahead

_ORIGIN: Final = re.compile(r"https?://(\*\.)?[\w.-]+(:\d{1,5})?", re.ASCII)
_SCRIPT: Final = "resnet-explorer.js"
_STYLE: Final = "resnet-explorer.css"
_LOOK_S: Final = 0.05  # between two looks at whether the browser still waits
_MOMENT_S: Final = 0.005  # the same where a visitor waits
# Maps that are packed at a time; those of a very large layer take 70 MB meanwhile.
_PACKING: Final = asyncio.Semaphore(2)
_METRICS: Final = "/_stcore/metrics"  # how many visitors there are, and what they have stored


def middleware(embed_in: Sequence[str] = (), *, metrics: bool = False) -> list[Middleware]:
    """All that stands before Streamlit.

    Args:
        embed_in: origins whose pages may hold the explorer in a frame.
        metrics: whether Streamlit's numbers are served, to whoever asks.
    """
    ask_no_outside_address()
    return [
        Middleware(Headers, headers=headers(embed_in)),
        Middleware(Closed, paths=() if metrics else (_METRICS,)),
        Middleware(UploadLimits),
    ]


def routes() -> list[Route]:
    """Every page as Streamlit has it, with our style and script before Streamlit's, and those two."""
    base = st.get_option("server.baseUrlPath").strip("/")
    root = f"/{base}/" if base else "/"
    style = f'<link rel="stylesheet" href="./{_STYLE}">'
    script = f'<script type="module" src="./{_SCRIPT}"></script>'
    html = _html().replace("<head>", f"<head>\n    {style}\n    {script}", 1)
    paths = ("", *(info.slug for info in PAGES))
    return [
        *(_route(root + path, html, "text/html") for path in paths),
        _route(root + _STYLE, page_style(), "text/css"),
        _route(root + _SCRIPT, page_script(), "text/javascript"),
        Route(root + AHEAD, _ahead),
        Route(root + WALL, _wall),
    ]


def _route(path: str, content: str, media_type: str) -> Route:
    """A text that a browser asks for anew each time."""

    async def answer(request: Request) -> Response:
        return Response(content, 200, {"Cache-Control": "no-cache"}, media_type)

    return Route(path, answer)


async def _ahead(request: Request) -> Response:
    """Compute what a click on a layer would ask, for as long as the browser keeps the request open."""
    # Not before the server has imported torch, in its own time.
    from resnet_viz.ui.state import ahead

    asked = (request.query_params.get(name, "") for name in ("visit", "layer"))
    resting = await run_in_threadpool(ahead.rest, *asked)
    try:
        await _computed(resting, request, _LOOK_S)
    finally:
        resting.leave()
    return Response(status_code=204)


async def _computed(answer: ahead.Request, request: Request, every: float) -> None:
    """Wait until an answer is there or the browser has gone, which is looked at `every` so many seconds."""
    while answer.waits and not await request.is_disconnected():
        await asyncio.sleep(every)


async def _wall(request: Request) -> Response:
    """The maps of a layer that was just chosen, as soon as they are computed."""
    from resnet_viz.ui.feature_maps import early_wall

    asked = (request.query_params.get(name, "") for name in ("visit", "subject", "layer"))
    chosen = await run_in_threadpool(early_wall.choose, *asked)
    if chosen is None:
        return Response(status_code=204)
    content = None
    with ExitStack() as failed:
        failed.callback(chosen.end, is_sent=False)
        await _computed(chosen.request, request, _MOMENT_S)
        async with _PACKING:
            if not await request.is_disconnected():
                content = await run_in_threadpool(chosen.content)
        failed.pop_all()  # it has not
    sent = BackgroundTask(chosen.end, is_sent=content is not None)
    headers = {"Cache-Control": "no-store"}
    return Response(content, 200 if content else 204, headers, "application/octet-stream", sent)


def is_origin(text: str) -> bool:
    """Whether a text names where pages come from: `https://course.example.org`, `https://*.example.org`."""
    return _ORIGIN.fullmatch(text) is not None


def headers(embed_in: Sequence[str] = ()) -> dict[str, str]:
    """What every answer says to the browser: whom to ask, who may frame it, what it may use."""
    sent = {
        "Content-Security-Policy": _policy(embed_in),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    }
    return sent if embed_in else sent | {"X-Frame-Options": "SAMEORIGIN"}


def ask_no_outside_address() -> None:
    """Keep Streamlit from asking a server on the internet for this machine's own address.

    It would do so at its start, and whenever a browser names an origin that it does not know.
    """
    net_util.get_external_ip = _no_address


def _no_address() -> None:
    return None


def _policy(embed_in: Sequence[str]) -> str:
    """The content security policy that Streamlit, its charts and our components work under."""
    rules = {
        "default-src": ["'self'"],
        # A component is one module in a blob; graphviz is WebAssembly.
        "script-src": ["'self'", "blob:", "'wasm-unsafe-eval'", *_inline_scripts()],
        "style-src": ["'self'", "'unsafe-inline'"],  # emotion and Plotly write styles as they draw
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "media-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'", "data:", "blob:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'", *embed_in],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items())


def _inline_scripts() -> Iterable[str]:
    """The hashes of the scripts that stand in Streamlit's own page."""
    for script in re.findall(r"<script>(.*?)</script>", _html(), re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        yield f"'sha256-{digest}'"


def _html() -> str:
    """Streamlit's own page, which draws all others."""
    return (Path(st.__file__).with_name("static") / "index.html").read_text("utf-8")


class Headers:
    """Adds headers to every answer."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class Closed:
    """Answers as if some paths were not there."""

    def __init__(self, app: ASGIApp, paths: tuple[str, ...]) -> None:
        self._app, self._paths = app, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/").endswith(self._paths):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
            return
        await self._app(scope, receive, send)
