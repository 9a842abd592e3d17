"""A server on this machine with one file on it, which can misbehave in every way that we know of."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from resnet_viz.jobs import Progress
from resnet_viz.weights.checkpoints import MB, Checkpoint
from resnet_viz.weights.download import start
from tests import waiting

BODY = random.Random(0).randbytes(400_000)
HALF = len(BODY) // 2
BOUND = 30  # seconds: no request waits longer for a test
until = partial(waiting.until, bound=BOUND)


class Request(BaseHTTPRequestHandler):
    """One request; the shelf's behaviour answers it."""

    server: Server  # which http.server sets

    def do_GET(self) -> None:
        shelf = self.shelf
        shelf.asked.append(dict(self.headers))
        try:
            shelf.behave(self)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the other side has hung up, as some tests want
        finally:
            shelf.answered.set()

    def log_message(self, *_: object) -> None:
        pass

    @property
    def shelf(self) -> Shelf:
        return self.server.shelf

    @property
    def start(self) -> int:
        """The first byte that is asked for."""
        return int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))

    def head(self, status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def part(self, body: bytes) -> None:
        """Answer a range as it should be."""
        about = f"bytes {self.start}-{len(body) - 1}/{len(body)}"
        self.head(206, len(body) - self.start, Content_Range=about)


def whole(request: Request) -> None:
    body = request.shelf.body
    request.head(200, len(body), ETag='"one"')
    request.wfile.write(body)


class Shelf:
    """The server: its one file, how it behaves, and what it was asked."""

    def __init__(self, body: bytes = BODY, behave: Callable[[Request], None] = whole) -> None:
        self.body = body
        self.behave = behave
        self.asked: list[dict[str, str]] = []  # the headers of each request
        self.answered = threading.Event()
        self.gate = threading.Event()  # what `halves` waits for in the middle
        self.url = ""

    def checkpoint(self, network: str = "resnet18", **facts: Any) -> Checkpoint:
        """Its file as a table would publish it."""
        standard = Checkpoint(
            network,
            version="v1",
            url=f"{self.url}/tiny.pth",
            size_mb=len(self.body) / MB,
            sha256_prefix=hashlib.sha256(self.body).hexdigest()[:8],
            resize=256,
            crop=224,
            acc1=50.0,
            acc5=80.0,
            recipe="",
        )
        return replace(standard, **facts)


class Server(ThreadingHTTPServer):
    """The server of one shelf."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.shelf = shelf


@contextmanager
def serving(shelf: Shelf) -> Iterator[Shelf]:
    with Server(shelf) as server:
        shelf.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield shelf
        finally:
            shelf.gate.set()
            server.shutdown()
            thread.join(BOUND)


def halves(request: Request) -> None:
    """The first half, and the second when the test opens the gate."""
    body = request.shelf.body
    request.head(200, len(body))
    request.wfile.write(body[: len(body) // 2])
    request.wfile.flush()
    request.shelf.gate.wait(BOUND)
    request.wfile.write(body[len(body) // 2 :])


def fetched(shelf: Shelf, folder: Path | None, **facts: Any) -> Progress:
    """What a download ended with; it must have ended, and say so in one sentence."""
    end = start(shelf.checkpoint(**facts), folder).wait(BOUND)
    assert end.state not in ("waiting", "running")
    assert end.sentence.endswith(".")
    assert "\n" not in end.sentence
    return end


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())
