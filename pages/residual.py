"""One block through the residual lens: what it adds, and what becomes of the answer without it."""

import streamlit as st

from resnet_viz.ui import (
    lesion_panel,
    lesion_table_panel,
    panels,
    residual_panel,
    shapes_panel,
    shell,
    surgery_panel,
)
from resnet_viz.ui.texts import plain

with shell.page("residual") as explorer:
    st.title("Residual")
    st.caption(f"{explorer.title} · {explorer.weights.label} · {plain(explorer.image.name)}")
    if not explorer.weights.trained:
        panels.weights_note(explorer)  # before anything is read into the numbers
    block = residual_panel.choose_block(explorer)
    residual_panel.why_this_block(explorer, block)
    residual_panel.taken_apart(explorer, block)
    residual_panel.all_blocks(explorer, block)

    shapes_panel.little_difference(explorer)
    lesion_table_panel.on_test_set(explorer, block)

    st.subheader(f"Surgery on {block}")
    surgery_panel.operating_table(explorer, block)
    if explorer.config.shortcut != "none":
        st.subheader("Lesion study")
        lesion_panel.study(explorer, block)
    if explorer.weights.trained:
        panels.weights_note(explorer)
