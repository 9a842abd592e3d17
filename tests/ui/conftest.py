from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.components import heat_maps

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def main_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest makes its script the main module, which a process that is spawned later would run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """Open a page by its deep link: `open_page("layers", model="resnet50")`."""

    def opened(slug: str = "overview", **query: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in query.items():
            app.query_params[name] = value
        if slug != "overview":
            app.switch_page(f"pages/{slug}.py")
        return app.run()

    return opened


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What heat maps were given, by their key, in place of drawing them."""
    seen: dict[str, dict[str, Any]] = {}

    def mount(*, key: str, data: bytes) -> None:
        length = int.from_bytes(data[:4], "little")
        header = json.loads(data[4 : 4 + length])
        at, arrays = 4 + length, {}
        for each in header.pop("arrays"):
            count = int(np.prod(each["shape"]))
            size = count * np.dtype(each["type"]).itemsize
            values = np.frombuffer(data[at : at + size], each["type"])
            arrays[each["name"]] = values.reshape(each["shape"])
            at += -(-size // 4) * 4
        seen[key] = header | arrays

    monkeypatch.setattr(heat_maps, "_COMPONENT", mount)
    return seen
