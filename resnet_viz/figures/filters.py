"""Weights as images and charts: kernels as tiles, BatchNorm's numbers, how weights are spread."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from resnet_viz.analysis.filters import Histogram, NormParameters
from resnet_viz.figures import charts, formatting
from resnet_viz.figures.maps import colour_table
from resnet_viz.figures.palette import Theme
from resnet_viz.figures.png import png

_WALL: Final = 1000  # pixels across that a wall of tiles comes near to: sharp on a large screen
_GAP: Final = 0.12  # between tiles, of a tile's side
_LEFT_OUT: Final = "…"  # the channels between the two halves of a chart
_NAMED: Final = 25  # channels by number at most below a chart, which a phone has room for


def stem_wall(colours: np.ndarray) -> bytes:
    """(C, 3, k, k) colours from 0 to 1 as one PNG of RGB tiles, row by row, near a square."""
    tiles = (colours.transpose(0, 2, 3, 1) * 255).round().astype(np.uint8)  # (C, k, k, 3)
    return _wall(tiles, stem_columns(len(tiles)))


def kernel_wall(kernels: np.ndarray) -> bytes:
    """(C, k, k) kernels as one PNG of tiles on one scale: ± the largest weight, white at zero."""
    share = 0.5 + kernels / (2 * (float(np.abs(kernels).max()) or 1.0))
    indices = (share * 255).round().astype(np.uint8)
    return _wall(colour_table(True)[indices], columns(len(kernels)))  # (C, k, k, 3)


def stem_columns(count: int) -> int:
    """How many filters of the stem stand in a row: as many as there are rows, or one more."""
    return math.ceil(math.sqrt(count))


def columns(count: int) -> int:
    """How many tiles stand in a row of a wall: eight, or more to keep it from growing long."""
    return min(count, max(8, math.ceil(math.sqrt(count))))


def signed_bars(
    values: Sequence[float],
    channels: Sequence[int],
    theme: Theme,
    *,
    name: str,
    measure: str = "weight",
) -> go.Figure:
    """One bar for each channel, named by its number, red above zero and blue below."""
    bars = go.Bar(
        x=[str(channel) for channel in channels],
        y=list(values),
        marker={"color": _hues(values), "line": {"width": 0}},
        unselected={"marker": {"opacity": 1}},  # a click on one bar does not grey out the others
        hovertemplate=f"{name} %{{x}}: %{{y:.4g}}<extra></extra>",
    )
    layout = charts.layout(theme) | {
        "height": 280,
        "bargap": 0.1 if len(values) < 200 else 0,
        "hovermode": "x",  # anywhere above or below a bar, which may be thin or low
        "xaxis": charts.axis(theme, name, type="category", showgrid=False, nticks=16),
        "yaxis": charts.axis(theme, measure),
    }
    return go.Figure(bars, layout)


def class_bars(
    most: Sequence[tuple[int, float]], least: Sequence[tuple[int, float]], theme: Theme
) -> go.Figure:
    """Channels and weights for a class, a gap, and those against it; every channel by its number."""
    names = [str(channel) for channel, _ in (*most, *least)]
    weights: list[float | None] = [weight for _, weight in (*most, *least)]
    names.insert(len(most), _LEFT_OUT)
    weights.insert(len(most), None)
    bars = go.Bar(
        x=names,
        y=weights,
        marker={"color": _hues([weight or 0.0 for weight in weights]), "line": {"width": 0}},
        hovertemplate="channel %{x}: %{y:.4g}<extra></extra>",
    )
    layout = charts.layout(theme) | {
        "height": 280,
        "bargap": 0.1,
        "xaxis": charts.axis(theme, "channel", type="category", showgrid=False, dtick=1),
        "yaxis": charts.axis(theme, "weight"),
    }
    return go.Figure(bars, layout)


def length_bars(lengths: np.ndarray, theme: Theme) -> go.Figure:
    """One bar for each filter of the stem, in the order of their numbers."""
    bars = go.Bar(
        x=[str(filter_) for filter_ in range(len(lengths))],
        y=lengths.tolist(),
        marker={"color": theme.stage(0), "line": {"width": 0}},
        hovertemplate="filter %{x}: %{y:.4g}<extra></extra>",
    )
    layout = charts.layout(theme) | {
        "height": 180,
        "bargap": 0.15,
        "xaxis": charts.axis(theme, "filter", **_named(len(lengths))),
        "yaxis": charts.axis(theme, "L2 norm ‖w‖", nticks=4, rangemode="tozero"),
    }
    return go.Figure(bars, layout)


def histogram(counted: Histogram, theme: Theme, *, hue: str) -> go.Figure:
    """How many weights fall into each bin."""
    edges = counted.edges
    bars = go.Bar(
        x=((edges[:-1] + edges[1:]) / 2).tolist(),
        y=counted.counts.tolist(),
        width=np.diff(edges).tolist(),
        customdata=np.stack([edges[:-1], edges[1:]], axis=1).tolist(),
        marker={"color": hue, "line": {"width": 0}},
        hovertemplate="%{customdata[0]:.3g} to %{customdata[1]:.3g}: %{y:,}<extra></extra>",
    )
    layout = charts.layout(theme) | {
        "height": 240,
        "xaxis": charts.axis(theme, "weight", showgrid=False),
        "yaxis": charts.axis(theme, "how many"),
    }
    return go.Figure(bars, layout)


def norm_chart(norm: NormParameters, theme: Theme, *, hue: str) -> go.Figure:
    """γ, β, running mean and variance of all channels, one below the other, ordered by |γ|."""
    order = np.argsort(-np.abs(norm.weight), kind="stable")
    channels = [str(channel) for channel in order]
    names = charts.axis(theme, "channel, the largest |γ| first", anchor="y4", **_named(len(order)))
    # Hovering anywhere above a channel's number tells its value: many bars are too thin or low to hit.
    layout = charts.layout(theme) | {"height": 540, "xaxis": names, "bargap": 0.0, "hovermode": "x"}
    bars, notes = [], []
    for place, (name, values, domain) in enumerate(_norm_rows(norm)):
        axis = "" if place == 0 else f"{place + 1}"
        bars.append(
            go.Bar(
                x=channels,
                y=values[order].tolist(),
                yaxis=f"y{axis}",
                marker={"color": hue, "line": {"width": 0}},
                hovertemplate=f"channel %{{x}}: {name} = %{{y:.4g}}<extra></extra>",
            )
        )
        empty = not values.any()
        layout[f"yaxis{axis}"] = charts.axis(
            theme, name, domain=domain, nticks=4, showticklabels=not empty
        )
        notes += [_all_zero(theme, name, domain)] if empty else []
    return go.Figure(bars, layout | {"annotations": notes})


def colour_ends(kernels: np.ndarray) -> tuple[str, str]:
    """What the two ends of a wall's colour scale stand for, as numbers to be read."""
    vmax = float(np.abs(kernels).max())
    return formatting.value(-vmax), f"+{formatting.value(vmax)}"


