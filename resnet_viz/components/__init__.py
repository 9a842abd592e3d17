"""What must answer under the cursor: html, css and js with a thin Python mount each.

A component is a folder: `component.js`, `component.css`, and an `__init__.py` with one typed mount
function. Plain modules, no build step, nothing from outside. A long component has further scripts,
and `shared/` holds what several build on; they are put before `component.js`: the browser gets one
module, a reader short files. Long style sheets are divided the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import streamlit as st

# Making elements, writing numbers, reading what `figures.blob` packed.
SHARED: Final = ("../shared/elements.js", "../shared/numbers.js", "../shared/blob.js")


def declare(
    init_file: str,
    html: str = '<div class="root"></div>',
    scripts: Sequence[str] = (),
    styles: Sequence[str] = (),
) -> Callable[..., Any]:
    """Declare the component of a folder; call once, when its module is imported.

    `scripts` are files that `component.js` builds on, `styles` come before `component.css`; both are
    named from the folder. The returned function mounts the component: `key`, `data`, and one
    `on_<event>_change` for each event.
    """
    folder = Path(init_file).parent

    def joined(names: Sequence[str]) -> str:
        return "\n".join((folder / name).read_text("utf-8") for name in names)

    return st.components.v2.component(
        f"resnet_viz.{folder.name}",
        html=html,
        css=joined((*styles, "component.css")),
        js=joined((*scripts, "component.js")),
    )


def fired(key: str, event: str) -> Any:
    """The value that a component sent with an event; for use in that event's callback."""
    return st.session_state[key][event]
