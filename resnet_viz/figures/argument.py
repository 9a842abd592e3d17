"""Charts of what shortcuts change: training curves, gradients, paths and the loss surface."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from resnet_viz.analysis.residual_records import SetLesions
from resnet_viz.figures import charts
from resnet_viz.figures.palette import ACTIVATION_SCALE, Theme, mixed

_HEIGHT: Final = 320
_TALLEST_LOSS: Final = 10.0  # nats, where the scale of a loss surface ends


@dataclass(frozen=True, slots=True)
class Line:
    """A named row of values over the same places as others."""

    name: str
    values: Sequence[float | None]
    residual: bool  # with shortcuts: their hue
    thin: bool = False  # the shallower of two
    dashed: bool = False


def lines(
    places: Sequence[int | str],
    rows: Sequence[Line],
    axes: tuple[str, str],
    theme: Theme,
    *,
    logarithmic: bool = False,
    percent: bool = False,
) -> go.Figure:
    """Rows of values as lines: those with shortcuts in the shortcut's hue, plain ones in blue.

    Args:
        places: along the x axis.
        rows: each as long as `places`, or shorter.
        axes: what x and y are.
        theme: the page's colours.
        logarithmic: whether the y axis is.
        percent: whether the values are shares of 1.
    """
    traces = [
        go.Scatter(
            x=list(places)[: len(row.values)],
            y=list(row.values),
            name=row.name,
            mode="lines",
            line={
                "color": _hue(row, theme),
                "width": 1.5 if row.thin else 3,
                "dash": "dash" if row.dashed else "solid",
            },
            hovertemplate=f"{row.name}, %{{x}}: %{{y:{'.1%' if percent else '.3g'}}}<extra></extra>",
        )
        for row in rows
    ]
    y = charts.axis(theme, axes[1], fixedrange=True)
    if logarithmic:
        y |= {"type": "log", "exponentformat": "power", "dtick": _ticks(rows)}
    if percent:
        y |= {"tickformat": ".0%", "rangemode": "tozero"}
    layout = _layout(theme) | {
        "xaxis": charts.axis(theme, axes[0], fixedrange=True, showgrid=False, nticks=12),
        "yaxis": y,
    }
    return go.Figure(traces, layout)


def removal_draws(
    studies: Sequence[tuple[str, bool, SetLesions]], chance: float, theme: Theme
) -> go.Figure:
    """Accuracy by the number of removed blocks: a dot for each draw, a line through their means.

    Args:
        studies: name, whether it has shortcuts, and what was found, of each network.
        chance: the accuracy of guessing, dotted.
        theme: the page's colours.
    """
    traces = []
    for name, residual, study in studies:
        hue = theme.shortcut if residual else theme.stage(1)
        draws = [(0, study.whole.share)]
        draws += [(len(each.removed), each.right.share) for each in study.drawn]
        counts = list(range(len(study.kinds) + 1))
        hover = f"{name}, without %{{x}}: %{{y:.1%}}"
        traces += [
            go.Scatter(
                x=[count for count, _ in draws],
                y=[share for _, share in draws],
                mode="markers",
                marker={"color": hue, "size": 7, "opacity": 0.45},
                showlegend=False,
                hovertemplate=f"{hover}<extra></extra>",
            ),
            go.Scatter(
                x=counts,
                y=[study.average(count) for count in counts],
                name=name,
                mode="lines",
                line={"color": hue, "width": 3},
                hovertemplate=f"{hover} on average<extra></extra>",
            ),
        ]
    level = {"color": theme.muted, "width": 1.5, "dash": "dot"}
    layout = _layout(theme) | {
        "xaxis": charts.axis(theme, "removed blocks", fixedrange=True, showgrid=False, dtick=1),
        "yaxis": charts.axis(theme, "accuracy", fixedrange=True, tickformat=".0%", range=[0, 1.05]),
        "shapes": [
            {"type": "line", "line": level, "xref": "paper", "x0": 0, "x1": 1, "y0": chance}
            | {"y1": chance}
        ],
    }
    return go.Figure(traces, layout)


def shares(
    paths: Sequence[str], branch: Sequence[float], shortcut: Sequence[float], theme: Theme
) -> go.Figure:
    """Which part of the gradient at each block's input came by which way: two bars on one another."""
    parts = (
        ("through the shortcut", shortcut, theme.shortcut),
        ("through F", branch, theme.stage(1)),
    )
    bars = [
        go.Bar(
            x=list(paths),
            y=list(values),
            name=name,
            marker={"color": hue, "line": {"width": 0}},
            hovertemplate=f"%{{x}}, {name}: %{{y:.0%}}<extra></extra>",
        )
        for name, values, hue in parts
    ]
    layout = _layout(theme) | {
        "barmode": "relative",
        "bargap": 0.25,
        "xaxis": {"automargin": True, "showgrid": False, "fixedrange": True, "nticks": 16},
        "yaxis": charts.axis(theme, "share of ∂loss/∂x", fixedrange=True, tickformat=".0%"),
    }
    return go.Figure(bars, layout)


