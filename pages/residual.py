"""The residual decomposition of one block: what it adds, and what becomes of the answer without it."""

import streamlit as st

from resnet_viz.texts import plain
from resnet_viz.ui.frame import shell
from resnet_viz.ui.residual import (
    ablation_panel,
    lesion_panel,
    lesion_table_panel,
    residual_panel,
    set_lesion_panel,
)
from resnet_viz.ui.shared import notes, shapes_panel

with shell.page("residual") as view_state:
    st.title("Residual")
    st.caption(f"{view_state.title} · {view_state.weights.label} · {plain(view_state.image.name)}")
    if not view_state.weights.trained:
        notes.weights_note(view_state)  # before anything is read into the numbers
    block = residual_panel.choose_block(view_state)
    residual_panel.why_this_block(view_state, block)
    residual_panel.taken_apart(view_state, block)
    residual_panel.all_blocks(view_state, block)

    shapes_panel.little_difference(view_state)
    lesion_table_panel.on_test_set(view_state, block)

    st.header(f"Ablation of {block}")
    ablation_panel.ablation_panel(view_state, block)
    if view_state.config.shortcut != "none":
        st.header("Lesion study")
        lesion_panel.study(view_state, block)
    set_lesion_panel.on_rendered_images(view_state, block)
    if view_state.weights.trained:
        notes.weights_note(view_state)
