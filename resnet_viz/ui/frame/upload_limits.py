"""How much visitors may leave with the server: a file, a visit, all visits together.

Streamlit checks one limit, for the largest kind of file, and keeps as many files as are sent.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from resnet_viz.images import MAX_BYTES
from resnet_viz.weights.uploads import MAX_FILE, MAX_LABELS

MAX_VISIT: Final = 600 * 10**6  # bytes: the largest weights and some images
MAX_FILES: Final = 100  # of a visit at a time; the pages read each as soon as it is there
MAX_SERVER: Final = 1500 * 10**6  # bytes of all visits, in memory
STALLED_S: Final = 60.0  # for which a file may stop coming
SLOWEST: Final = (
    20_000  # bytes a second that it has to come with, else nobody could be sure of room
)
_FULL: Final = "The server holds too many files of others; try again later."
_FRAME: Final = 4096  # bytes of the form around a file
_LARGEST: Final = {"safetensors": MAX_FILE, "txt": MAX_LABELS}  # by ending; all else are images
_UPLOAD: Final = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+/?$")
_NAME: Final = re.compile(rb'filename="([^"]*)"')


class UploadLimits:
    """Refuses files that are too large before they are read, and ends those for which no room is left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._said: Counter[str] = Counter()  # bytes that are to come, by visit
        self._files: Counter[str] = Counter()  # that are on their way, by visit
        self._come = 0  # bytes that have come of files which are not through

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        upload = _UPLOAD.search(scope.get("path", ""))
        if not upload or scope.get("method") != "PUT":
            await self._app(scope, receive, send)
            return
        visit = upload[1]
        said = Headers(scope=scope).get("content-length", "")
        if not (said.isascii() and said.isdigit() and len(said) < 16):
            await _refusal(411, "Say how long the file is.")(scope, receive, send)
            return
        size = int(said)
        self._said[visit] += size
        coming, counted = _Coming(self, receive, size), 0
        try:
            await coming.read_head()
            self._check(visit, size, coming.head)
            self._files[visit] += (counted := 1)
            await self._app(scope, coming.hear, send)
        except (
            HTTPException
        ) as refused:  # before Streamlit has heard of it; later it answers so itself
            await _refusal(refused.status_code, refused.detail)(scope, receive, send)
        finally:
            self._come -= coming.size
            self._said[visit] -= size
            self._files[visit] -= counted
            self._said += Counter()  # forgets visits that send nothing
            self._files += Counter()

    def count(self, size: int) -> None:
        """So many bytes more have come; raises `HTTPException` when they are too many for the server."""
        if _kept().total() + self._come + size > MAX_SERVER:
            raise HTTPException(503, _FULL)
        self._come += size

    def _check(self, visit: str, size: int, head: bytes) -> None:
        """Raise `HTTPException` for a file that is not taken."""
        largest = _largest(head)
        kept = _kept()
        if size > largest + _FRAME:
            raise HTTPException(413, f"At most {largest // 10**6} MB are accepted of such a file.")
        if kept[visit] + self._said[visit] > MAX_VISIT:
            raise HTTPException(413, f"A visit may send {MAX_VISIT // 10**6} MB in all.")
        if _files_of(visit) + self._files[visit] >= MAX_FILES:
            raise HTTPException(413, f"A visit may send {MAX_FILES} files at a time.")
        # What others only say that they will send takes nothing yet.
        if kept.total() + self._come - len(head) + size > MAX_SERVER:
            raise HTTPException(503, _FULL)


class _Coming:
    """A file on its way: counted as it comes, and given up when nothing comes any more."""

    def __init__(self, limits: UploadLimits, receive: Receive, said: int) -> None:
        self.head = b""  # as far as the name stands in it, and a bit more
        self.size = 0  # bytes that have come
        self._limits, self._receive, self._said = limits, receive, said
        self._waiting: list[Message] = []
        self._end = time.monotonic() + STALLED_S + said / SLOWEST

    async def read_head(self) -> None:
        """Hear the form that stands before the file, which may come in pieces."""
        more = True
        while more and b"\r\n\r\n" not in self.head and len(self.head) < _FRAME:
            message = await self._next()
            self._waiting.append(message)
            self.head += message.get("body", b"")
            more = message.get("more_body", False)

    async def hear(self) -> Message:
        """What was heard already, and then the rest."""
        return self._waiting.pop(0) if self._waiting else await self._next()

    async def _next(self) -> Message:
        try:
            left = self._end - time.monotonic()
            message = await asyncio.wait_for(self._receive(), min(STALLED_S, left))
        except TimeoutError:
            raise HTTPException(408, "The file did not come.") from None
        come = len(message.get("body", b""))
        if self.size + come > self._said:
            raise HTTPException(413, "The file is longer than was said.")
        self._limits.count(come)
        self.size += come
        return message


def _largest(body: bytes) -> int:
    """How large a file may be, by the ending of its name."""
    name = _NAME.search(body)
    ending = name[1].rpartition(b".")[2].decode("ascii", "replace").lower() if name else ""
    return _LARGEST.get(ending, MAX_BYTES)


def _kept() -> Counter[str]:
    """The bytes of the files that Streamlit keeps, by visit."""
    return Counter(
        {
            visit: sum(len(f.data) for f in [*files.values()])
            for visit, files in [*_storage().items()]
        }
    )


def _files_of(visit: str) -> int:
    """How many files Streamlit keeps of a visit."""
    return len(_storage().get(visit, ()))


def _storage() -> dict[str, dict[str, UploadedFileRec]]:
    """The files that Streamlit keeps, by visit and by their own ids."""
    manager: Any = runtime.get_instance().uploaded_file_mgr
    storage: dict[str, dict[str, UploadedFileRec]] = manager.file_storage
    return storage


def _refusal(status: int, sentence: str) -> PlainTextResponse:
    return PlainTextResponse(sentence, status, {"Connection": "close"})
