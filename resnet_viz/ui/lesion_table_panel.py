"""The lesion study on a whole test set, which was made when the bundled network was trained."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.figures import numbers, residual
from resnet_viz.ui import panels, residual_panel
from resnet_viz.ui.texts import text
from resnet_viz.ui.view_state import ViewState
from resnet_viz.weights.bundled import BundledSource
from resnet_viz.weights.lesion_table import LesionTable, read_lesions

_CHART: Final = "_lesion_table_chart"  # its key
_BOTH: Final = 2.0  # times the untouched error: what counts as missed


def on_test_set(view_state: ViewState, block: str) -> None:
    """The stored study of a bundled network, in words, as bars and as a table; else nothing."""
    if view_state.weights.source != BundledSource.slug:
        return
    table = read_lesions(view_state.config.name)
    if table is None:
        return
    st.subheader("Lesion study on the test set")
    st.markdown(finding(table))
    st.plotly_chart(
        residual.lesion_table_bars(table, block, view_state.theme),
        config={"displayModeBar": False},
        alt=f"Error on {table.images:,} test images without each of {len(table.blocks)} blocks",
        key=_CHART,
        on_select=lambda: residual_panel.select_clicked(_CHART),
        selection_mode="points",
    )
    st.caption(text("lesion_table"))
    with st.expander("As a table", icon=":material/table_rows:"):
        rows = [
            {"Without": one.path, "Left in its place": one.kind, "Error": _percent(one.error)}
            for one in table.blocks
        ]
        panels.table(rows, "Error on the test set without a block")


def finding(table: LesionTable) -> str:
    """What the study found, in two sentences with its own figures."""
    least, *_, most = sorted(table.blocks, key=lambda one: one.error)
    chance = sum(one.error <= _BOTH * table.error for one in table.blocks)
    return (
        f"With all blocks **{_percent(table.error)}** of {table.images:,} test images are classified "
        f"wrong. Without a single one it is from {_percent(least.error)} ({least.path}) to "
        f"**{_percent(most.error)}** ({most.path}); without {chance} of {len(table.blocks)} the error "
        "at most doubles."
    )


def _percent(share: float) -> str:
    return numbers.percent(share)
