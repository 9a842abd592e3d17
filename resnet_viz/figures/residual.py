"""A block and its residual decomposition: maps on one scale, and charts of what blocks add and are worth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from resnet_viz.analysis.residual_records import BlockRatio, Lesion, SetLesions
from resnet_viz.figures import charts, formatting
from resnet_viz.figures.maps import colour_table
from resnet_viz.figures.palette import Theme
from resnet_viz.figures.png import png
from resnet_viz.model.roles import STAGE_NAME, stage_number
from resnet_viz.weights.lesion_table import LesionTable

_GAP: Final = 6  # pixels between maps
_MANY: Final = 20  # blocks, whose names no longer fit under their bars
_STEPS: Final = (1, 2, 5)  # between ticks, times a power of ten
_AS_BEFORE: Final = {"marker": {"opacity": 1}}  # a click on one bar does not grey out the others


def common_vmax(arrays: Iterable[np.ndarray], channels: Sequence[int]) -> float:
    """The largest absolute value in these channels of (C, H, W) arrays: the end of their one scale."""
    return max(float(np.abs(values[list(channels)]).max()) for values in arrays)


def map_grid(maps: Sequence[np.ndarray], vmax: float, *, signed: bool, side: int = 220) -> bytes:
    """Square (H, W) maps as one PNG, two in a row, all on the scale that ends at `vmax`.

    Signed, the scale runs from −vmax to vmax with zero white, otherwise from zero. Each map is
    `side` pixels wide; between them the page shows through.
    """
    tiles = [_tile(values, vmax, signed, side) for values in maps]
    rows = -(-len(tiles) // 2)
    columns = min(2, len(tiles))
    step = side + _GAP
    image = Image.new("RGBA", (columns * step - _GAP, rows * step - _GAP))
    for place, tile in enumerate(tiles):
        image.paste(tile, (place % 2 * step, place // 2 * step))
    return png(image)


def colour_bar(*, signed: bool) -> bytes:
    """The scale itself, low to high from left to right, as PNG."""
    return png(Image.fromarray(colour_table(signed)[None]).resize((256, 12)))


def ratio_chart(ratios: Sequence[BlockRatio], selected: str, theme: Theme) -> go.Figure:
    """‖F(x)‖ / ‖x‖ as bars, and below the angle between them as dots, for every block in order.

    The axis of the angles ends near the outermost one; 90° is always on it, dotted.
    """
    paths = [ratio.path for ratio in ratios]
    hues = [theme.stage(stage_number(path)) for path in paths]
    angles = [None if ratio.angle is None else round(ratio.angle, 1) for ratio in ratios]
    bars = _bars(paths, [ratio.ratio for ratio in ratios], hues, theme, selected)
    bars.update(
        marker_pattern=_hatched([ratio.kind for ratio in ratios], theme),
        customdata=[ratio.kind for ratio in ratios],
        hovertemplate="%{x} · %{customdata}<br>‖F(x)‖ / ‖x‖ = %{y:.3g}<extra></extra>",
    )
    small = 5 if len(paths) > _MANY else 9
    dots = go.Scatter(
        x=paths,
        y=angles,
        yaxis="y2",
        mode="markers",
        marker={
            "color": hues,
            "opacity": 1,
            "size": [small + 4 * (path == selected) for path in paths],
            "line": {"color": theme.text, "width": [2 * (path == selected) for path in paths]},
        },
        cliponaxis=False,
        unselected=_AS_BEFORE,
        hovertemplate="%{x}<br>%{y:.1f}°<extra></extra>",
    )
    layout = _layout(theme, paths, anchor="y2") | {  # names at the bottom, under both
        "height": 420,
        "yaxis": _heights(theme, "‖F(x)‖ / ‖x‖", domain=[0.5, 1.0], rangemode="tozero"),
        "yaxis2": _heights(
            theme, "angle in °", domain=[0.0, 0.38], zeroline=False, **_angle_ticks(angles)
        ),
        "shapes": [_level(theme, 1.0), _level(theme, 90.0, "y2")],
    }
    return go.Figure([bars, dots], layout)


def lesion_bars(lesions: Sequence[Lesion], selected: str, theme: Theme) -> go.Figure:
    """The top class's probability without each block, one bar a block; the line is with all of them."""
    without = _bars_without(
        [lesion.path for lesion in lesions],
        [lesion.kind for lesion in lesions],
        [lesion.probability for lesion in lesions],
        lesions[0].untouched,
        theme,
        selected,
        axis="probability",
        level=f"dotted: all blocks, {formatting.percent(lesions[0].untouched)}",
    )
    return without.update_traces(
        customdata=[
            "same answer" if lesion.survived else "another class wins" for lesion in lesions
        ],
        hovertemplate="without %{x}: %{y:.2%}<br>%{customdata}<extra></extra>",
    )


