"""Charts of numbers: what layers cost, and what the network answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from resnet_viz.analysis.records import ClassScore, LayerRecord
from resnet_viz.figures import charts, formatting
from resnet_viz.figures.palette import Theme, mixed

MEASURES = {
    "params": "parameters",
    "macs": "multiply-adds",
    "activations": "values put out",
    "receptive_field": "receptive field, pixels",
}
_NAMED_BARS: Final = 40  # with a name for each, at most
_DIGITS: Final = 4  # after the point of a percentage, at most


@dataclass(frozen=True, slots=True)
class ScorePair:
    """One class in two answers."""

    label: str
    probabilities: tuple[float, float]  # before, after
    logits: tuple[float, float]

    @property
    def written(self) -> tuple[str, str]:
        """Percentage and logit of both answers: `95.9 % · logit 5.07`."""
        before, after = (
            f"{share} · logit {round(logit, 2) + 0.0:.2f}".replace("-", "−")
            for share, logit in zip(self.percentages, self.logits, strict=True)
        )
        return before, after

    @property
    def percentages(self) -> tuple[str, str]:
        """Both probabilities, with as many digits as it takes to tell them apart."""
        for digits in range(1, _DIGITS + 1):
            before, after = (f"{100 * p:.{digits}f} %" for p in self.probabilities)
            if before != after:
                return before, after
        before, after = map(formatting.percent, self.probabilities)
        return before, after


@dataclass(frozen=True, slots=True)
class LayerBar:
    """What one layer costs: its share of the largest (0 to 1), its number in words, its stage's colour."""

    path: str
    value: int
    share: float
    text: str
    colour: str
    named: bool  # whether there is room for its name


def cost_bars(layers: Iterable[LayerRecord], measure: str, theme: Theme) -> tuple[LayerBar, ...]:
    """One bar for each row that costs anything, in the order of execution, coloured by stage.

    Every bar has its name where there is room for all of them, else the first one of each stage has.

    Args:
        layers: rows of a trace.
        measure: a key of `MEASURES`.
        theme: the page's colours.
    """
    layers = tuple(layer for layer in layers if getattr(layer, measure))
    named = layers if len(layers) <= _NAMED_BARS else _first_of_each_stage(layers)
    values = [getattr(layer, measure) for layer in layers]
    return tuple(
        LayerBar(
            path=layer.path,
            value=value,
            share=value / max(values),
            text=f"{formatting.count(value)} {MEASURES[measure]}",
            colour=theme.stage(layer.stage),
            named=layer in named,
        )
        for layer, value in zip(layers, values, strict=True)
    )


def cost_ticks(bars: Sequence[LayerBar]) -> tuple[tuple[float, str], ...]:
    """Zero, half of the largest and the largest, as heights and in words."""
    largest = max((bar.value for bar in bars), default=0)
    return tuple((share, formatting.short(share * largest)) for share in (0.0, 0.5, 1.0))


def _first_of_each_stage(layers: Sequence[LayerRecord]) -> list[LayerRecord]:
    """The rows where another stage begins, and those before and after all stages."""
    before = [None, *(layer.stage for layer in layers)]
    return [layer for layer, stage in zip(layers, before, strict=False) if layer.stage != stage]


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
        text=[formatting.percent(score.probability) for score in top],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.4%}<extra></extra>",
    )
    layout = charts.layout(theme) | {
        "height": 48 + 34 * len(top),
        "bargap": 0.35,
        "margin": {"l": 0, "r": 64, "t": 8, "b": 0},
        "xaxis": {"visible": False, "range": [0, 1]},
        "yaxis": {"autorange": "reversed", "automargin": True, "showgrid": False},
    }
    return go.Figure(bars, layout)


def paired_bars(
    pairs: Sequence[ScorePair], answers: tuple[str, str], theme: Theme, *, trained: bool
) -> go.Figure:
    """Two answers class by class: the first one pale, the second full, with percentages and logits.

    The first class has the same hue in both answers. Names stand above their bars, where they find
    room on a phone too.
    """
    hues = [theme.shortcut if trained else theme.line, *[theme.line] * (len(pairs) - 1)]
    pale = [mixed(hue, theme.background, 0.45) for hue in hues]
    layout = charts.layout(theme) | {
        "height": 32 + 58 * len(pairs),
        "margin": {"l": 0, "r": 130, "t": 32, "b": 0},
        "dragmode": False,
        "showlegend": True,
        "legend": charts.legend_above(),
        "xaxis": {"visible": False, "range": [0, 1], "fixedrange": True},
        "yaxis": {"visible": False, "range": [len(pairs) - 0.5, -0.5], "fixedrange": True},
        "annotations": [_above(row, pair.label) for row, pair in enumerate(pairs)],
    }
    colours = (pale, hues)
    return go.Figure(
        [_answer(pairs, place, answers[place], colours[place]) for place in (0, 1)], layout
    )


def _answer(pairs: Sequence[ScorePair], place: int, name: str, hues: Sequence[str]) -> go.Bar:
    """The bars of the first (0) or second (1) of two answers."""
    return go.Bar(
        x=[pair.probabilities[place] for pair in pairs],
        y=list(range(len(pairs))),  # not the names: two classes may have the same
        width=0.28,
        offset=(-0.12, 0.18)[place],
        orientation="h",
        name=name,
        marker={"color": list(hues), "line": {"width": 0}},
        text=[pair.written[place] for pair in pairs],
        textposition="outside",
        cliponaxis=False,
        customdata=[pair.label for pair in pairs],
        hovertemplate="%{customdata}: %{x:.4%}<br>%{text}",
    )


def _above(row: int, label: str) -> dict[str, object]:
    """A class's name above its bars."""
    return {
        "text": label,
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": row - 0.5,
        "yanchor": "top",
        "showarrow": False,
    }
