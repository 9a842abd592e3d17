"""The feature wall by itself, and what it has told Python."""

import streamlit as st

from resnet_viz.analysis.receptive_field import Field
from resnet_viz.components.feature_wall import InitialView, Options, Pin, feature_wall
from tests.components.walls import CLASSES, image, made

st.set_page_config(page_title="wall", layout="wide")
told = st.session_state.setdefault("told", {"pin": None, "options": None, "number": 0})
opened = st.session_state.setdefault("opened", {"options": Options(), "options_version": 0})
kind = st.query_params.get("kind", "stem")
if st.button("Another layer"):
    st.session_state.another = not st.session_state.get("another", False)
if st.button("As a link says"):
    opened.update(options=Options(sort="mean"), options_version=told["number"])
if st.session_state.get("another"):
    kind = "single"
values = made(kind)
channels, height, width = values.shape
jump = 224 // height
home = Pin(channels - 1, height // 2, width // 2)


@st.fragment
def shown() -> None:
    feature_wall(
        kind,
        values,
        image(),
        Field(2 * jump + 1, jump, (jump - 1) / 2),
        initial_view=InitialView(**opened, **home._asdict(), pinned=False, default_position=home),
        classes=CLASSES.get(kind),
        on_pin=lambda pin: told.update(pin=pin),
        on_options=lambda options, number: told.update(options=options, number=number),
        key="wall",
    )
    pin, options = told["pin"], told["options"]
    st.write("pin: " + (f"{pin.channel} {pin.row}-{pin.column}" if pin else "none"))
    chosen = (
        f"{options.sort} {options.scale} {options.show} {options.low:g} {options.high:g}"
        if options
        else "none"
    )
    st.write(f"options: {chosen}")


shown()
st.write(f"run {st.session_state.setdefault('runs', 0)}")
st.session_state.runs += 1
