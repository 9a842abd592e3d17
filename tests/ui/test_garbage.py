"""Garbage goes by itself, though Streamlit no longer collects it after every rerun."""

from __future__ import annotations

import asyncio
import gc
import tomllib
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viz.ui.frame import garbage

ROOT = Path(__file__).parents[2]


class Circle:
    """What counting references alone never frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def no_other_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_streamlit_leaves_it_to_us():
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))
    assert config["runner"]["postScriptGC"] is False


def test_a_circle_that_nobody_holds_is_freed(no_other_collection):
    async def made_and_let_go_of() -> bool:
        async with garbage.collected(every=0.01):
            circle = weakref.ref(Circle())
            assert circle() is not None
            for _ in range(500):
                if circle() is None:
                    return True
                await asyncio.sleep(0.01)
        return False

    assert asyncio.run(made_and_let_go_of())


def test_it_ends_with_the_server(no_other_collection):
    async def after_the_end() -> bool:
        async with garbage.collected(every=0.01):
            pass
        circle = weakref.ref(Circle())
        await asyncio.sleep(0.1)
        return circle() is not None

    assert asyncio.run(after_the_end())
    gc.collect()
