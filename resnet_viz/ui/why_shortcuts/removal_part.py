"""Part 5: what is left without one block, and how long the paths are that matter."""

from __future__ import annotations

from statistics import median
from typing import Final

import streamlit as st

from resnet_viz.analysis.paths import SAMPLES, path_shares, shortest_with
from resnet_viz.figures import argument, formatting, residual
from resnet_viz.model.presets import PRESETS, title
from resnet_viz.texts import plain, text
from resnet_viz.ui.shared import charts, shapes_panel
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache, pages, selection
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.ui.why_shortcuts import evidence
from resnet_viz.ui.why_shortcuts import question as questions
from resnet_viz.ui.why_shortcuts.question import Question
from resnet_viz.weights.bundled import BundledSource
from resnet_viz.weights.lesion_table import LesionTable

_TRAINED: Final = "resnet56"
_MOST: Final = 0.95  # of the gradient
# Veit et al. 2016, section 5: ResNet-110 has 54 blocks, and the paths that matter have 5 to 17.
_PAPER_BLOCKS: Final = 54
_PAPER_LENGTHS: Final = range(5, 18)


def question(view_state: ViewState) -> Question:
    """What becomes of the error without one block."""
    table = evidence.lesions(_TRAINED)
    return questions.by_limits(
        f"{evidence.name(_TRAINED)} has {len(table.blocks)} blocks and an error of "
        f"{formatting.percent(table.error)} on {table.images:,} test images. One block is removed, without "
        "training again. What is the error then, in a typical case?",
        typical(table),
        (1.5 * table.error, 0.5),
        (
            "hardly higher: at most one and a half times",
            "clearly higher, but below 50 %",
            "above 50 %: the network is broken",
        ),
    )


def see(view_state: ViewState) -> None:
    """Both lesion studies, and the paths."""
    st.subheader("See: without one block")
    left, right = st.columns(2, gap="large")
    for column, network in ((left, "resnet56"), (right, "plain56")):
        with column:
            _study(view_state, network)
    st.caption(text("lesion_table"))
    _lead_on()
    st.subheader("See: paths")
    st.markdown(text("why_paths"))
    _paths(view_state)


def typical(table: LesionTable) -> float:
    """The median of the errors without one block."""
    return median(block.error for block in table.blocks)


def _study(view_state: ViewState, network: str) -> None:
    table = evidence.lesions(network)
    st.markdown(f"**{evidence.name(network)}**")
    charts.chart(
        drawn(residual.lesion_table_bars, table, "", view_state.theme),
        key=f"_lesions_{network}",
        alt=f"Error of {evidence.name(network)} without each of its {len(table.blocks)} blocks",
    )
    worst = max(table.blocks, key=lambda block: block.error)
    st.markdown(
        f"Without one block: **{formatting.percent(typical(table))}** in the middle of all cases, "
        f"{formatting.percent(worst.error)} at worst ({worst.path})."
    )


def _lead_on() -> None:
    """The ways to the same on one image, block by block, and to a study that is measured on the spot."""
    small = shapes_panel.PAIR[0]
    ways = {
        _TRAINED: f"Remove blocks of {evidence.name(_TRAINED)} yourself, on this image",
        small: f"Measure it on {title(PRESETS[small])}",
    }
    with st.container(horizontal=True):
        for network, label in ways.items():
            st.button(label, on_click=_open_blocks, args=(network,), icon=":material/call_split:")


def _open_blocks(network: str) -> None:
    selection.select_model(network, BundledSource.slug)
    pages.go_to("residual")


def _paths(view_state: ViewState) -> None:
    """How many paths there are of each length, and what they carry of this image's gradient."""
    found = cache.path_lengths(cache.bundled_key(_TRAINED), view_state.image)
    charts.chart(
        drawn(
            argument.path_bars,
            {"all paths": found.shares, "the gradient": found.carried},
            view_state.theme,
        ),
        key="_paths",
        alt=f"Share of the paths and of the gradient by length, 0 to {found.blocks}",
    )
    low, high = shortest_with(found.carried, _MOST)
    share = sum(found.shares[low : high + 1])
    few, many = shortest_with(found.shares, _MOST)
    paper = sum(path_shares(_PAPER_BLOCKS)[length] for length in _PAPER_LENGTHS)
    most = f"{100 * _MOST:.0f} %"
    st.markdown(
        f"{found.blocks} blocks make {2**found.blocks:,} paths, {most} of them of "
        f"length {few} to {many}. But {most} of the gradient of {plain(view_state.image.name)} comes by "
        f"paths of length **{low} to {high}**, which are {formatting.percent(share)} of all. By the same "
        f"formula lengths {_PAPER_LENGTHS[0]} to {_PAPER_LENGTHS[-1]} of {_PAPER_BLOCKS} blocks, those that "
        f"matter in the paper's ResNet-110, are {100 * paper:.2f} % of its paths."
    )
    st.caption(
        f"Mean of {SAMPLES} random paths of each length, one image; the gradient of the answer's "
        "cross-entropy at the image, times the number of paths of that length."
    )
