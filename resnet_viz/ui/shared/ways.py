"""Ways from one page to another, which keep what is shown."""

from __future__ import annotations

import streamlit as st

from resnet_viz.ui.state import pages, url


def to_why() -> None:
    """A button to what speaks for the answer."""
    if st.button("Why this class?", key="_to_why", icon=":material/center_focus_strong:"):
        pages.go_to("why")


def to_argument(part: int, label: str) -> None:
    """A button to a part of the argument for shortcuts."""
    if st.button(label, key=f"_to_argument_{part}", icon=":material/alt_route:"):
        pages.go_to("why_shortcuts", {url.PART.key: str(part)})
