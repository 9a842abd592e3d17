"""What one layer makes of the picture: all its channels, and one of them large."""

import streamlit as st

from resnet_viz.figures import numbers
from resnet_viz.ui import maps_panel, panels, shell
from resnet_viz.ui.texts import plain

with shell.page("feature_maps") as explorer:
    st.title("Feature maps")
    row = explorer.selected
    st.caption(
        f"{explorer.title} · {row.path} · {row.kind} · {numbers.shape(row.output_shape)} "
        f"from {plain(explorer.image.name)}"
    )
    panels.breadcrumbs(explorer)
    activation = explorer.capture(row.path)[row.path]
    view = maps_panel.view_controls(activation)
    wall, closeup = st.columns([3, 2], gap="large")
    with wall:
        maps_panel.wall(explorer, activation, view)
        panels.statistics(activation)
        panels.explanation(explorer, row)
    with closeup:
        maps_panel.closeup(explorer, activation, view)
    panels.untrained_note(explorer)