def path_bars(found: Mapping[str, Sequence[float]], theme: Theme) -> go.Figure:
    """Shares by path length, 0 to n: a bar for each of up to two rows."""
    hues = (mixed(theme.line, theme.background, 0.6), theme.shortcut)
    bars = [
        go.Bar(
            x=list(range(len(values))),
            y=list(values),
            name=name,
            marker={"color": hue, "line": {"width": 0}},
            hovertemplate=f"length %{{x}}: %{{y:.2%}} of {name}<extra></extra>",
        )
        for (name, values), hue in zip(found.items(), hues, strict=False)
    ]
    layout = _layout(theme) | {
        "bargap": 0.1,
        "xaxis": charts.axis(
            theme,
            "length of a path: branches that it goes through",
            fixedrange=True,
            showgrid=False,
        ),
        "yaxis": charts.axis(theme, "share", fixedrange=True, tickformat=".0%"),
    }
    return go.Figure(bars, layout)


def surface(steps: Sequence[float], losses: Sequence[Sequence[float]], theme: Theme) -> go.Figure:
    """A slice through a loss surface as contours; a cross marks the trained parameters.

    Colours and contours follow the logarithm of the loss, from 0.01 to 10 nats in all of them.
    """
    clipped = np.log10(np.clip(np.array(losses), 10**-2, _TALLEST_LOSS))
    ticks = [-2, -1, 0, 1]
    contour = go.Contour(
        x=list(steps),
        y=list(steps),
        z=clipped,
        customdata=np.array(losses),
        colorscale=ACTIVATION_SCALE,
        contours={"start": -2, "end": 1, "size": 0.25},
        line={"width": 0.5, "color": theme.background},
        colorbar={
            "title": {"text": "loss, nats", "side": "right"},
            "tickvals": ticks,
            "ticktext": ["≤ 0.01", "0.1", "1", "≥ 10"],
            "thickness": 12,
            "outlinewidth": 0,
        },
        zmin=-2,
        zmax=1,
        hovertemplate="a = %{x:.2f}, b = %{y:.2f}: %{customdata:.3g} nats<extra></extra>",
    )
    cross = go.Scatter(
        x=[0],
        y=[0],
        mode="markers",
        marker={"symbol": "x-thin", "size": 12, "line": {"width": 2, "color": theme.shortcut}},
        hoverinfo="skip",
    )
    layout = charts.layout(theme) | {
        "height": 360,
        "dragmode": False,
        "xaxis": charts.axis(theme, "a, along δ", fixedrange=True, constrain="domain"),
        "yaxis": charts.axis(
            theme, "b, along η", fixedrange=True, scaleanchor="x", constrain="domain"
        ),
    }
    return go.Figure([contour, cross], layout)


def _hue(row: Line, theme: Theme) -> str:
    return theme.shortcut if row.residual else theme.stage(1)


def _layout(theme: Theme) -> dict[str, Any]:
    """What these charts have in common: their height, and a legend above that hides nothing."""
    return charts.layout(theme) | {
        "height": _HEIGHT,
        "dragmode": False,
        "showlegend": True,
        "legend": charts.legend_above(),
        "margin": {"l": 0, "r": 8, "t": 40, "b": 0},
    }


def _ticks(rows: Sequence[Line]) -> int | str:
    """Powers of ten, or several of them, between two ticks; below two of them also their 2 and 5."""
    known = [value for row in rows for value in row.values if value]
    span = math.log10(max(known) / min(known)) if known else 1.0
    return "D2" if span < 2 else math.ceil(span / 6)
