"""Where the multiply-adds and the parameters are: one bar for stem, each stage and head."""

from __future__ import annotations

import streamlit as st

from resnet_viz.components.cost_strip import Bar, cost_strip
from resnet_viz.figures import bars, formatting
from resnet_viz.ui.state.view_state import ViewState


def stage_costs(view_state: ViewState) -> None:
    """Multiply-adds and parameters of stem, stages and head, side by side."""
    rows = [row for row in view_state.trace.top() if row.macs]
    for column, measure in zip(st.columns(2, gap="large"), ("macs", "params"), strict=True):
        with column:
            values = [getattr(row, measure) for row in rows]
            strip = [
                Bar(
                    row.path,
                    value / max(values),
                    formatting.short(value),
                    view_state.theme.stage(row.stage),
                )
                for row, value in zip(rows, values, strict=True)
            ]
            cost_strip(bars.MEASURES[measure].capitalize(), strip, key=f"cost_{measure}")
