"""What a server and a disk can do to a download: mended, or one sentence and nothing left."""

import errno
import os
import shutil
import socket
import threading
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from resnet_viz.weights import fetch, request
from tests.weights.shelf import BODY, BOUND, HALF, Request, Shelf, fetched, halves, names, whole

# --- a line that breaks -------------------------------------------------------------------------


def cut(r: Request) -> None:
    """Break in the middle, once; then continue where asked."""
    if r.start == 0:
        r.head(200, len(BODY), ETag='"one"')
        r.wfile.write(BODY[:HALF])
    else:
        r.part(BODY)
        r.wfile.write(BODY[r.start :])


def cut_without_ranges(r: Request) -> None:
    """Break in the middle, once; a range is not understood and all comes again."""
    r.head(200, len(BODY))
    r.wfile.write(BODY[:HALF] if len(r.shelf.asked) == 1 else BODY)


def cut_and_wrong_range(r: Request) -> None:
    """Break in the middle; a range begins elsewhere than asked."""
    if r.start == 0:
        r.head(200, len(BODY))
        r.wfile.write(BODY[:HALF] if len(r.shelf.asked) == 1 else BODY)
    else:
        r.head(206, len(BODY) - 7, Content_Range=f"bytes 7-{len(BODY) - 1}/{len(BODY)}")
        r.wfile.write(BODY[7:])


def cut_and_pieces_that_do_not_fit(r: Request) -> None:
    """Break in the middle and continue with another file's end."""
    if r.start == 0:
        r.head(200, len(BODY))
        r.wfile.write(BODY[:HALF] if len(r.shelf.asked) == 1 else BODY)
    else:
        r.part(BODY)
        r.wfile.write(bytes(len(BODY) - r.start))


def cut_and_busy(r: Request) -> None:
    """Break in the middle, be overloaded, then continue."""
    if len(r.shelf.asked) == 2:
        r.head(503, 0)
    else:
        cut(r)


def more_than_announced(r: Request) -> None:
    """Go on talking after the end: what comes then is nobody's."""
    whole(r)
    r.wfile.write(BODY)


def stall_once(r: Request) -> None:
    """Fall silent in the middle, once."""
    if r.start == 0:
        halves(r)
    else:
        r.part(BODY)
        r.wfile.write(BODY[r.start :])


@pytest.mark.parametrize(
    ("behave", "requests_needed"),
    [
        (more_than_announced, 1),
        (cut, 2),
        (cut_without_ranges, 2),
        (cut_and_wrong_range, 3),
        (cut_and_pieces_that_do_not_fit, 3),
        (cut_and_busy, 3),
    ],
)
def test_a_broken_line_is_mended(shelf, folder, behave, requests_needed):
    shelf.behave = behave
    assert fetched(shelf, folder).state == "done"
    assert (folder / "tiny.pth").read_bytes() == BODY
    assert names(folder) == ["tiny.pth"]
    assert len(shelf.asked) == requests_needed


def test_a_range_is_asked_for_on_condition_that_the_file_is_the_same(shelf, folder):
    shelf.behave = cut
    fetched(shelf, folder)
    first, second = shelf.asked
    assert "Range" not in first
    assert 0 < int(second["Range"].removeprefix("bytes=").removesuffix("-")) <= HALF
    assert second["If-Range"] == '"one"'


def test_a_line_that_falls_silent_is_resumed(shelf, folder, monkeypatch):
    monkeypatch.setattr(request, "READ_S", 0.5)
    shelf.behave = stall_once
    assert fetched(shelf, folder).state == "done"
    assert len(shelf.asked) == 2


# --- what must fail, with a sentence ------------------------------------------------------------


def always_cut(r: Request) -> None:
    r.head(200, len(BODY))
    r.wfile.write(BODY[:HALF])


def status(code: int) -> Callable[[Request], None]:
    def behave(r: Request) -> None:
        r.head(code, 4, Content_Type="text/html")
        r.wfile.write(b"gone")

    behave.__name__ = f"status_{code}"
    return behave


def web_page(r: Request) -> None:
    page = b"<html>Welcome to the hotel</html>"
    r.head(200, len(page), Content_Type="text/html; charset=utf-8")
    r.wfile.write(page)


def web_page_in_disguise(r: Request) -> None:
    page = b"\n <!doctype html>".ljust(len(BODY))
    r.head(200, len(page), Content_Type="application/octet-stream")
    r.wfile.write(page)


def wrong_bytes(r: Request) -> None:
    r.head(200, len(BODY))
    r.wfile.write(BODY[::-1])


def too_large(r: Request) -> None:
    r.head(200, 2 * len(BODY))
    r.wfile.write(BODY)


def too_small(r: Request) -> None:
    r.head(200, 1000)
    r.wfile.write(BODY[:1000])


def endless(r: Request) -> None:
    """No length, and no end either."""
    r.head(200)
    for _ in range(1000):
        r.wfile.write(BODY)


def shorter_than_announced(r: Request) -> None:
    """The length is wrong: there is no more to come, however often one asks."""
    if r.start >= len(BODY):
        r.head(416, 0)
    else:
        r.head(200, len(BODY) + 5000)
        r.wfile.write(BODY)


def in_circles(r: Request) -> None:
    r.head(302, 0, Location=f"{r.shelf.url}/again")


