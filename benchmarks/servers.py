"""Streamlit servers that live as long as a measurement."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
_HELLO = 'import streamlit as st\n\nst.title("Hello world")\nst.write("A page with some text.")\n'


@contextmanager
def explorer() -> Iterator[str]:
    """The app on a free port; yields its address once it answers."""
    with _serving(ROOT, "app.py") as address:
        yield address


@contextmanager
def hello_world() -> Iterator[str]:
    """The smallest Streamlit app there is, under the app's own server options."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "hello.py").write_text(_HELLO, "utf-8")
        shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
        with _serving(folder, "hello.py") as address:
            yield address


@contextmanager
def _serving(folder: Path, script: str) -> Iterator[str]:
    port = _free_port()
    flags = ["--server.port", str(port), "--server.address", "127.0.0.1"]
    flags += ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", script, *flags],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(f"{address}/_stcore/health", server)
        yield address
    finally:
        _end(server)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


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


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(timeout=10)
