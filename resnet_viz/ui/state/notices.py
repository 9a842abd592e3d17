"""Sentences told in passing: above the page, once, without stopping it."""

from __future__ import annotations

import streamlit as st

from resnet_viz.texts import plain
from resnet_viz.ui.state import session


def notice(sentence: str) -> None:
    """Tell something in this run."""
    session.NOTICES.set((*session.NOTICES.get(()), sentence))


def show_notices() -> None:
    """Show what was told in this run."""
    for sentence in session.NOTICES.pop(()):
        st.warning(plain(sentence), icon=":material/info:")
