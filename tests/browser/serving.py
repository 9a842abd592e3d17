"""Streamlit servers and a Chromium for tests, benchmarks and screenshots; each ends by itself."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.install import chromium

ROOT: Final = Path(__file__).resolve().parents[2]
START_SECONDS: Final = 240.0  # on a machine that does much else; it takes two on a quiet one
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
IDLE: Final = '[data-testid="stApp"][data-test-script-state="notRunning"]'


@contextmanager
def serving(
    script: str = "app.py", folder: Path = ROOT, variables: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Run a script on a free port of this host; yields its address once it answers.

    The script runs in `folder`, with the `.streamlit/config.toml` that it finds there, and with more
    environment variables where some are given.
    """
    port = free_port()
    options = ["--server.port", str(port), "--server.address", "127.0.0.1"]
    options += ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    options += ["--server.fileWatcherType", "none"]
    command = [sys.executable, "-m", "streamlit", "run", script, *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | dict(variables or {})
    with started(command, port, folder, environment) as address:
        yield address


@contextmanager
def started(
    command: Sequence[str],
    port: int,
    folder: Path,
    environment: Mapping[str, str],
    path: str = "",
) -> Iterator[str]:
    """Run a command that serves on a port of this host; yields its address once it answers.

    `path` is the one below which it serves: "/resnet". The page shows no traceback, for good reasons;
    what the server wrote of one is printed at the end.
    """
    with TemporaryFile() as log:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}{path}"
            _wait(f"{address}/_stcore/health", server)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(timeout=10)
            log.seek(0)
            if "Traceback" in (written := log.read().decode(errors="replace")):
                print(written, file=sys.stderr)


def free_port() -> int:
    """A port of this host on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def running_chromium(*flags: str) -> Iterator[Browser]:
    """A headless Chromium: the system's, or Playwright's own where there is none."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=[*FLAGS, *flags])
        yield browser
        browser.close()


def settled(page: Page) -> None:
    """Wait until the page is connected, drawn and idle."""
    page.wait_for_function(
        """() => {
          const app = document.querySelector('[data-testid=stApp]');
          return app && app.dataset.testScriptState === 'notRunning'
            && app.dataset.testConnectionState === 'CONNECTED'
            && document.querySelector('[data-testid=stMain] h1, [data-testid=stMain] p')
            && !document.querySelector('[data-stale=true]');
        }""",
        timeout=60_000,
    )


def repainted(page: Page) -> None:
    """Wait for two frames: what was asked for before the first is painted by the second."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"The server ended by itself with status {server.returncode}.")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"The server did not answer within {START_SECONDS:.0f} seconds.")
