"""Why this class: what speaks for an answer, by methods that can be compared, and the logit split."""

import streamlit as st

from resnet_viz.texts import plain, text
from resnet_viz.ui.frame import shell
from resnet_viz.ui.shared import boundary, notes
from resnet_viz.ui.why import (
    comparison_panel,
    curves_panel,
    maps_panel,
    randomised_panel,
    request,
    split_panel,
    worked_panel,
)

with shell.page("why") as view_state:
    st.title("Why this class?")
    st.caption(f"{view_state.title} · {view_state.weights.label} · {plain(view_state.image.name)}")
    if not view_state.weights.trained:
        notes.weights_note(view_state)  # before anything is read into the maps
    requests = request.choose(view_state)
    found = []
    with boundary.error_boundary():
        found = maps_panel.show(view_state, requests)
        st.markdown(
            "Can these maps be trusted? [Three tests below](#are-the-maps-faithful) ask that."
        )
        maps_panel.about(requests)
        worked_panel.worked_out(view_state, found)
    with boundary.error_boundary():
        split_panel.split(view_state, requests[0].target)
    st.header("Are the maps faithful?")
    st.markdown(text("why_faithful"))
    curves_panel.deletion_and_insertion(view_state, found)
    comparison_panel.comparison(view_state)
    randomised_panel.randomised(view_state, requests)
