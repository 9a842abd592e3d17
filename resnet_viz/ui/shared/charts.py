"""Charts on a page: shown without plotly's own tools, and with bars and dots that can be clicked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from resnet_viz.ui.shared.drawn import SentChart
from resnet_viz.ui.state import selection


def chart(
    figure: SentChart,
    *,
    alt: str,
    key: str | None = None,
    on_click: Callable[[], None] | None = None,
) -> None:
    """Show a chart, without the bar of tools that plotly lays over it.

    `on_click` is called when a bar or dot was clicked; which one, `clicked` says by the chart's `key`.
    """
    clicks: dict[str, Any] = {}
    if on_click:
        clicks = {"on_select": on_click, "selection_mode": "points"}
    st.plotly_chart(figure, config={"displayModeBar": False}, alt=alt, key=key, **clicks)


def block_chart(figure: SentChart, *, alt: str, key: str) -> None:
    """Show a chart with bars or dots for each block; a click on one selects its block."""
    chart(figure, alt=alt, key=key, on_click=lambda: _select_clicked(key))


def _select_clicked(key: str) -> None:
    """Select the block that was clicked in a chart; for callbacks."""
    if path := clicked(key):
        selection.select_layer_from_part(path)


def clicked(key: str) -> str:
    """What a click in the chart of that key was on, as its x axis writes it; nothing without one."""
    points = st.session_state[key].selection.points
    return str(points[0]["x"]) if points else ""
