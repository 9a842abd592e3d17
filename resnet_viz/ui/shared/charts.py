"""Charts whose bars and dots can be clicked."""

from __future__ import annotations

import streamlit as st


def clicked(key: str) -> str:
    """What a click in the chart of that key was on, as its x axis writes it; nothing without one."""
    points = st.session_state[key].selection.points
    return str(points[0]["x"]) if points else ""
