"""Charts of numbers: what layers cost, and what the network answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import plotly.graph_objects as go

from resnet_viz.analysis.records import ClassScore, LayerRecord
from resnet_viz.figures import numbers
from resnet_viz.figures.palette import Theme

MEASURES = {
    "params": "parameters",
    "macs": "multiply-adds",
    "activations": "values put out",
    "receptive_field": "receptive field, pixels",
}


def cost_bars(layers: Iterable[LayerRecord], measure: str, theme: Theme) -> go.Figure:
    """One bar a row in the order of execution, coloured by stage; `measure` is a key of MEASURES."""
    layers = tuple(layers)
    values = [getattr(layer, measure) for layer in layers]
    bars = go.Bar(
        x=[layer.path for layer in layers],
        y=values,
        customdata=[numbers.count(value) for value in values],
        marker={"color": [theme.stage(layer.stage) for layer in layers], "line": {"width": 0}},
        hovertemplate="%{x}<br>%{customdata} " + MEASURES[measure] + "<extra></extra>",
    )
    layout = _layout(theme) | {
        "height": 260,
        "bargap": 0.15,
        "xaxis": {"tickangle": -40, "automargin": True, "showgrid": False, "nticks": 30},
        "yaxis": {"title": MEASURES[measure]},
    }
    return go.Figure(bars, layout)


def prediction_bars(top: Sequence[ClassScore], theme: Theme, *, trained: bool) -> go.Figure:
    """The most probable classes, best on top, with their probabilities written at the bars.

    Bars of an untrained network are grey: they mean nothing.
    """
    first = theme.shortcut if trained else theme.line
    bars = go.Bar(
        x=[score.probability for score in top],
        y=[score.label for score in top],
        orientation="h",
        marker={"color": [first, *[theme.line] * (len(top) - 1)], "line": {"width": 0}},
        text=[numbers.percent(score.probability) for score in top],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.4%}<extra></extra>",
    )
    layout = _layout(theme) | {
        "height": 48 + 34 * len(top),
        "bargap": 0.35,
        "margin": {"l": 0, "r": 64, "t": 8, "b": 0},
        "xaxis": {"visible": False, "range": [0, 1]},
        "yaxis": {"autorange": "reversed", "automargin": True, "showgrid": False},
    }
    return go.Figure(bars, layout)


def _layout(theme: Theme) -> dict[str, object]:
    """What all charts share. One layout for the constructor: each later update costs milliseconds."""
    return {
        "margin": {"l": 0, "r": 8, "t": 8, "b": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": theme.text, "size": 13},
        "showlegend": False,
    }
