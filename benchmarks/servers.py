"""Streamlit servers that live as long as a measurement."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import clocked as clock
from tests.browser.serving import ROOT, serving

_HELLO = 'import streamlit as st\n\nst.title("Hello world")\nst.write("A page with some text.")\n'


@contextmanager
def view_state() -> Iterator[str]:
    """The app on a free port; yields its address once it answers."""
    with serving() as address:
        yield address


@contextmanager
def hello_world() -> Iterator[str]:
    """The smallest Streamlit app there is, under the app's own server options."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "hello.py").write_text(_HELLO, "utf-8")
        shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
        with serving("hello.py", folder) as address:
            yield address


@contextmanager
def clocked(*, hello: bool = False) -> Iterator[str]:
    """A server that tells what its processor was busy with: of the app, or of hello world in its place."""
    with TemporaryDirectory() as name:
        script = Path(name) / "hello.py"
        script.write_text(_HELLO, "utf-8")
        variables = {clock.VARIABLE: str(script) if hello else ""}
        with serving("benchmarks/clocked.py", variables=variables) as address:
            yield address
