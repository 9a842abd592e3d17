"""Charts of deletion and insertion: the probability of a class while pixels go, or come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import plotly.graph_objects as go

from resnet_viz.figures import charts
from resnet_viz.figures.palette import Theme

_HEIGHT: Final = 300
_NAMES_A_ROW: Final = 2  # of the legend
_ROW: Final = 22  # pixels


@dataclass(frozen=True, slots=True)
class Curve:
    """One map's probabilities over the shares of the pixels that were changed."""

    name: str
    values: np.ndarray  # (n + 1,)
    null: bool = False  # the random map


def curves(shares: np.ndarray, rows: Sequence[Curve], axis: str, theme: Theme) -> go.Figure:
    """Probabilities over the share of pixels, (n + 1,); the null is dotted, in the colour of no method."""
    hues = (theme.shortcut, *theme.stages[1:])
    styles = [(hue, dash) for dash, hue in product(("solid", "dash", "dashdot"), hues)]
    traces: list[go.Scatter] = []
    for row in rows:
        hue, dash = (theme.line, "dot") if row.null else styles[len(traces) % len(styles)]
        traces.append(
            go.Scatter(
                x=[float(share) for share in shares],
                y=[float(value) for value in row.values],
                name=row.name,
                mode="lines",
                line={"color": hue, "width": 2.5, "dash": dash},
                hovertemplate=f"{row.name}, %{{x:.0%}} of the pixels: %{{y:.1%}}<extra></extra>",
            )
        )
    below = _ROW * math.ceil(len(rows) / _NAMES_A_ROW)
    percent = {"tickformat": ".0%", "fixedrange": True, "dtick": 0.25}
    layout = charts.layout(theme) | {
        "height": _HEIGHT + below,
        "margin": {"l": 0, "r": 24, "t": 8, "b": 0},  # half of the last "100%"
        "dragmode": False,
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": -0.22,
            "yanchor": "top",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "xaxis": charts.axis(theme, axis, **percent, range=[0, 1], showgrid=False),
        "yaxis": charts.axis(theme, "probability of the class", **percent, rangemode="tozero"),
    }
    return go.Figure(traces, layout)
