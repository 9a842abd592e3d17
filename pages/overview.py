"""The network as it looks at the image: the page that says everything at a glance."""

import streamlit as st

from resnet_viz.figures import formatting
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui.frame import shell
from resnet_viz.ui.overview import costs
from resnet_viz.ui.overview.network_panel import network_panel
from resnet_viz.ui.shared import boundary, layer_panel, notes
from resnet_viz.ui.state import pages

with shell.page("overview") as view_state:
    config, trace = view_state.config, view_state.trace
    st.title(f"{view_state.title}: feature maps and prediction")
    st.caption(
        f"{formatting.count(config.depth)} weighted layers · {formatting.count(trace.params)} parameters · "
        f"{formatting.short(trace.macs)} multiply-adds · {formatting.count(config.num_classes)} classes · "
        f"{config.block} blocks {', '.join(map(str, config.repeats))}"
    )
    with boundary.error_boundary():
        network_panel(view_state)
        notes.weights_note(view_state)

    st.header(f"{view_state.layer} · {view_state.selected.kind}")
    layer_panel.row_facts(view_state.selected)
    words, sums = st.columns([2, 3], gap="large")
    with words:
        layer_panel.explanation(view_state, view_state.selected)
        with st.container(horizontal=True):
            st.page_link(
                pages.page_path("feature_maps"), label="Feature maps", icon=":material/grid_view:"
            )
            if view_state.selected.stage:
                st.page_link(
                    pages.page_path("residual"), label="Residual", icon=":material/call_split:"
                )
            st.page_link(pages.page_path("layers"), label="Layers", icon=":material/table_rows:")
            st.page_link(
                pages.page_path("diagram"), label="Diagram", icon=":material/account_tree:"
            )
    with sums:
        layer_panel.arithmetic(view_state, view_state.layer)

    st.header("Where the costs are")
    costs.stage_costs(view_state)
    if config == PRESETS["walkthrough"]:
        st.page_link(pages.page_path("walkthrough"), label="Walk through it in nine steps")