def to_another_scheme(r: Request) -> None:
    r.head(302, 0, Location="ftp://127.0.0.1/tiny.pth")


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (always_cut, "broke 4 times"),
        (status(404), "HTTP 404"),
        (status(503), "HTTP 503"),
        (web_page, "web page"),
        (web_page_in_disguise, "web page"),
        (wrong_bytes, "SHA-256"),
        (too_large, "0.8 MB"),
        (too_small, "0.0 MB"),
        (endless, "does not end"),
        (shorter_than_announced, "broke 4 times"),
        (in_circles, "in circles"),
        (to_another_scheme, "not encrypted"),
    ],
)
def test_a_failure_is_one_sentence_and_leaves_nothing(shelf, folder, behave, words):
    shelf.behave = behave
    end = fetched(shelf, folder)
    assert end.state == "failed"
    assert words in end.sentence
    assert "tiny.pth" in end.sentence
    assert names(folder) == []


def test_what_was_there_stays_when_fetching_it_again_fails(shelf, folder):
    folder.mkdir(parents=True)
    (folder / "tiny.pth").write_bytes(b"damaged")
    shelf.behave = status(503)
    assert fetched(shelf, folder).state == "failed"
    assert names(folder) == ["tiny.pth"]


def test_after_a_failure_the_next_start_begins_anew(shelf, folder):
    shelf.behave = status(503)
    assert fetched(shelf, folder).state == "failed"
    shelf.behave = whole
    assert fetched(shelf, folder).state == "done"


def test_a_redirect_is_followed(shelf, folder):
    def behave(r: Request) -> None:
        if r.path == "/tiny.pth":
            r.head(302, 0, Location="/elsewhere/tiny.pth")
        else:
            whole(r)

    shelf.behave = behave
    assert fetched(shelf, folder).state == "done"


def test_no_redirect_leads_from_https_to_http(shelf, folder, monkeypatch):
    answer = requests.Response()
    answer.status_code = 302
    answer.headers["Location"] = f"{shelf.url}/tiny.pth"
    answer._content_consumed = True
    monkeypatch.setattr(requests, "get", lambda *_, **__: answer)
    end = fetched(shelf, folder, url="https://example.invalid/tiny.pth")
    assert end.state == "failed"
    assert "not encrypted" in end.sentence
    assert shelf.asked == []


def test_a_server_that_is_not_there(folder, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        shelf = Shelf()
        shelf.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        end = fetched(shelf, folder)
    assert end.state == "failed"
    assert "cannot be reached" in end.sentence
    assert names(folder) == []


def test_a_name_service_that_hangs_is_given_up(folder, monkeypatch):
    monkeypatch.setattr(request, "PATIENCE_S", 0.3)
    monkeypatch.setenv("NO_PROXY", "example.invalid")
    hang = threading.Event()

    def getaddrinfo(*_, **__):
        hang.wait(BOUND)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    shelf = Shelf()
    shelf.url = "https://example.invalid"
    try:
        end = fetched(shelf, folder)
    finally:
        hang.set()
    assert end.state == "failed"
    assert "example.invalid cannot be reached" in end.sentence
    assert names(folder) == []


def test_no_answer_means_failure_within_ten_seconds():
    assert request.PATIENCE_S < 10
    assert request.CONNECT_S < 10


def test_a_silent_server_is_given_up(shelf, folder, monkeypatch):
    monkeypatch.setattr(request, "READ_S", 0.2)
    shelf.behave = lambda r: r.shelf.gate.wait(BOUND)
    end = fetched(shelf, folder)
    shelf.gate.set()
    assert end.state == "failed"
    assert names(folder) == []


# --- the disk -----------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made(shelf, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    end = fetched(shelf, tmp_path / "file/checkpoints")
    assert end.state == "failed"
    assert "TORCH_HOME" in end.sentence
    assert shelf.asked == []


def test_a_folder_that_is_read_only(shelf, folder, monkeypatch):
    folder.mkdir(parents=True)
    opened = Path.open

    def read_only(path, mode="r", *rest, **options):
        if "w" in mode and path.parent == folder:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return opened(path, mode, *rest, **options)

    monkeypatch.setattr(Path, "open", read_only)
    end = fetched(shelf, folder)
    assert end.state == "failed"
    assert "read-only" in end.sentence
    assert "TORCH_HOME" in end.sentence


def test_a_disk_that_is_too_small_is_seen_before_anything_is_written(shelf, folder, monkeypatch):
    Usage = namedtuple("Usage", "total used free")
    usage = Usage(10**9, 10**9 - 1000, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    end = fetched(shelf, folder)
    assert end.state == "failed"
    assert "make room" in end.sentence
    assert end.done == 0
    assert names(folder) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_disk_that_fills_up(shelf, folder, monkeypatch):
    """/dev/full takes nothing: writing to it fails as on a full disk."""
    folder.mkdir(parents=True)
    opened = Path.open

    def full(path, mode="r", *rest, **options):
        file = opened(path, mode, *rest, **options)
        if "w" in mode:
            os.dup2(device, file.fileno())
        return file

    monkeypatch.setattr(fetch.Fetch, "_restart", lambda *_: None)  # no seek on a device
    monkeypatch.setattr(Path, "open", full)
    device = os.open("/dev/full", os.O_WRONLY)
    try:
        end = fetched(shelf, folder)
    finally:
        os.close(device)
    assert end.state == "failed"
    assert "disk is full" in end.sentence
    assert names(folder) == []
