"""The lesion study on the page: a button, its progress, and the bars that it leaves."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

import streamlit as st

from resnet_viz import jobs
from resnet_viz.analysis.lesions import LesionJob, removable
from resnet_viz.analysis.residual_records import Lesion
from resnet_viz.figures import formatting, residual
from resnet_viz.texts import plain, text
from resnet_viz.ui.residual import residual_panel
from resnet_viz.ui.shared import boundary, charts, facts, job_progress
from resnet_viz.ui.state import answers, session
from resnet_viz.ui.state.view_state import ViewState

_CHART: Final = "_lesion_chart"  # its key
_AT_ONCE_S: Final = 0.5  # what is through by then needs no bar


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
    with boundary.error_boundary():
        asked, job = session.STUDY.get((None, None))
        if asked == subject:
            _follow(view_state, job or _started(view_state, subject), block)
    st.caption(text("lesions"))


def _ask(subject: Hashable) -> None:
    _leave()
    session.STUDY.set((subject, None))


def _started(view_state: ViewState, subject: Hashable) -> LesionJob:
    """The study, begun now or joined where somebody has begun the same."""
    loaded = view_state.model()
    job = jobs.start(
        ("lesions", subject), lambda: LesionJob(loaded, view_state.image), answers.visitor()
    )
    session.STUDY.set((subject, job))
    return job


def _follow(view_state: ViewState, job: LesionJob, block: str) -> None:
    """What the study found; while it runs, how far it is."""
    now = job.wait(_AT_ONCE_S)
    if job.result is not None:
        _show(view_state, job.result, block)
    elif now.has_ended:
        st.error(plain(now.sentence))
    else:
        job_progress.follow(
            job,
            is_followed=lambda: session.STUDY.get((None, None))[1] is job,
            on_cancel=_leave,
        )


def _leave() -> None:
    """No longer want the study that was asked for; others go on."""
    _, job = session.STUDY.pop((None, None))
    if job:
        job.leave(answers.visitor())


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
    residual_panel.block_chart(
        residual.lesion_bars(lesions, block, view_state.theme),
        f"Probability of {name} without each of {len(lesions)} blocks",
        _CHART,
    )
    with st.expander("As a table", icon=":material/table_rows:"):
        facts.table(
            [_row(view_state, lesion) for lesion in lesions], "What is left without a block"
        )
    if charts.clicked(_CHART) not in ("", block):
        st.rerun()  # the whole page, not this part of it: another block is selected


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
