"""Weights as pictures and charts: kernels as tiles, BatchNorm's numbers, how weights are spread."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from resnet_viz.analysis.filters import Histogram, NormParameters
from resnet_viz.figures import numbers
from resnet_viz.figures.maps import colour_table
from resnet_viz.figures.palette import Theme

_WALL: Final = 1000  # pixels across that a wall of tiles comes near to: sharp on a large screen
_GAP: Final = 0.12  # between tiles, of a tile's side


def stem_wall(colours: np.ndarray) -> bytes:
    """(C, 3, k, k) colours from 0 to 1 as one PNG of RGB tiles, row by row, near a square."""
    tiles = (colours.transpose(0, 2, 3, 1) * 255).round().astype(np.uint8)  # (C, k, k, 3)
    return _wall(tiles)


def kernel_wall(kernels: np.ndarray) -> bytes:
    """(C, k, k) kernels as one PNG of tiles on one scale: ± the largest weight, white at zero."""
    share = 0.5 + kernels / (2 * (float(np.abs(kernels).max()) or 1.0))
    levels = (share * 255).round().astype(np.uint8)
    return _wall(colour_table(True)[levels])  # (C, k, k, 3)


def columns(count: int) -> int:
    """How many tiles stand in a row of a wall: eight, or more to keep it from growing long."""
    return min(count, max(8, math.ceil(math.sqrt(count))))


def weight_bars(
    weights: Sequence[float], channels: Sequence[int], theme: Theme, *, name: str
) -> go.Figure:
    """One bar for each channel, named by its number, red above zero and blue below."""
    bars = go.Bar(
        x=[str(channel) for channel in channels],
        y=list(weights),
        marker={"color": _hues(weights), "line": {"width": 0}},
        hovertemplate=f"{name} %{{x}}: %{{y:.4g}}<extra></extra>",
    )
    layout = _layout(theme) | {
        "height": 280,
        "bargap": 0.1 if len(weights) < 200 else 0,
        "xaxis": _axis(theme, name, type="category", showgrid=False, nticks=16),
        "yaxis": _axis(theme, "weight"),
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
    layout = _layout(theme) | {
        "height": 240,
        "xaxis": _axis(theme, "weight", showgrid=False),
        "yaxis": _axis(theme, "how many"),
    }
    return go.Figure(bars, layout)


def norm_chart(norm: NormParameters, theme: Theme, *, hue: str) -> go.Figure:
    """γ, β, running mean and variance of all channels, one below the other, ordered by |γ|."""
    order = np.argsort(-np.abs(norm.weight), kind="stable")
    rows = (("γ", norm.weight), ("β", norm.bias), ("mean", norm.mean), ("variance", norm.variance))
    layout = _layout(theme) | {"height": 520, "xaxis": _norm_names(theme), "bargap": 0.0}
    bars = []
    for place, (name, values) in enumerate(rows):
        axis = "y" if place == 0 else f"y{place + 1}"
        bars.append(
            go.Bar(
                y=values[order].tolist(),
                yaxis=axis,
                customdata=order.tolist(),
                marker={"color": hue, "line": {"width": 0}},
                hovertemplate=f"channel %{{customdata}}: {name} = %{{y:.4g}}<extra></extra>",
            )
        )
        top = 1 - place * 0.26
        layout[f"yaxis{axis[1:]}"] = _axis(theme, name, domain=[top - 0.21, top], nticks=4)
    return go.Figure(bars, layout)


def colour_ends(kernels: np.ndarray) -> tuple[str, str]:
    """What the two ends of a wall's colour scale stand for, as numbers to be read."""
    reach = float(np.abs(kernels).max())
    return numbers.value(-reach), f"+{numbers.value(reach)}"


def _wall(tiles: np.ndarray) -> bytes:
    """(C, k, k, 3) uint8 tiles as one PNG; weights stay squares, the page shows through the gaps."""
    across = columns(len(tiles))
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
    buffer = io.BytesIO()
    Image.fromarray(wall).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _hues(weights: Sequence[float]) -> list[str]:
    """The signed scale's red and blue, a fifth from its ends, where both can be told from any ground."""
    blue, red = (f"#{colour_table(True)[level].tobytes().hex()}" for level in (32, 223))
    return [red if weight > 0 else blue for weight in weights]


def _norm_names(theme: Theme) -> dict[str, object]:
    title = "channels, the largest |γ| first"
    return _axis(theme, title, anchor="y4", showgrid=False, showticklabels=False)


def _axis(theme: Theme, title: str, **more: object) -> dict[str, object]:
    return {
        "title": {"text": title},
        "gridcolor": theme.surface,
        "zerolinecolor": theme.line,
        "automargin": True,
        **more,
    }


def _layout(theme: Theme) -> dict[str, object]:
    return {
        "margin": {"l": 0, "r": 8, "t": 8, "b": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": theme.text, "size": 13},
        "showlegend": False,
    }
