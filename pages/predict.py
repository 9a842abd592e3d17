"""An image in, the most probable classes out: what the network saw, and what it answers."""

import streamlit as st

from resnet_viz.texts import plain
from resnet_viz.ui.frame import shell
from resnet_viz.ui.predict import predict_panel
from resnet_viz.ui.shared import boundary, image_upload, notes, prediction

with shell.page("predict") as view_state:
    st.title("Predict")
    st.caption(f"{view_state.title} · {view_state.weights.label} · {plain(view_state.image.name)}")
    with st.container(key="images_and_classes"):
        original, seen, answer = st.columns([3, 3, 4], gap="large")
    with original:
        predict_panel.original(view_state)
    with seen:
        prediction.input_image(view_state)
        predict_panel.preprocessing(view_state)
    with answer:
        predict_panel.top_classes(view_state)
        with boundary.error_boundary():
            predict_panel.why(view_state)
    notes.weights_note(view_state)

    st.header("Another image")
    upload, camera = st.columns(2, gap="large")
    with upload:
        image_upload.uploader("page", "Another image")
    with camera:
        predict_panel.camera()
