"""Ways from one page to another, which keep what is shown."""

from __future__ import annotations

import streamlit as st

from resnet_viz.ui.state import pages, url


def to_why() -> None:
    """A button to what speaks for the answer."""
    if st.button("Why this class?", key="_to_why", icon=":material/center_focus_strong:"):
        st.switch_page(pages.page_path("why"), query_params={})


def to_argument(part: int, label: str) -> None:
    """A button to a part of the argument for shortcuts."""
    if st.button(label, key=f"_to_argument_{part}", icon=":material/alt_route:"):
        # Bound parameters stay by themselves.
        st.switch_page(pages.page_path("why_shortcuts"), query_params={url.PART.key: str(part)})