def lesion_table_bars(table: LesionTable, selected: str, theme: Theme) -> go.Figure:
    """The error on a test set without each block, one bar a block; the line is with all of them."""
    without = _bars_without(
        [block.path for block in table.blocks],
        [block.kind for block in table.blocks],
        [block.error for block in table.blocks],
        table.error,
        theme,
        selected,
        axis=f"error on {table.images:,} test images",
        level=f"dotted: all blocks, {formatting.percent(table.error)}",
    )
    return without.update_traces(
        hovertemplate="without %{x}: %{y:.2%} of the test images wrong<extra></extra>"
    )


def accuracy_bars(study: SetLesions, selected: str, theme: Theme) -> go.Figure:
    """The accuracy without each block, one bar a block, with its 95 % interval as a whisker."""
    paths, kinds = zip(*study.kinds, strict=True)
    right = [removal.right for removal in study.each]
    ends = [proportion.interval for proportion in right]
    without = _bars_without(
        paths,
        kinds,
        [proportion.share for proportion in right],
        study.whole.share,
        theme,
        selected,
        axis=f"accuracy on {study.whole.of:,} images",
        level=f"dotted: all blocks, {formatting.percent(study.whole.share)}",
        highest=1.0,
    )
    shares = [proportion.share for proportion in right]
    return without.update_traces(
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [high - share for share, (_, high) in zip(shares, ends, strict=True)],
            "arrayminus": [share - low for share, (low, _) in zip(shares, ends, strict=True)],
            "color": theme.text,
            "thickness": 1.5,
            "width": 4,
        },
        customdata=[f"{100 * low:.1f} to {100 * high:.1f} %" for low, high in ends],
        hovertemplate="without %{x}: %{y:.1%} right<br>95 % interval %{customdata}<extra></extra>",
    )


def _bars_without(
    paths: Sequence[str],
    kinds: Sequence[str],
    heights: Sequence[float],
    untouched: float,
    theme: Theme,
    selected: str,
    *,
    axis: str,
    level: str,
    highest: float = 0.0,
) -> go.Figure:
    """A share for the network without each block, and a dotted line for the whole network.

    The axis ends above the largest of them and of `highest`.
    """
    bars = _bars(
        paths, heights, [theme.stage(stage_number(path)) for path in paths], theme, selected
    )
    bars.update(marker_pattern=_hatched(kinds, theme))
    highest = max(highest, untouched, *heights)
    layout = _layout(theme, paths) | {
        "height": 320,
        "margin": {"l": 0, "r": 8, "t": 32, "b": 0},
        "yaxis": _heights(theme, axis, range=[0, 1.05 * highest], **_percent_ticks(highest)),
        "shapes": [_level(theme, untouched)],
        "annotations": [_headline(theme, level)],
    }
    return go.Figure(bars, layout)


def _tile(values: np.ndarray, vmax: float, signed: bool, side: int) -> Image.Image:
    """An (H, W) map in colour, `side` pixels square; cells stay squares, shrinking averages values."""
    vmax = vmax or 1.0  # of zeros alone
    low = -vmax if signed else 0.0
    share = (values - low) / (vmax - low)
    if values.shape[0] > side:
        share = np.asarray(Image.fromarray(share).resize((side, side), Image.Resampling.BOX))
    indices = (np.clip(share, 0.0, 1.0) * 255).round().astype(np.uint8)
    colours = Image.fromarray(colour_table(signed)[indices])  # (H, W, 3)
    return colours.resize((side, side), Image.Resampling.NEAREST).convert("RGBA")


