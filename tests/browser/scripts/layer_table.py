"""The layer table by itself, and what it has told Python."""

import streamlit as st

from resnet_viz.analysis.records import LayerRecord
from resnet_viz.analysis.trace import trace
from resnet_viz.components.layer_table import Column, Row, layer_table
from resnet_viz.figures import formatting
from resnet_viz.figures.palette import theme
from resnet_viz.model.presets import PRESETS

COLUMNS = (
    Column("kind", "Kind", "left"),
    Column("output", "Output", "right"),
    Column("kernel", "Kernel", "right"),
    Column("stride", "Stride", "right"),
    Column("params", "Parameters", "right", bar=True),
    Column("macs", "Multiply-adds", "right", bar=True),
    Column("activations", "Output activations", "right", bar=True),
    Column("field", "Receptive field", "right"),
)
COSTS = ("params", "macs", "activations")

st.set_page_config(layout="wide")
state, query = st.session_state, st.query_params
state.setdefault("selected", query.get("selected", "layer1.0"))
state.setdefault("heard", 0)
traced = trace(PRESETS[query.get("network", "resnet18")])
largest = {cost: max(getattr(leaf, cost) for leaf in traced.leaves()) for cost in COSTS}


def row(layer: LayerRecord) -> Row:
    shares = [0 if layer.is_container else getattr(layer, c) / largest[c] for c in COSTS]
    cells = (
        layer.kind,
        formatting.shape(layer.output_shape),
        formatting.pair(layer.kernel),
        formatting.pair(layer.stride),
        *(written(getattr(layer, cost)) for cost in COSTS),
        formatting.count(layer.receptive_field),
    )
    return Row(
        layer.path,
        layer.parent,
        layer.level,
        layer.stage,
        layer.kind,
        cells,
        (0, 0, 0, 0, *shares, 0),
        layer.is_container,
        layer.shortcut_kind if layer.on_shortcut else "",
    )


def hear(path: str) -> None:
    state.selected = path
    state.heard += 1


st.title("Layers")
search = st.text_input("Search", key="search")
opened = st.selectbox("Open", ["stages", "blocks", "layers"], index=1, key="opened")
written = formatting.short if st.checkbox("Short numbers") else formatting.count
if st.button("Elsewhere"):
    state.selected = "layer4.1.conv2"
layer_table(
    COLUMNS,
    [row(layer) for layer in traced.layers if search in layer.path],
    ("", "", "", "", *(formatting.count(getattr(traced, cost)) for cost in COSTS), ""),
    selected=state.selected,
    opened=opened,
    stage_colours=theme(st.context.theme.type).stages,
    on_select=hear,
    key="table",
)
st.text(f"Python holds {state.selected} after {state.heard}")
