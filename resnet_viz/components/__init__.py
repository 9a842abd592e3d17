"""What must answer under the cursor: html, css and js with a thin Python mount each.

A component is a folder: `component.js`, `component.css`, and an `__init__.py` with one typed mount
function. No build step, nothing from outside. Scripts are ES modules; a long component has several,
and `shared/` holds what several build on. `bundle` makes one script of them when the component is
declared: the browser gets one module, a reader short files. Long style sheets are divided too, and
joined in the order that their component names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from resnet_viz.components.bundle import bundle


def declare(
    init_file: str, html: str = '<div class="root"></div>', styles: Sequence[str] = ()
) -> Callable[..., Any]:
    """Declare the component of a folder; call once, when its module is imported.

    `styles` are files of the folder that come before `component.css`; what all share on paper comes after
    it. The returned function mounts the
    component: `key`, `data`, and one `on_<event>_change` for each event.
    """
    folder = Path(init_file).parent
    names = (*styles, "component.css", "../shared/print.css")
    sheets = ((folder / name).read_text("utf-8") for name in names)
    return st.components.v2.component(
        f"resnet_viz.{folder.name}",
        html=html,
        css="\n".join(sheets),
        js=bundle(folder / "component.js"),
    )


def fired(key: str, event: str) -> Any:
    """The value that a component sent with an event; for use in that event's callback."""
    return st.session_state[key][event]
