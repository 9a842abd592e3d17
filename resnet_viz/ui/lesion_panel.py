"""The lesion study on the page: a button, its progress, and the bars that it leaves."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

import streamlit as st

from resnet_viz.analysis.lesions import lesion_study, removable
from resnet_viz.analysis.residual_records import Lesion
from resnet_viz.figures import numbers, residual
from resnet_viz.ui import panels, residual_panel
from resnet_viz.ui.texts import plain, text
from resnet_viz.ui.view_state import ViewState

_ASKED: Final = "_lesions_asked"  # in the session: what a study was asked of
_KEPT: Final = "_lesions"  # and the last one: its subject, and what it found
_CHART: Final = "_lesion_chart"  # its key


@st.fragment
def study(view_state: ViewState, block: str) -> None:
    """Remove each block in turn, when asked to; the result stays until its subject changes."""
    subject = _subject(view_state)
    passes = len(removable(view_state.trace)) + 1
    st.button(
        f"Remove each block in turn: {passes} forward passes",
        on_click=_ask,
        args=(subject,),
        icon=":material/science:",
    )
    with panels.error_boundary():
        if st.session_state.get(_ASKED) == subject:
            _show(view_state, _kept(subject) or _performed(view_state, subject), block)
    st.caption(text("lesions"))


def _ask(subject: Hashable) -> None:
    st.session_state[_ASKED] = subject


def _performed(view_state: ViewState, subject: Hashable) -> tuple[Lesion, ...]:
    """The study itself, with a bar that tells how far it is."""
    bar = st.progress(0.0, "Running the forward pass …")

    def report(done: int, total: int) -> None:
        bar.progress(done / total, f"{done} of {total} forward passes")

    lesions = lesion_study(view_state.model(), view_state.image, report)
    bar.empty()
    st.session_state[_KEPT] = (subject, lesions)
    return lesions


def _kept(subject: Hashable) -> tuple[Lesion, ...]:
    """What an earlier study of the same network and picture found; empty when there is none."""
    before, lesions = st.session_state.get(_KEPT, (None, ()))
    return lesions if before == subject else ()


def _subject(view_state: ViewState) -> Hashable:
    return view_state.network, view_state.image.sha256


def _show(view_state: ViewState, lesions: tuple[Lesion, ...], block: str) -> None:
    """What the study found, in words and as bars; a click on one of them selects its block."""
    name = plain(view_state.weights.class_name(lesions[0].target))
    survived = sum(lesion.survived for lesion in lesions)
    st.markdown(
        f"Without one block the answer is still **{name}** in **{survived} of {len(lesions)}** "
        f"cases. {verdict(lesions, trained=view_state.weights.trained)}"
    )
    residual_panel.block_chart(
        residual.lesion_bars(lesions, block, view_state.theme),
        f"Probability of {name} without each of {len(lesions)} blocks",
        _CHART,
    )
    with st.expander("As a table", icon=":material/table_rows:"):
        panels.table(
            [_row(view_state, lesion) for lesion in lesions], "What is left without a block"
        )
    if residual_panel.clicked(_CHART) not in ("", block):
        st.rerun()  # the whole page, not this part of it: another block is selected


def _row(view_state: ViewState, lesion: Lesion) -> dict[str, str]:
    """What a study found about one block, as cells of a table."""
    answer = plain(view_state.weights.class_name(lesion.top))
    return {
        "Without": lesion.path,
        "Shortcut": lesion.kind,
        "Probability": numbers.percent(lesion.probability),
        "Answer": f"{answer}, {numbers.percent(lesion.top_probability)}",
    }


def verdict(lesions: tuple[Lesion, ...], *, trained: bool) -> str:
    """Which block is missed most, where anything was learned that could be missed."""
    if not trained:
        return "These weights are untrained: that says nothing about the blocks."
    most = min(lesions, key=lambda lesion: lesion.probability)
    if most.probability >= most.untouched:
        return (
            f"No block is missed: without any one, {numbers.percent(most.untouched)} or more stay."
        )
    return (
        f"**{most.path}** is missed most: {numbers.percent(most.untouched)} become "
        f"{numbers.percent(most.probability)}."
    )
