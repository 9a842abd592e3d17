"""One checkpoint over HTTP: resumed when the line breaks, bounded, hashed on the way, all or nothing."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final

from requests import Response

from resnet_viz.errors import WeightsError
from resnet_viz.jobs import Cancelled
from resnet_viz.weights.checkpoints import MB, Checkpoint
from resnet_viz.weights.request import NO_ANSWER, ask, host, no_answer
from resnet_viz.weights.sizes import megabytes
from resnet_viz.whole_file import whole_file

ATTEMPTS: Final = 4  # the first, and three more where the line breaks in mid-file
PAUSE_S: Final = 1.0  # before asking again
TOLERANCE: Final = 1.1  # published sizes are rounded; what is a tenth off is another file
SPARE: Final = 16 * MB  # to be left free on the disk, bytes
_CHUNK: Final = 64 * 1024  # bytes


@dataclass(slots=True)
class Fetch:
    """The way of one checkpoint into its file; runs once, in one thread."""

    checkpoint: Checkpoint
    report: Callable[[int, int | None], None]  # bytes here; bytes in all, where announced
    cancelled: threading.Event = field(default_factory=threading.Event)
    _received: int = 0
    _total: int | None = None
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    _etag: str = ""  # of the answer that is being continued
    _spliced: bool = False  # whether what is here came in more than one piece
    _response: Response | None = None

    def run(self, path: Path) -> None:
        """Fetch the file to `path`; on any failure nothing of it stays.

        Raises:
            WeightsError: the server has no such file or another one, or the line is too bad.
            Cancelled: `stop` was called.
            OSError: the file cannot be written.
        """
        with whole_file(path) as file:
            self._fill(file)

    def stop(self) -> None:
        """End it from another thread, also while it waits for the next byte."""
        self.cancelled.set()
        response = self._response
        if response is not None:
            with suppress(OSError, ValueError, RuntimeError):  # it ended by itself meanwhile
                response.raw.shutdown()

    def _fill(self, file: BinaryIO) -> None:
        for left in reversed(range(ATTEMPTS)):
            if self._attempt(file):
                if self._digest.hexdigest().startswith(self.checkpoint.sha256_prefix):
                    return
                if not (self._spliced and left):
                    raise self._refused("is not the published file: its SHA-256 is another one")
                self._received = 0  # the pieces did not fit: once more, in one
            self.cancelled.wait(PAUSE_S if left else 0)
            self._check_wanted()
        raise WeightsError(
            f"{self.checkpoint.file} was not fetched, since the connection broke {ATTEMPTS} times, "
            f"the last time after {megabytes(self._received)}; try again over a better network."
        )

    def _attempt(self, file: BinaryIO) -> bool:
        """Ask for what is missing and write it; whether the file is whole then."""
        try:
            response = ask(self.checkpoint.url, self._headers(), self.cancelled)
        except NO_ANSWER as error:
            if not self._received:
                raise no_answer(error, self.checkpoint.url, self.checkpoint.file) from None
            return False
        with response:
            if not self._accept(response, file):
                return False
            self._response = response  # from here on `stop` can end it
            self._check_wanted()  # and did it not come a moment before?
            self._pour(response.iter_content(_CHUNK), file)
            self._response = None
        return self._total in (None, self._received)

    def _headers(self) -> dict[str, str]:
        # Nothing compressed on the way, so that lengths are those of the file.
        headers = {"Accept-Encoding": "identity", "User-Agent": "resnet-explorer"}
        if self._received:
            headers["Range"] = f"bytes={self._received}-"
            if self._etag:
                headers["If-Range"] = self._etag
        return headers

    def _accept(self, response: Response, file: BinaryIO) -> bool:
        """Hold the header against what is published; false where another attempt may help."""
        status = response.status_code
        if self._received and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return False
        if self._received and status == HTTPStatus.PARTIAL_CONTENT:
            start = response.headers.get("Content-Range", "")
            if not start.startswith(f"bytes {self._received}-"):
                self._received = 0
                return False
            self._spliced = True
        elif status == HTTPStatus.OK:  # from the start, also where the server ignores ranges
            self._restart(response.headers.get("ETag", ""), file)
        else:
            raise self._bad_status(status)
        if "html" in response.headers.get("Content-Type", ""):
            raise self._web_page()
        self._announce(response.headers.get("Content-Length", ""))
        self._check_space(file)
        return True

    def _restart(self, etag: str, file: BinaryIO) -> None:
        file.seek(0)
        file.truncate()
        self._received, self._spliced, self._digest = 0, False, hashlib.sha256()
        self._etag = "" if etag.startswith("W/") else etag  # a weak one cannot vouch for bytes

    def _announce(self, length: str) -> None:
        size = self.checkpoint.size
        self._total = self._received + int(length) if length.isdecimal() else None
        if self._total is not None and not size / TOLERANCE <= self._total <= size * TOLERANCE:
            offered, published = megabytes(self._total), megabytes(size)
            raise self._refused(f"has {offered} and not the published {published}")
        self.report(self._received, self._total)

    def _check_space(self, file: BinaryIO) -> None:
        missing = (self._total or self.checkpoint.size) - self._received
        free = shutil.disk_usage(file.name).free
        if free < missing + SPARE:
            raise WeightsError(
                f"{self.checkpoint.file} needs {megabytes(missing)} and only {megabytes(free)} are "
                "free on the disk; make room, or set TORCH_HOME to a folder on another disk."
            )

    def _pour(self, chunks: Iterator[bytes], file: BinaryIO) -> None:
        """Write what comes until it ends, be it in the middle."""
        while chunk := self._next(chunks):
            if not self._received and chunk.lstrip().startswith(b"<"):
                raise self._web_page()
            if self._received + len(chunk) > self.checkpoint.size * TOLERANCE:
                raise self._refused("does not end after the published size")
            file.write(chunk)
            self._digest.update(chunk)
            self._received += len(chunk)
            self.report(self._received, self._total)

    def _next(self, chunks: Iterator[bytes]) -> bytes:
        try:
            chunk = next(chunks, b"")
        except NO_ANSWER:
            chunk = b""
        self._check_wanted()
        return chunk

    def _check_wanted(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled

    def _refused(self, fault: str) -> WeightsError:
        return WeightsError(
            f"What {host(self.checkpoint.url)} sends as {self.checkpoint.file} {fault}; nothing was "
            "kept, try again later or over another network."
        )

    def _web_page(self) -> WeightsError:
        return WeightsError(
            f"A web page came instead of {self.checkpoint.file}; this network may want you to sign "
            "in first, so open any page in a browser and then try again."
        )

    def _bad_status(self, status: int) -> WeightsError:
        server, file = host(self.checkpoint.url), self.checkpoint.file
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return WeightsError(
                f"{server} no longer has {file} (HTTP {status}); look for it elsewhere and copy it "
                "into the weights folder."
            )
        return WeightsError(f"{server} did not give {file} (HTTP {status}); try again later.")
