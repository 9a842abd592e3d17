"""What one layer makes of the image: all its channels, and one of them large."""

import streamlit as st

from resnet_viz.figures import formatting
from resnet_viz.texts import plain
from resnet_viz.ui.feature_maps import maps_panel
from resnet_viz.ui.frame import shell
from resnet_viz.ui.shared import layer_panel, notes

with shell.page("feature_maps") as view_state:
    st.title("Feature maps")
    row = view_state.selected
    st.caption(
        f"{view_state.title} · {row.path} · {row.kind} · {formatting.shape(row.output_shape)} "
        f"from {plain(view_state.image.name)}"
    )
    layer_panel.breadcrumbs(view_state)
    notes.single_position_note(view_state)
    maps_panel.inside(view_state)
    layer_panel.explanation(view_state, row)
    notes.weights_note(view_state)
