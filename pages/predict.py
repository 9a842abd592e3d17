"""A picture in, the most probable classes out: what the network saw, and what it answers."""

import streamlit as st

from resnet_viz.ui import panels, picture_controls, predict_panel, shell
from resnet_viz.ui.texts import plain

with shell.page("predict") as explorer:
    st.title("Predict")
    st.caption(f"{explorer.title} · {explorer.weights.label} · {plain(explorer.image.name)}")
    original, seen, answer = st.columns([3, 3, 4], gap="large")
    with original:
        predict_panel.original(explorer)
    with seen:
        panels.picture_seen(explorer)
        predict_panel.preprocessing(explorer)
    with answer:
        predict_panel.answer(explorer)
    panels.weights_note(explorer)

    st.subheader("Another picture")
    upload, camera = st.columns(2, gap="large")
    with upload:
        picture_controls.uploader("page")
    with camera:
        predict_panel.camera()
