"""What one layer makes of the picture: all its channels, and one of them large."""

import streamlit as st

from resnet_viz.figures import numbers
from resnet_viz.ui import maps_panel, panels, shell
from resnet_viz.ui.texts import plain

with shell.page("feature_maps") as view_state:
    st.title("Feature maps")
    row = view_state.selected
    st.caption(
        f"{view_state.title} · {row.path} · {row.kind} · {numbers.shape(row.output_shape)} "
        f"from {plain(view_state.image.name)}"
    )
    panels.breadcrumbs(view_state)
    maps_panel.inside(view_state)
    panels.explanation(view_state, row)
    panels.weights_note(view_state)
