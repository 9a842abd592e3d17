"""A script for `streamlit run`: the explorer, with a clock on what a rerun is made of.

Beside the explorer it answers at `/bench` with the processor's time that the server has taken, and with
the part of it that was spent in each of `ENTRIES`. `BENCH_SCRIPT` names another script to run in its
place, under the same imports, the same frozen heap and the same routes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import wraps
from importlib import import_module
from pathlib import Path
from threading import local
from typing import Any, Final

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from resnet_viz.ui.frame import runtime, web

PATH: Final = "/bench"
VARIABLE: Final = "BENCH_SCRIPT"
_APP: Final = Path(__file__).parents[1] / "app.py"

# Functions whose time is added up, each by where it is written. They may lie within each other.
ENTRIES: Final[Mapping[str, tuple[str, ...]]] = {
    "sidebar": ("resnet_viz.ui.frame.shell:_sidebar",),
    "charts": ("resnet_viz.ui.shared.drawn:drawn", "resnet_viz.ui.shared.charts:chart"),
    "images": (
        "resnet_viz.images.preprocessing:as_seen",
        "resnet_viz.figures.framed:enlarged",
        "resnet_viz.figures.framed:with_frame",
        "streamlit.elements.lib.image_utils:image_to_url",
    ),
    "diagrams": (
        "resnet_viz.figures.diagrams:network_diagram",
        "resnet_viz.ui.shared.drawings:drawing",
    ),
    "map": (
        "resnet_viz.components.network_map.encode:network_content",
        "resnet_viz.components.network_map:network_map",
    ),
    "wall": ("resnet_viz.components.feature_wall:feature_wall",),
    "keys": ("resnet_viz.ui.state.cache:ModelKey.__hash__",),
    "garbage": ("gc:collect",),
}

_spent: dict[str, float] = dict.fromkeys(ENTRIES, 0.0)  # seconds of the processor
_inside = local()


def watch() -> None:
    """Put the clock on every entry, wherever it has been imported to."""
    for entry, places in ENTRIES.items():
        for place in places:
            owner, name = find(place)
            plain = getattr(owner, name)
            clocked = _clocked(entry, plain)
            setattr(owner, name, clocked)
            for module in list(sys.modules.values()):
                for known, value in list(vars(module).items()):
                    if value is plain:
                        setattr(module, known, clocked)


def find(place: str) -> tuple[Any, str]:
    """The module or class that holds a function, and the function's name in it."""
    module, _, path = place.partition(":")
    owner: Any = import_module(module)
    *holders, name = path.split(".")
    for holder in holders:
        owner = getattr(owner, holder)
    return owner, name


def _clocked(entry: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, its time added to an entry; a call within the entry counts once."""

    @wraps(function)
    def clocked(*args: Any, **options: Any) -> Any:
        if getattr(_inside, entry, False):
            return function(*args, **options)
        setattr(_inside, entry, True)
        start = time.thread_time()
        try:
            return function(*args, **options)
        finally:
            _spent[entry] += time.thread_time() - start
            setattr(_inside, entry, False)

    return clocked


def _report(request: Request) -> JSONResponse:
    return JSONResponse({"all": time.process_time(), **_spent})


@asynccontextmanager
async def _lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    async with runtime.lifespan(app) as state:
        watch()
        yield state


if not st.runtime.exists():
    script = os.environ.get(VARIABLE) or _APP
    routes = [Route(PATH, _report), *web.routes()]
    app = st.App(script, lifespan=_lifespan, routes=routes, middleware=web.middleware())
