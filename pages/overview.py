"""The network as it looks at the picture: the page that says everything at a glance."""

import streamlit as st

from resnet_viz.figures import numbers
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui import panels, shell
from resnet_viz.ui.network_panel import network_panel

with shell.page("overview") as explorer:
    config, trace = explorer.config, explorer.trace
    st.title(f"{explorer.title} looks at your picture")
    st.caption(
        f"{numbers.count(config.depth)} weighted layers · {numbers.count(trace.params)} parameters · "
        f"{numbers.short(trace.macs)} multiply-adds · {numbers.count(config.num_classes)} classes · "
        f"{config.block} blocks {', '.join(map(str, config.repeats))}"
    )
    with panels.told():
        network_panel(explorer)
        panels.weights_note(explorer)

    st.subheader(f"{explorer.layer} · {explorer.selected.kind}")
    panels.row_facts(explorer.selected)
    words, sums = st.columns([2, 3], gap="large")
    with words:
        panels.explanation(explorer, explorer.selected)
        with st.container(horizontal=True):
            st.page_link(
                shell.page_path("feature_maps"), label="Feature maps", icon=":material/grid_view:"
            )
            if explorer.selected.stage:
                st.page_link(
                    shell.page_path("residual"), label="Residual", icon=":material/call_split:"
                )
            st.page_link(shell.page_path("layers"), label="Layers", icon=":material/table_rows:")
            st.page_link(
                shell.page_path("diagram"), label="Diagram", icon=":material/account_tree:"
            )
    with sums:
        panels.arithmetic(explorer, explorer.layer)

    st.subheader("Where the costs are")
    panels.stage_costs(explorer)
    if config == PRESETS["walkthrough"]:
        st.page_link(shell.page_path("walkthrough"), label="Walk through it in nine steps")
