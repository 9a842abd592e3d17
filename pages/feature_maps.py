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
    maps_panel.inside(explorer)
    panels.explanation(explorer, row)
    panels.weights_note(explorer)
