"""How much visitors may leave with the server: a file, a visit, all visits together.

Streamlit checks one limit, for the largest kind of file, and keeps as many files as are sent.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime

from resnet_viz.images import MAX_BYTES
from resnet_viz.weights.uploads import MAX_FILE, MAX_LABELS

MAX_VISIT: Final = 600 * 10**6  # bytes: the largest weights and some images
MAX_SERVER: Final = 1500 * 10**6  # bytes of all visits, in memory
_FRAME: Final = 4096  # bytes of the form around a file
_LARGEST: Final = {"safetensors": MAX_FILE, "txt": MAX_LABELS}  # by ending; all else are images
_UPLOAD: Final = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+/?$")
_NAME: Final = re.compile(rb'filename="([^"]*)"')


class UploadLimits:
    """Refuses files that are too large, before they are read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._coming: Counter[str] = Counter()  # bytes that are being sent, by visit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        upload = _UPLOAD.search(scope.get("path", ""))
        if not upload or scope.get("method") != "PUT":
            await self._app(scope, receive, send)
            return
        visit = upload[1]
        size = Headers(scope=scope).get("content-length", "")
        if not size.isdigit():
            await _refusal(411, "Say how long the file is.")(scope, receive, send)
            return
        first = await receive()
        refused = self._refused(visit, int(size), first)
        if refused:
            await refused(scope, receive, send)
            return
        self._coming[visit] += int(size)
        try:
            await self._app(scope, _with_first(first, receive), send)
        finally:
            self._coming[visit] -= int(size)
            self._coming += Counter()  # forgets visits that send nothing

    def _refused(self, visit: str, size: int, first: Message) -> Response | None:
        """Why a file is not taken; nothing where it is."""
        largest = _largest(first.get("body", b""))
        if size > largest + _FRAME:
            return _refusal(413, f"At most {largest // 10**6} MB are accepted of such a file.")
        kept = _kept()
        if kept[visit] + self._coming[visit] + size > MAX_VISIT:
            return _refusal(413, f"A visit may send {MAX_VISIT // 10**6} MB in all.")
        if kept.total() + self._coming.total() + size > MAX_SERVER:
            return _refusal(503, "The server holds too many files of others; try again later.")
        return None


def _largest(body: bytes) -> int:
    """How large a file may be, by the ending of its name."""
    name = _NAME.search(body)
    ending = name[1].rpartition(b".")[2].decode("ascii", "replace").lower() if name else ""
    return _LARGEST.get(ending, MAX_BYTES)


def _kept() -> Counter[str]:
    """The bytes of the files that Streamlit keeps, by visit."""
    storage = runtime.get_instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]
    return Counter(
        {visit: sum(len(f.data) for f in [*files.values()]) for visit, files in [*storage.items()]}
    )


def _refusal(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence, status, {"Connection": "close"})


def _with_first(first: Message, receive: Receive) -> Receive:
    """Hears what was heard already, and then the rest."""
    waiting = [first]

    async def hear() -> Message:
        return waiting.pop() if waiting else await receive()

    return hear
