"""A graphviz drawing at its own size, scrolling where it is larger than the page."""

from __future__ import annotations

from typing import Final, Literal

import graphviz
import streamlit as st

# Streamlit shrinks a drawing to the page's width, which makes a wide one unreadable; there is no
# option for it, so this is a style of ours outside of a component.
_OWN_SIZE: Final = """<style>
.st-key-{key} {{ overflow-x: auto; align-items: safe center; }}
.st-key-{key} [data-testid="stElementContainer"],
.st-key-{key} [data-testid="stFullScreenFrame"],
.st-key-{key} [data-testid="stGraphVizChart"] {{ width: max-content; max-width: none; }}
.st-key-{key} svg {{ max-width: none; }}
</style>"""


def drawing(
    diagram: graphviz.Digraph | str,
    alt: str,
    key: str,
    *,
    width: Literal["stretch", "content"] = "stretch",
) -> None:
    """Show a diagram, or its source; `key` is that of its container, by which scripts and styles find it."""
    st.html(_OWN_SIZE.format(key=key))
    with st.container(key=key, horizontal_alignment="center", width=width):
        st.graphviz_chart(diagram, width="content", alt=alt)
