"""The network as a drawing, from four stages down to every layer."""

import streamlit as st

from resnet_viz.figures.diagrams import LEVELS, describe, network_diagram
from resnet_viz.ui import diagram_panel, panels, shell, widgets

with shell.page("diagram") as explorer:
    trace, theme = explorer.trace, explorer.theme
    st.title("Diagram")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level = widgets.segments("Detail", tuple(LEVELS), key="level", default="blocks")
        scopes = ("network", *(row.path for row in trace.layers if row.is_container))
        scope = widgets.choice("Of", scopes, key="of", default="network", width=180)
        direction = widgets.segments(
            "Direction", ("down", "across"), key="direction", default="down"
        )
    within = "" if scope == "network" else scope
    st.caption(f"{LEVELS[level]} · {diagram_panel.LEGEND[explorer.config.shortcut]}")
    diagram = network_diagram(
        trace,
        level,
        theme,
        within=within,
        selected=explorer.layer,
        horizontal=direction == "across",
    )
    diagram_panel.drawing(explorer, diagram, describe(trace, level, within))

    st.subheader(f"{explorer.layer} · {explorer.selected.kind}")
    panels.breadcrumbs(explorer)
    panels.row_facts(explorer.selected)
    panels.explanation(explorer, explorer.selected)
