"""What a file of one's own shows for certain, what is assumed of it, and the switches for that."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.model.config import ResNetConfig
from resnet_viz.texts import plain
from resnet_viz.ui.state import url
from resnet_viz.weights.assumptions import Assumption, Situation, certain, open_questions
from resnet_viz.weights.loaded import Weights

_SWITCHES: Final = {each.name: each for each in (*url.FIELDS, *url.PREPROCESSING)}


def assumption_notes(config: ResNetConfig, shown: Weights) -> None:
    """The list, folded; nothing for weights that came with a card."""
    if shown.file is None:
        return
    situation = Situation(config, shown)
    with st.expander("What is certain, what is assumed", icon=":material/fact_check:"):
        st.markdown("**Certain**")
        for sentence in certain(config, shown):
            st.caption(plain(sentence))
        st.markdown("**Assumed**, since no file says it")
        for assumption in open_questions(config, shown):
            st.caption(plain(assumption.sentence(situation)))
            _switches(assumption, config)


def _switches(assumption: Assumption, config: ResNetConfig) -> None:
    """A button for each other value that the option can have."""
    now = getattr(config, assumption.switch, None)
    others = [value for value in assumption.values if value != now]
    if not others:
        return
    with st.container(horizontal=True, gap="small"):
        for value in others:
            st.button(
                f"Try {value}",
                key=f"_try_{assumption.switch}_{value}",
                on_click=_SWITCHES[assumption.switch].set,
                args=(value,),
                help=f"{assumption.place}: {assumption.name}",
            )
