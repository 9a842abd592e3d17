"""The lesion study on the page: a button, its progress, and the bars that it leaves."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

import streamlit as st

from resnet_viz.analysis.lesions import LesionJob, removable
from resnet_viz.analysis.residual_records import Lesion
from resnet_viz.figures import formatting, residual
from resnet_viz.texts import plain, text
from resnet_viz.ui.shared import boundary, charts, facts
from resnet_viz.ui.shared.asked_job import AskedJob
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import session
from resnet_viz.ui.state.view_state import ViewState

_CHART: Final = "_lesion_chart"  # its key
_STUDY: Final = AskedJob[tuple[Lesion, ...]](session.STUDY)


@st.fragment
def study(view_state: ViewState, block: str) -> None:
    """Remove each block in turn, when asked to; the result stays until its subject changes."""
    subject = _subject(view_state)
    passes = len(removable(view_state.trace)) + 1
    _STUDY.button(
        f"Remove each block in turn: {passes} forward passes", subject, ":material/science:"
    )
    with boundary.error_boundary():
        lesions = _STUDY.result(subject, lambda: _prepared(view_state))
        if lesions is not None:
            _show(view_state, lesions, block)
    st.caption(text("lesions"))


def _prepared(view_state: ViewState) -> Callable[[], LesionJob]:
    """How the study is begun, once its network is there."""
    loaded = view_state.model()
    return lambda: LesionJob(loaded, view_state.image)


def _subject(view_state: ViewState) -> Hashable:
    return view_state.network, view_state.image.sha256


def _show(view_state: ViewState, lesions: tuple[Lesion, ...], block: str) -> None:
    """What the study found, in words and as bars; a click on one of them selects its block."""
    name = plain(view_state.answers[lesions[0].target])
    survived = sum(lesion.survived for lesion in lesions)
    st.markdown(
        f"Without one block the answer is still **{name}** in **{survived} of {len(lesions)}** "
        f"cases. {verdict(lesions, trained=view_state.weights.trained)}"
    )
    charts.block_chart(
        drawn(residual.lesion_bars, lesions, block, view_state.theme),
        alt=f"Probability of {name} without each of {len(lesions)} blocks",
        key=_CHART,
    )
    with st.expander("As a table", icon=":material/table_rows:"):
        facts.table(
            [_row(view_state, lesion) for lesion in lesions], "What is left without a block"
        )


def _row(view_state: ViewState, lesion: Lesion) -> dict[str, str]:
    """What a study found about one block, as cells of a table."""
    answer = plain(view_state.answers[lesion.top])
    return {
        "Without": lesion.path,
        "Shortcut": lesion.kind,
        "Probability": formatting.percent(lesion.probability),
        "Answer": f"{answer}, {formatting.percent(lesion.top_probability)}",
    }


def verdict(lesions: tuple[Lesion, ...], *, trained: bool) -> str:
    """Which block is missed most, where anything was learned that could be missed."""
    if not trained:
        return "These weights are untrained: that says nothing about the blocks."
    most = min(lesions, key=lambda lesion: lesion.probability)
    if most.probability >= most.untouched:
        return f"No block is missed: without any one, {formatting.percent(most.untouched)} or more stay."
    return (
        f"**{most.path}** is missed most: {formatting.percent(most.untouched)} become "
        f"{formatting.percent(most.probability)}."
    )
