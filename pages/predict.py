"""A picture in, the most probable classes out: what the network saw, and what it answers."""

import streamlit as st

from resnet_viz.ui import panels, picture_controls, predict_panel, shell
from resnet_viz.ui.texts import plain

with shell.page("predict") as view_state:
    st.title("Predict")
    st.caption(f"{view_state.title} · {view_state.weights.label} · {plain(view_state.image.name)}")
    original, seen, answer = st.columns([3, 3, 4], gap="large")
    with original:
        predict_panel.original(view_state)
    with seen:
        panels.picture_seen(view_state)
        predict_panel.preprocessing(view_state)
    with answer:
        predict_panel.answer(view_state)
    panels.weights_note(view_state)

    st.subheader("Another picture")
    upload, camera = st.columns(2, gap="large")
    with upload:
        picture_controls.uploader("page")
    with camera:
        predict_panel.camera()
