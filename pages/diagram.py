"""The network as a drawing, from four stages down to every layer."""

import streamlit as st

from resnet_viz.figures.diagrams import LEVELS
from resnet_viz.ui.diagram import diagram_panel
from resnet_viz.ui.frame import shell
from resnet_viz.ui.shared import layer_panel, ways, why, widgets
from resnet_viz.ui.state import url

with shell.page("diagram") as view_state:
    trace = view_state.trace
    st.title("Diagram")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level = widgets.segments("Detail", tuple(LEVELS), url.LEVEL, default="blocks")
        scopes = ("network", *(row.path for row in trace.layers if row.is_container))
        scope = widgets.choice("Of", scopes, url.SCOPE, default="network", width=180)
        direction = widgets.segments("Direction", ("down", "across"), url.DIRECTION, default="down")
    within = "" if scope == "network" else scope
    st.caption(f"{LEVELS[level]} · {diagram_panel.LEGEND[view_state.config.shortcut]}")
    diagram_panel.drawing(view_state, level, within, direction)

    st.header(f"{view_state.layer} · {view_state.selected.kind}")
    layer_panel.breadcrumbs(view_state)
    layer_panel.row_facts(view_state.selected)
    why.show(why.of_layer(trace, view_state.layer))
    ways.to_why_here(view_state)
    layer_panel.explanation(view_state, view_state.selected)
