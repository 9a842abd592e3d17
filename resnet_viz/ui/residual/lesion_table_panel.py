"""The lesion study on a whole test set, which was made when the bundled network was trained."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.figures import formatting, residual
from resnet_viz.texts import text
from resnet_viz.ui.shared import charts, facts
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.weights.bundled import BundledSource
from resnet_viz.weights.lesion_table import LesionTable, read_lesions

_CHART: Final = "_lesion_table_chart"  # its key
_DOUBLED: Final = 2.0  # times the untouched error: up to that a block is hardly missed


def on_test_set(view_state: ViewState, block: str) -> None:
    """The stored study of a bundled network, in words, as bars and as a table; else nothing."""
    if view_state.weights.source != BundledSource.slug:
        return
    table = read_lesions(view_state.config.name)
    if table is None:
        return
    st.header("Lesion study on the test set")
    st.markdown(finding(table))
    charts.block_chart(
        drawn(residual.lesion_table_bars, table, block, view_state.theme),
        alt=f"Error on {table.images:,} test images without each of {len(table.blocks)} blocks",
        key=_CHART,
    )
    st.caption(text("lesion_table"))
    with st.expander("As a table", icon=":material/table_rows:"):
        rows = [
            {
                "Without": one.path,
                "Left in its place": one.kind,
                "Error": formatting.percent(one.error),
            }
            for one in table.blocks
        ]
        facts.table(rows, "Error on the test set without a block")


def finding(table: LesionTable) -> str:
    """What the study found, in two sentences with its own figures."""
    least, *_, most = sorted(table.blocks, key=lambda one: one.error)
    hardly_missed = sum(one.error <= _DOUBLED * table.error for one in table.blocks)
    whole, low, high = (formatting.percent(one.error) for one in (table, least, most))
    return (
        f"With all blocks **{whole}** of {table.images:,} test images are classified wrong. Without a "
        f"single one it is from {low} ({least.path}) to **{high}** ({most.path}); without "
        f"{hardly_missed} of {len(table.blocks)} the error at most doubles."
    )
