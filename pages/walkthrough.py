"""One picture on its way through the network, step by step."""

import streamlit as st

from resnet_viz.analysis.walkthrough import walkthrough
from resnet_viz.figures import numbers
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui import panels, shell, walkthrough_panel

with shell.page("walkthrough") as explorer:
    steps = walkthrough(explorer.trace)
    st.title("Walkthrough")
    st.caption(
        f"{explorer.title} in {len(steps)} steps, at {explorer.input_size} × "
        f"{explorer.input_size} pixels"
    )
    if explorer.config != PRESETS["walkthrough"]:
        walkthrough_panel.offer_original()
    step = walkthrough_panel.choose(steps)

    st.header(f"{step.number}. {step.title}")
    st.subheader(f"{numbers.shape(step.input_shape)} → {numbers.shape(step.output_shape)}")
    words, picture = st.columns([3, 2], gap="large")
    with words:
        walkthrough_panel.explain(explorer, step)
    with picture, panels.told():
        panels.picture_seen(explorer, step.shown.path)
    with panels.told():
        walkthrough_panel.what_comes_out(explorer, step)
        panels.weights_note(explorer)
    walkthrough_panel.inside(explorer, step)
    walkthrough_panel.all_steps(steps)
    if explorer.config == PRESETS["walkthrough"]:
        walkthrough_panel.about_the_name(explorer)