def _bars(
    paths: Sequence[str],
    heights: Sequence[float | None],
    hues: Sequence[str],
    theme: Theme,
    selected: str,
) -> go.Bar:
    """One bar a block in its stage's hue, the selected one with a rim."""
    width = 1 if len(paths) > _MANY else 2.5
    rims = [width * (path == selected) for path in paths]
    marker = {"color": hues, "line": {"color": theme.text, "width": rims}}
    return go.Bar(x=paths, y=heights, marker=marker, unselected=_AS_BEFORE)


def _hatched(kinds: Sequence[str], theme: Theme) -> dict[str, object]:
    """Stripes over the bars of blocks whose shortcut is not the identity."""
    shapes = ["" if kind == "identity" else "/" for kind in kinds]
    return {"shape": shapes, "fillmode": "overlay", "fgcolor": theme.background, "solidity": 0.25}


def _level(theme: Theme, height: float, axis: str = "y") -> dict[str, object]:
    """A dotted line over the whole width."""
    line = {"color": theme.muted, "width": 1.5, "dash": "dot"}
    ends = {"xref": "paper", "x0": 0, "x1": 1, "yref": axis, "y0": height, "y1": height}
    return {"type": "line", "line": line} | ends


def _headline(theme: Theme, words: str) -> dict[str, object]:
    """A line of text above the plot, at its right end."""
    place = {"x": 1, "xref": "paper", "xanchor": "right", "y": 1, "yref": "paper"}
    font = {"color": theme.muted, "size": 12}
    return {"text": words, "yanchor": "bottom", "showarrow": False, "font": font} | place


def _angle_ticks(angles: Iterable[float | None]) -> dict[str, object]:
    """Range and ticks of an axis that ends near the outermost angles; 90° is always one of them."""
    known = [90.0, *(angle for angle in angles if angle is not None)]
    edge = max(2.0, 0.15 * (max(known) - min(known)))
    low, high = max(0.0, min(known) - edge), min(180.0, max(known) + edge)
    return {"range": [low, high], "tick0": 90, "dtick": _step(high - low, 6)}


def _percent_ticks(highest: float) -> dict[str, object]:
    """Ticks from zero to a probability, with as many digits as it takes to tell them apart."""
    step = _step(highest, 5)
    digits = max(0, -math.floor(math.log10(100 * step) + 1e-9))
    return {"tick0": 0, "dtick": step, "tickformat": f".{digits}%"}


def _step(span: float, most: int) -> float:
    """The smallest round number that is in `span` no more than `most` times."""
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(power * step for step in (*_STEPS, 10) if power * step * most >= span)


def _heights(theme: Theme, title: str, **more: object) -> dict[str, object]:
    return charts.axis(theme, title, fixedrange=True, **more)


def _layout(theme: Theme, paths: Sequence[str], anchor: str = "y") -> dict[str, object]:
    names = {"automargin": True, "showgrid": False, "fixedrange": True, "anchor": anchor}
    return charts.layout(theme) | {
        "bargap": 0.25,
        "dragmode": False,  # a finger on the chart scrolls the page
        "xaxis": names | _names(paths),
    }


def _names(paths: Sequence[str]) -> dict[str, object]:
    """What stands under the bars: every block's name, or where they are many each stage's, once."""
    if len(paths) <= _MANY:
        return {"tickangle": -40}
    stages: dict[str, list[str]] = {}
    for path in paths:
        stages.setdefault(STAGE_NAME.format(stage_number(path)), []).append(path)
    middles = [blocks[len(blocks) // 2] for blocks in stages.values()]
    return {"tickangle": 0, "tickvals": middles, "ticktext": list(stages)}
