"""The argument for shortcuts in six parts: predict, see, and what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import streamlit as st

from resnet_viz.texts import text
from resnet_viz.ui.shared import boundary, stepper, widgets
from resnet_viz.ui.state import session, url
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.ui.why_shortcuts import (
    correction_part,
    degradation_part,
    gradient_part,
    overfitting_part,
    removal_part,
    surface_part,
)
from resnet_viz.ui.why_shortcuts.question import Question


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its title, its text, what is to be predicted, and what is then shown."""

    title: str
    slug: str  # of its texts: `why_<slug>` before, `why_<slug>_paper` after
    question: Callable[[ViewState], Question]
    see: Callable[[ViewState], None]


PARTS: Final = (
    Part(
        "Degradation: deeper, and worse",
        "degradation",
        degradation_part.question,
        degradation_part.see,
    ),
    Part(
        "It is not overfitting, and no vanishing gradient",
        "overfitting",
        overfitting_part.question,
        overfitting_part.see,
    ),
    Part("The gradient's way back", "gradient", gradient_part.question, gradient_part.see),
    Part(
        "A block has only to correct", "correction", correction_part.question, correction_part.see
    ),
    Part("Removing blocks", "removal", removal_part.question, removal_part.see),
    Part("The loss surface", "surface", surface_part.question, surface_part.see),
)


def argument(view_state: ViewState) -> None:
    """One part of the argument; the URL says which."""
    number = stepper.choose([part.title for part in PARTS], url.PART)
    reveal = widgets.toggle(
        "Show the figures without predicting first",
        url.REVEAL,
        help="For a lecture, or for looking things up.",
    )
    part = PARTS[number - 1]
    st.header(f"{number}. {part.title}")
    st.markdown(text(f"why_{part.slug}"))
    with boundary.error_boundary():
        if _predicted(number, part.question(view_state)) or reveal:
            part.see(view_state)
            st.subheader("What the papers found")
            st.markdown(text(f"why_{part.slug}_paper"))
            if number == len(PARTS):
                st.subheader("The argument in short")
                st.markdown(text("why_in_short"))
        else:
            st.caption("The figures appear once an answer is chosen.")


def _predicted(number: int, question: Question) -> bool:
    """Ask for a prediction, keep it for the visit, and compare it once it is made."""
    st.subheader("Predict first")
    # A key of the session of its own: a widget's value is lost while another part is shown.
    chosen = session.PREDICTIONS.get({}).get(number)
    key = f"_prediction_{number}"
    st.radio(
        question.asks,
        range(len(question.options)),
        index=chosen,
        format_func=lambda option: question.options[option],
        key=key,
        on_change=_keep,
        args=(number, key),
    )
    if chosen is None:
        return False
    measured = question.options[question.right]
    if chosen == question.right:
        st.success(f"That is what was measured: {measured}.", icon=":material/check:")
    else:
        st.info(
            f"You predicted: {question.options[chosen]}. The measurement says otherwise: {measured}.",
            icon=":material/science:",
        )
    return True


def _keep(number: int, key: str) -> None:
    chosen = st.session_state[key]
    if chosen is not None:
        session.PREDICTIONS.set(session.PREDICTIONS.get({}) | {number: chosen})
