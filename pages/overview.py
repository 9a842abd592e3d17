"""The network as it looks at the image: the page that says everything at a glance."""

import streamlit as st

from resnet_viz.figures import formatting
from resnet_viz.model.presets import PRESETS
from resnet_viz.texts import plain
from resnet_viz.texts.glossary import term
from resnet_viz.ui.frame import shell
from resnet_viz.ui.overview import costs, welcome_panel
from resnet_viz.ui.overview.network_panel import network_panel
from resnet_viz.ui.shared import boundary, layer_panel, notes, ways, why
from resnet_viz.ui.state import pages

with shell.page("overview") as view_state:
    config, trace = view_state.config, view_state.trace
    welcome_panel.welcome_panel()
    st.title(
        f"{view_state.title}: feature maps of “{plain(formatting.cut(view_state.image.name))}”"
    )
    caption = (
        f"{formatting.count(config.depth)} {term('weighted-layers', 'weighted layers')} · "
        f"{formatting.count(trace.params)} {term('parameters', 'parameters')} · "
        f"{formatting.short(trace.macs)} {term('multiply-adds', 'multiply-adds')} · "
        f"{formatting.count(config.num_classes)} {term('class', 'classes')} · "
        f"{config.block} blocks {', '.join(map(str, config.repeats))}"
    )
    why.show(why.of_network(view_state), beside=caption)
    with boundary.error_boundary():
        network_panel(view_state)
        notes.weights_note(view_state)

    st.header(f"{view_state.layer} · {view_state.selected.kind}")
    layer_panel.row_facts(view_state.selected)
    why.show(why.of_layer(trace, view_state.layer))
    ways.to_why_here(view_state)
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
    why.show([why.costs(trace)])
    if config == PRESETS["walkthrough"]:
        st.page_link(pages.page_path("walkthrough"), label="Walk through it in nine steps")
