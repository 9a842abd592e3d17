"""A graphviz drawing on the page, and the files that can be made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from resnet_viz.components.save_drawing import save_drawing
from resnet_viz.figures.diagrams import describe, network_diagram
from resnet_viz.store import STORE
from resnet_viz.ui.shared import drawings
from resnet_viz.ui.state.view_state import ViewState

CONTAINER: Final = "diagram"  # key of the container, by which the buttons find the drawing

LEGEND: Final[Mapping[str, str]] = {
    "projection": "solid orange: identity shortcut · dashed: projection (1×1 convolution)",
    "zero-pad": "solid orange: identity shortcut · dashed: zero-padded (option A)",
    "none": "a plain network: no shortcuts",
}


def drawing(view_state: ViewState, level: str, within: str, direction: str) -> None:
    """Show the diagram at its own size, scrolling where it is larger than the page; offer files."""
    source, alt = _drawn(view_state, level, within, horizontal=direction == "across")
    drawings.drawing(source, alt, CONTAINER)
    name = view_state.file_name
    with st.container(horizontal=True, vertical_alignment="center"):
        save_drawing(
            CONTAINER,
            file_name=name,
            background=view_state.theme.background,
            key="save_drawing",
        )
        st.download_button(
            "Save DOT", source, f"{name}.dot", mime="text/vnd.graphviz", on_click="ignore"
        )
    st.caption(
        "SVG and PNG are saved as your browser drew them. DOT is the source: Graphviz's "
        f"`dot -Tpdf {name}.dot -O` makes a PDF of it."
    )


def _drawn(view_state: ViewState, level: str, within: str, *, horizontal: bool) -> tuple[str, str]:
    """The drawing as DOT, and in words; made once of what it follows from."""
    trace, theme, selected = view_state.trace, view_state.theme, view_state.layer
    prepared = view_state.weights.preprocessing.words
    options = (level, within, horizontal, selected, theme, prepared)

    def draw() -> tuple[str, str]:
        diagram = network_diagram(
            trace,
            level,
            theme,
            within=within,
            selected=selected,
            horizontal=horizontal,
            prepared=prepared,
        )
        return diagram.source, describe(trace, level, within)

    return STORE.kept(("diagram", view_state.config, view_state.input_size, options), draw)
