"""The network map by itself, and what it has told Python."""

import streamlit as st

from resnet_viz.components.network_map import Selection, network_map
from tests.components.maps import content, field_box


def keep(unfolded: list[str]) -> None:
    st.session_state.unfolded = unfolded


st.set_page_config(page_title="map", layout="wide")
kind = st.query_params.get("kind", "basic")
with st.sidebar:
    st.write("Controls")
first = "layer3.17.conv2" if kind == "deep" else "layer2.1.conv1"
layer = st.session_state.setdefault("layer", st.query_params.get("layer", first))
unfolded = st.session_state.setdefault("unfolded", [])
network_map(
    content(kind, unfolded),
    Selection(layer, layer.rpartition(".")[0], field_box(99)),
    unfolded=unfolded,
    alt="A made-up network of four stages",
    on_select=lambda path: st.session_state.update(layer=path),
    on_unfold=keep,
    key="map",
)
st.write(f"selected: {layer}")
st.write(f"unfolded: {' '.join(unfolded) or 'none'}")
