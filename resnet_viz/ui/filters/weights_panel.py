"""How weights are spread: of one layer as a histogram, of all layers as a table."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.analysis.filters import NEAR_ZERO, WeightStatistics
from resnet_viz.analysis.records import LayerRecord
from resnet_viz.figures import filters as figures
from resnet_viz.figures import formatting
from resnet_viz.ui.shared import charts, facts, widgets
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache, url
from resnet_viz.ui.state.view_state import ViewState

_MOST: Final = 200  # rows of the table; the deepest preset has 155 convolutions


def spread(view_state: ViewState, row: LayerRecord) -> None:
    """How often which weights occur in a layer, over the whole tensor."""
    counted = cache.weight_histogram(view_state.network, row.path)
    st.markdown(f"**How the {counted.counts.sum():,} weights of {row.path} are spread**")
    charts.chart(
        drawn(figures.histogram, counted, view_state.theme, hue=view_state.theme.stage(row.stage)),
        alt=f"Histogram of the weights of {row.path}, from {counted.edges[0]:.3g} to "
        f"{counted.edges[-1]:.3g}",
    )


def all_layers(view_state: ViewState) -> None:
    """A switch, and behind it one line of numbers for each layer of a kind."""
    if not widgets.toggle("Statistics of all layers", url.STATISTICS):
        return
    rows = cache.weight_statistics(view_state.network)
    kinds = tuple(dict.fromkeys(row.kind for row in rows))
    kind = widgets.segments("Kind", kinds, url.KIND, default=kinds[0])
    shown = [row for row in rows if row.kind == kind]
    st.caption(_how_many(len(shown), kind))
    facts.table(
        [_line(row) for row in shown[:_MOST]],
        alt=f"Weight statistics of {min(len(shown), _MOST)} layers of kind {kind}",
    )
    st.caption(
        f"Near zero: at most {100 * NEAR_ZERO:g} % of the layer's own largest weight. "
        "L2 norm: √ of the sum of squares. Of a BatchNorm the weights are its γ; biases are not in."
    )


def _how_many(count: int, kind: str) -> str:
    """How long the table is, what it leaves out, and that it may be wider than the screen."""
    layers = f"The first {_MOST} of {count:,}" if count > _MOST else f"{count:,}"
    return f"{layers} layers of kind {kind}. On a narrow screen the table scrolls sideways."


def _line(row: WeightStatistics) -> dict[str, str]:
    return {
        "layer": row.path,
        "weights": formatting.count(row.count),
        "mean": formatting.value(row.mean),
        "std": formatting.value(row.std),
        "min": formatting.value(row.min),
        "max": formatting.value(row.max),
        "L2 norm": formatting.value(row.norm),
        "near zero": formatting.percent(row.near_zero),
    }
