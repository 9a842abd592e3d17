"""What happens once, before the first visitor: slow imports, the first answers, quiet collections."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from resnet_viz.budget import budget, cores
from resnet_viz.errors import ExplorerError
from resnet_viz.ui.frame import garbage, visits, web
from resnet_viz.weights import folder, own_folder, uploads

LOG = logging.getLogger("resnet_viz")


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Get everything ready while the server starts, so that no visitor waits for `import torch`."""
    own_folder.remove_leftovers()
    send_at_once()
    warm_up()
    try:
        async with garbage.collected(), visits.cleared():
            yield {}
    finally:
        uploads.clear()


def send_at_once() -> None:
    """Let short messages leave at once; a connection takes this over from the socket that it comes in at.

    asyncio does it for sockets that name TCP, which Streamlit's does not. There each short message waits
    until the one before has been received, and the other side may take 40 ms to say so.
    """
    for each in gc.get_objects():
        if type(each) is socket.socket and _is_listening(each):
            with suppress(OSError):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _is_listening(each: socket.socket) -> bool:
    """Whether connections come in at a socket of TCP."""
    is_tcp = each.family in (socket.AF_INET, socket.AF_INET6) and each.type == socket.SOCK_STREAM
    if not is_tcp or each.fileno() < 0:
        return False
    try:
        return bool(each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:  # macOS has the option and does not answer it
        return True


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    """What the operator says after `--`: `streamlit run app.py -- --weights-dir FOLDER`."""
    parser = argparse.ArgumentParser(prog="streamlit run app.py --")
    parser.add_argument(
        "--weights-dir", type=Path, help="a folder with .safetensors or .pth files for everybody"
    )
    parser.add_argument(
        "--embed-in", action="append", default=[], help="an origin whose pages may frame the app"
    )
    parser.add_argument("--metrics", action="store_true", help="serve Streamlit's own numbers")
    options = parser.parse_args(arguments)
    try:
        budget()
    except ExplorerError as error:
        parser.error(str(error))
    for origin in options.embed_in:
        if not web.is_origin(origin):
            parser.error(
                f"--embed-in {origin}: write it as https://course.example.org, without a path."
            )
    if options.weights_dir is not None:
        if not options.weights_dir.is_dir():
            parser.error(f"--weights-dir {options.weights_dir}: there is no such folder.")
        os.environ[folder.VARIABLE] = str(options.weights_dir.resolve())
    return options


def warm_up() -> None:
    """Import what is slow, answer the questions of the landing page, then freeze the heap.

    With torch imported a collection of all garbage takes a quarter of a second. Frozen objects are left
    out of it.
    """
    import pandas  # noqa: F401  # a component's first mount would import it
    import plotly.graph_objects  # noqa: F401
    import pyarrow  # noqa: F401
    import torch

    from resnet_viz.ui.frame import shell  # noqa: F401
    from resnet_viz.ui.overview import network_panel

    torch.set_num_threads(cores())
    network_panel.answer_first_page()
    for problem in (*folder.problems(), *folder.left_out()):
        LOG.warning("weights folder: %s", problem)
    gc.collect()
    gc.freeze()
    LOG.info("ready")
