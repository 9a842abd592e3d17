"""Ways from one page to another, which keep what is shown."""

from __future__ import annotations

import streamlit as st

from resnet_viz.analysis.attribution.target_layer import has_maps
from resnet_viz.ui.state import pages, session, url
from resnet_viz.ui.state.view_state import ViewState

# The layers that Why this class asks.
LAST, SELECTED, BOTH = LAYERS = ("last stage", "selected layer", "both")
# And all that it compares.
COMPARED = (url.METHODS, url.CLASSES, url.WHERE, url.KEPT, url.PARTS, url.MASKS)


def to_why() -> None:
    """A button to what speaks for the answer."""
    icon = ":material/center_focus_strong:"
    st.button("Why this class?", key="_to_why", icon=icon, on_click=_why)


def to_why_here(view_state: ViewState) -> None:
    """A button to what speaks for the answer at the selected layer; none where it has no maps."""
    if has_maps(view_state.selected):
        st.button(
            f"Why this class, at {view_state.layer}?",
            key="_to_why_here",
            icon=":material/center_focus_strong:",
            on_click=_why_here,
        )


def _why() -> None:
    """Ask about the answer, and not what was compared before."""
    session.COMPARISON.set({})
    for parameter in COMPARED:
        st.session_state.pop(parameter.key, None)
    pages.go_to("why")


def _why_here() -> None:
    """Ask at the selected layer, beside what is kept there for comparison."""
    before = session.COMPARISON.get({}).get(url.WHERE.key)
    url.WHERE.set(BOTH if before == BOTH else SELECTED)
    pages.go_to("why")


def to_argument(part: int, label: str) -> None:
    """A button to a part of the argument for shortcuts."""
    if st.button(label, key=f"_to_argument_{part}", icon=":material/alt_route:"):
        pages.go_to("why_shortcuts", {url.PART.key: str(part)})
