"""A server and an empty weights folder for the tests of downloads."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viz.weights import fetch
from tests.weights.shelf import Shelf, serving


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """A server with a file of 400,000 bytes; it behaves as `shelf.behave` says."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetch, "PAUSE_S", 0.01)
    with serving(Shelf()) as shelf:
        yield shelf


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights folder, which torch.hub says is there; not yet made."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # locks, of this process's children too
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / "hub/checkpoints"
