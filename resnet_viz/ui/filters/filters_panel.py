"""The weights themselves: the stem's filters as colours, then those of the selected layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import streamlit as st

from resnet_viz.analysis import filters as weights
from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.figures import filters as figures
from resnet_viz.figures import formatting
from resnet_viz.figures.residual import colour_bar
from resnet_viz.texts import explanation, plain, text
from resnet_viz.texts.glossary import term
from resnet_viz.ui.filters import weights_panel
from resnet_viz.ui.shared import boundary, charts, facts, widgets
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import selection, url
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.weights.loaded import LoadedModel

_WALL: Final = 520  # pixels across on the page; on a phone as wide as there is room
_STEM: Final = 640  # likewise of the stem's wall
_FEW: Final = 12  # channels with the largest weights for a class, and as many with the smallest
_NEAR_ZERO: Final = f"{100 * weights.NEAR_ZERO:g} %"
_NAMED: Final = 12  # dead channels by number; of more, how many there are


def stem(view_state: ViewState) -> None:
    """All filters of the first convolution as one image, beside their lengths and what they say."""
    loaded = view_state.model()  # before any word: what is too large to run is one sentence
    across = figures.stem_columns(
        view_state.trace[weights.first_layer(view_state.trace)].output_shape[0]
    )
    share = min(max(across, 5), 8)  # of 64 filters the wall is as wide as the words
    wall, words = st.columns([share, 8], gap="large")
    with words:
        st.markdown(text(f"filters_{'trained' if view_state.weights.trained else 'untrained'}"))
        st.markdown(text("filters_stem"))
        one_scale = widgets.toggle("One scale for all filters", url.ONE_SCALE)
        _lengths(view_state, loaded)
    with wall, st.container(width=_STEM):
        _stem_wall(loaded, one_scale)


def _stem_wall(loaded: LoadedModel, one_scale: bool) -> None:
    colours = weights.stem_kernels(loaded, one_scale=one_scale)
    count, _, side, _ = colours.shape
    scale = "all on one scale" if one_scale else "each on its own scale"
    st.image(
        drawn(figures.stem_wall, colours),
        caption=f"conv1: {count} filters, {side} × {side} × 3 each; filter 0 at the top left, "
        f"{figures.stem_columns(count)} in a row; {scale}",
        width="stretch",
        alt=f"The {count} filters of the stem as images, {side} × {side} pixels each",
    )


def _lengths(view_state: ViewState, loaded: LoadedModel) -> None:
    """How long each filter is, which its stretched colours do not tell."""
    lengths = weights.stem_lengths(loaded)
    shortest, longest = int(lengths.argmin()), int(lengths.argmax())
    charts.chart(
        drawn(figures.length_bars, lengths, view_state.theme),
        alt=f"L2 norms of {len(lengths)} filters, from {formatting.value(lengths[shortest])} of filter "
        f"{shortest} to {formatting.value(lengths[longest])} of filter {longest}",
    )


def subject(trace: Trace, path: str) -> LayerRecord:
    """The layer in question: the selected one, and of a stage or block the first convolution."""
    inside = trace.inside(path)
    return next((row for row in inside if row.kind == "Conv2d"), trace[path])


def nearest_convolution(trace: Trace, row: LayerRecord) -> str:
    """The convolution that ran last before a layer; the stem is before all others."""
    return [r.path for r in trace.layers[: row.order] if r.kind == "Conv2d"][-1]


def layer(view_state: ViewState, row: LayerRecord) -> None:
    """The weights of a layer, or the way to some."""
    if row.path != view_state.layer:
        st.caption(f"{view_state.layer} holds several layers; shown is its first convolution.")
    if row.weights:
        _weights(view_state, row)
        return
    path = nearest_convolution(view_state.trace, row)
    st.markdown(f"{row.kind} has no weights: there is nothing in it that could be learned.")
    st.button(
        f"Show {path}",
        on_click=selection.select_layer,
        args=(path,),
        icon=":material/arrow_back:",
    )


@st.fragment
def _weights(view_state: ViewState, row: LayerRecord) -> None:
    """The part that changes with the filter or class that is chosen."""
    with boundary.error_boundary():
        if row.kind in _KINDS:
            _KINDS[row.kind](view_state, row)
        else:
            st.markdown(explanation(row.kind))
        if row.kind != "BatchNorm2d":  # whose γ stand there already, in order
            weights_panel.spread(view_state, row)


def _convolution(view_state: ViewState, row: LayerRecord) -> None:
    """The kernels of one output channel."""
    chosen = _filter_number(row)
    kernels = weights.kernels(view_state.model(), row.path, chosen)  # (C_in / groups, kh, kw)
    first = len(kernels) * (chosen * (row.groups or 1) // row.output_shape[0])
    facts.key_figures(
        (
            ("Reads channels", f"{first} to {first + len(kernels) - 1}"),
            ("Kernels", f"{len(kernels):,} of {formatting.pair(row.kernel)}"),
            ("Smallest weight", formatting.value(float(kernels.min()))),
            ("Largest weight", formatting.value(float(kernels.max()))),
            ("L2 norm ‖w‖", formatting.value(float(np.linalg.norm(kernels)))),
        )
    )
    if row.kernel == (1, 1):
        charts.chart(
            drawn(
                figures.signed_bars,
                kernels[:, 0, 0].tolist(),
                range(first, first + len(kernels)),
                view_state.theme,
                name="input channel",
            ),
            alt=f"{len(kernels)} weights of filter {chosen} of {row.path}",
        )
        st.markdown(text("filters_1x1"))
        return
    _tiles(kernels, f"Filter {chosen} of {row.path}")
    st.markdown(text("filters_kernels"))


def _tiles(kernels: np.ndarray, name: str) -> None:
    """A wall of kernels and its one colour scale."""
    across = figures.columns(len(kernels))
    with st.container(width=min(_WALL, 64 * across)):
        st.image(
            drawn(figures.kernel_wall, kernels),
            width="stretch",
            alt=f"{name}: {len(kernels)} kernels on one scale",
        )
    low, high = figures.colour_ends(kernels)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":small[{low}]", width="content")
        st.image(drawn(colour_bar, signed=True), width=160, alt="Colour scale, zero is white")
        st.markdown(f":small[{high}]", width="content")
        st.caption(f"one tile an input channel, {across} in a row", width="content")


def _filter_number(row: LayerRecord) -> int:
    """The output channel in question; of a layer with fewer of them, the last one."""
    last = row.output_shape[0] - 1
    if not url.FILTER.is_fresh and url.FILTER.value(0) > last:
        url.FILTER.set(last)
    return widgets.number(
        "Filter, that is output channel",
        (0, last),
        url.FILTER,
        default=0,
        width=220,
        help=f"0 to {last:,}: each makes one channel of the output.",
    )


def _norm(view_state: ViewState, row: LayerRecord) -> None:
    """γ, β and the running statistics of all channels."""
    norm = weights.norm_parameters(view_state.model(), row.path)
    facts.key_figures(
        (
            ("Channels", f"{len(norm.weight):,}"),
            ("γ", _range(norm.weight)),
            ("β", _range(norm.bias)),
            ("Mean", _range(norm.mean)),
            ("Variance", _range(norm.variance)),
        )
    )
    if view_state.weights.trained:
        st.markdown(_dead(norm))
    charts.chart(
        drawn(figures.norm_chart, norm, view_state.theme, hue=view_state.theme.stage(row.stage)),
        alt=f"γ, β, running mean and variance of {len(norm.weight)} channels of {row.path}",
    )
    st.markdown(text("filters_norm" if view_state.weights.trained else "filters_norm_untrained"))


def _dead(norm: weights.NormParameters) -> str:
    """Which channels a BatchNorm has given up."""
    dead, word = norm.dead, term("dead-channel", "dead")
    if not dead:
        return f"No channel is {word}: every |γ| is above {_NEAR_ZERO} of the largest."
    named = f": {', '.join(map(str, dead))}" if len(dead) <= _NAMED else ""
    return (
        f"**{len(dead):,} of {len(norm.weight):,} channels are {word}**{named}. Their |γ| is at most "
        f"{_NEAR_ZERO} of the largest."
    )


def _range(values: np.ndarray) -> str:
    return f"{formatting.value(float(values.min()))} … {formatting.value(float(values.max()))}"


def _classifier(view_state: ViewState, row: LayerRecord) -> None:
    """The channels with the largest and the smallest weights for a class."""
    count = row.output_shape[0]
    names = [f"{index} {view_state.weights.class_name(index)}" for index in range(count)]
    if not url.CLASS.is_fresh and url.CLASS.value(names[0]) not in names:
        url.CLASS.set(names[0])  # the other was chosen for another network
    chosen = names.index(widgets.choice("Class", names, url.CLASS, default=names[0], width=320))
    row_of_class = weights.class_weights(view_state.model(), chosen)  # (C,)
    order = np.argsort(-row_of_class, kind="stable")
    few = min(_FEW, len(order) // 2)
    most, least = (
        [(int(channel), float(row_of_class[channel])) for channel in half]
        for half in (order[:few], order[len(order) - few :])
    )
    name = plain(view_state.weights.class_name(chosen))
    best, worst = int(order[0]), int(order[-1])
    st.markdown(
        f"Channel **{best}** has the largest weight for **{name}** "
        f"({formatting.value(float(row_of_class[best]))}), channel **{worst}** the smallest "
        f"({formatting.value(float(row_of_class[worst]))})."
    )
    charts.chart(
        drawn(figures.class_bars, most, least, view_state.theme),
        alt=f"Weights of the {few} channels most for and most against {name}",
    )
    st.caption(
        f"The {few} channels strongest for and the {few} strongest against, of {len(order):,}."
    )
    st.markdown(text("filters_linear"))


_KINDS: Final[Mapping[str, Callable[[ViewState, LayerRecord], None]]] = {
    "Conv2d": _convolution,
    "BatchNorm2d": _norm,
    "Linear": _classifier,
}
