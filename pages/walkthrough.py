"""One image on its way through the network, step by step."""

import streamlit as st

from resnet_viz.analysis.walkthrough import walkthrough
from resnet_viz.figures import formatting
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.roles import Role
from resnet_viz.ui.frame import shell
from resnet_viz.ui.shared import boundary, notes, prediction
from resnet_viz.ui.walkthrough import block_step, pixel_step, walkthrough_panel

with shell.page("walkthrough") as view_state:
    steps = walkthrough(view_state.trace)
    st.title("Walkthrough")
    st.caption(
        f"{view_state.title} in {len(steps)} steps, at {view_state.input_size} × "
        f"{view_state.input_size} pixels"
    )
    if view_state.config != PRESETS["walkthrough"]:
        walkthrough_panel.offer_original()
    step = walkthrough_panel.choose(steps)

    if step is steps[0]:
        pixel_step.pixel_step(view_state)
    st.header(f"{step.number}. {step.title}")
    st.subheader(f"{formatting.shape(step.input_shape)} → {formatting.shape(step.output_shape)}")
    words, image = st.columns([3, 2], gap="large")
    with words:
        walkthrough_panel.explain(view_state, step)
    with image, boundary.error_boundary():
        prediction.input_image(view_state, step.shown.path)
    with boundary.error_boundary():
        walkthrough_panel.what_comes_out(view_state, step)
        notes.weights_note(view_state)
    if step.shown.role is Role.STAGE:
        walkthrough_panel.inside(view_state, step)
        block_step.block_step(view_state, step.shown)
    walkthrough_panel.all_steps(steps)
    if view_state.config == PRESETS["walkthrough"]:
        walkthrough_panel.about_the_name(view_state)
