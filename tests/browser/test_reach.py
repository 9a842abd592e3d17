"""What a browser does not let through: a frame in another site's page, a connection that was cut."""

from __future__ import annotations

import http.server
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.browser.serving import ROOT, free_port, settled, started
from tests.browser.test_app import image, query

pytestmark = pytest.mark.browser


@contextmanager
def explorer(*options: str) -> Iterator[str]:
    """A server with options of its own."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", *options]
    with started(command, port, ROOT, {**os.environ, "PYTHONPATH": str(ROOT)}) as address:
        yield address


@contextmanager
def course_page(port: int, explorer: str) -> Iterator[str]:
    """A page of another site, for localhost and 127.0.0.1 are two, with the explorer in a frame."""

    class Course(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            frame = f'<iframe src="{explorer}" width="1300" height="800"></iframe>'
            self.wfile.write(f"<!doctype html><title>Course</title>{frame}".encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Course)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{port}"
    finally:
        server.shutdown()
        server.server_close()


def framed(browser: Browser, course: str) -> tuple[Page, FrameLocator]:
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    page.goto(course)
    return page, page.frame_locator("iframe")


def test_in_a_course_page_it_says_that_uploads_need_a_tab_of_their_own(browser: Browser) -> None:
    port = free_port()
    origin = f"http://localhost:{port}"
    with (
        explorer("--", "--embed-in", origin) as address,
        course_page(port, f"{address}/predict?model=resnet18") as course,
    ):
        page, frame = framed(browser, course)
        expect(frame.get_by_role("heading", name="Predict")).to_be_visible(timeout=60_000)
        expect(frame.get_by_test_id("stMain")).to_contain_text(
            "files cannot be uploaded here", timeout=60_000
        )
        with page.expect_popup() as opening:
            frame.get_by_role("link", name="Open in a tab of its own").click()
        tab = opening.value
        settled(tab)
        assert query(tab) == {"model": ["resnet18"]}
        assert "cannot be uploaded here" not in tab.get_by_test_id("stMain").inner_text()
        drop = tab.get_by_test_id("stSidebar").get_by_test_id("stFileUploaderDropzoneInput")
        drop.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": image("teal")})
        expect(tab.get_by_test_id("stMain")).to_contain_text("a.png")
        page.context.close()


def test_without_the_operators_word_no_other_site_may_frame_it(browser: Browser, app: str) -> None:
    with course_page(free_port(), app) as course:
        page, frame = framed(browser, course)
        page.wait_for_timeout(3000)
        expect(frame.get_by_test_id("stApp")).to_have_count(0)
        page.context.close()


class Cable:
    """A way from the browser to a server that can be cut and mended."""

    def __init__(self, address: str) -> None:
        self._to = int(address.rpartition(":")[2])
        self._open: list[socket.socket] = []
        self.is_cut = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.is_cut = True
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def mend(self) -> None:
        self.is_cut = False

    def close(self) -> None:
        self.cut()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if self.is_cut:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
                self._open += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def connected(page: Page, state: bool) -> None:
    sign = '[data-testid="stApp"][data-test-connection-state="CONNECTED"]'
    expect(page.locator(sign)).to_have_count(int(state), timeout=60_000)


def uploaded(page: Page) -> None:
    drop = page.get_by_test_id("stSidebar").get_by_test_id("stFileUploaderDropzoneInput").first
    drop.set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": image("teal")})
    expect(page.get_by_test_id("stMain")).to_contain_text("mine.png")
    settled(page)


@pytest.mark.parametrize("lives_s", [600, 1])
def test_after_a_cut_the_visit_goes_on_or_says_at_once_what_is_lost(
    browser: Browser, lives_s: int
) -> None:
    with (
        explorer("--server.disconnectedSessionTTL", str(lives_s)) as address,
        closing(Cable(address)) as cable,
    ):
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        page = context.new_page()
        page.goto(f"{cable.address}/predict")
        settled(page)
        uploaded(page)
        cable.cut()
        connected(page, False)
        late = page.get_by_test_id("stSidebar").get_by_test_id("stFileUploaderDropzoneInput").first
        late.evaluate(
            """(input) => {
              const files = new DataTransfer();
              files.items.add(new File(["x"], "late.png", { type: "image/png" }));
              input.files = files.files;
              input.dispatchEvent(new Event("change", { bubbles: true }));
            }"""
        )
        time.sleep(3)
        cable.mend()
        connected(page, True)
        main = page.get_by_test_id("stMain")
        expect(main).to_contain_text("“late.png” was chosen while the connection was cut")
        if lives_s > 100:
            expect(main).to_contain_text("mine.png")
            assert query(page)["picture"] == ["upload"]
        else:
            expect(main).to_contain_text("Upload the image again")
            settled(page)
            assert "picture" not in query(page)
        context.close()
