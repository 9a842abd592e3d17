"""What the browser's tab has to do for every page: its way back, its translation, its connection,
and where the cursor rests.

It shows nothing. `page_script` stands in the page before Streamlit's own scripts; the component, which
comes later, tells Python of the connection.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from resnet_viz.components import declare
from resnet_viz.components.bundle import bundle

_COMPONENT = declare(__file__)
_KEY = "browser_tab"
AHEAD: Final = "resnet-explorer-ahead"  # where the server is told, beside the page


def page_script() -> str:
    """The script that each page begins with, as an ES module."""
    return bundle(Path(__file__).with_name("page.js"))


def browser_tab(visit: str, on_reconnect: Callable[[list[str]], None]) -> None:
    """Mount it, once on every page.

    `visit` is what the tab calls itself when it tells at `AHEAD` on which layer the cursor rests.
    `on_reconnect` is called when the tab has its connection again after a cut, with the names of the
    files that were chosen meanwhile and went nowhere.
    """
    result = _COMPONENT(
        key=_KEY, data={"visit": visit, "ahead": AHEAD}, on_reconnect_change=lambda: None
    )
    if (missed := result.get("reconnect")) is not None:
        on_reconnect([str(name) for name in missed])