def _wall(tiles: np.ndarray, across: int) -> bytes:
    """(C, k, k, 3) uint8 tiles as one PNG; weights stay squares, the page shows through the gaps."""
    side = tiles.shape[1]
    zoom = max(1, round(_WALL / across / (1 + _GAP) / side))
    gap = max(1, round(side * zoom * _GAP))
    step = side * zoom + gap
    down = math.ceil(len(tiles) / across)
    wall = np.zeros((down * step - gap, across * step - gap, 4), np.uint8)
    for place, tile in enumerate(tiles.repeat(zoom, axis=1).repeat(zoom, axis=2)):
        top, left = place // across * step, place % across * step
        wall[top : top + side * zoom, left : left + side * zoom, :3] = tile
        wall[top : top + side * zoom, left : left + side * zoom, 3] = 255
    return png(Image.fromarray(wall), compress_level=6)


def _hues(weights: Sequence[float]) -> list[str]:
    """The signed scale's red and blue, a fifth from its ends, where both can be told from any ground."""
    blue, red = (f"#{colour_table(True)[level].tobytes().hex()}" for level in (32, 223))
    return [red if weight > 0 else blue for weight in weights]


def _named(count: int) -> dict[str, object]:
    """An axis of channel numbers: all of them, or of many every n-th as there is room."""
    return {"type": "category", "showgrid": False, "dtick": math.ceil(count / _NAMED)}


def _norm_rows(norm: NormParameters) -> Iterator[tuple[str, np.ndarray, tuple[float, float]]]:
    """Name, values and share of the height for each of a norm's rows, from above."""
    names = ("γ", norm.weight), ("β", norm.bias), ("mean", norm.mean), ("variance", norm.variance)
    for place, (name, values) in enumerate(names):
        top = 1 - place * 0.26
        yield name, values, (top - 0.21, top)


def _all_zero(theme: Theme, name: str, domain: tuple[float, float]) -> dict[str, object]:
    """What stands in a row of a norm that has no bar to show."""
    return {
        "text": f"{name}: all 0",
        "font": {"color": theme.muted},
        "xref": "paper",
        "x": 0.5,
        "yref": "paper",
        "y": sum(domain) / 2,
        "yanchor": "bottom",
        "showarrow": False,
    }
