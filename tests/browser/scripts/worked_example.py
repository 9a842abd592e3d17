"""A worked example by itself, and what it has told Python."""

import streamlit as st

from resnet_viz.components.worked_example import worked_example
from tests.components.worked import made

st.set_page_config(page_title="by hand", layout="wide")
kind = st.query_params.get("kind", "3")


def keep(place: object) -> None:
    st.session_state.update(told=place)


worked_example(kind, made(kind), on_pin=keep, key="worked_example")
st.write("told", str(st.session_state.get("told")))
