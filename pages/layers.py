"""Every layer with its shapes and costs; a row's numbers explained below."""

import streamlit as st

from resnet_viz.components.layer_bars import layer_bars
from resnet_viz.figures import bars, formatting
from resnet_viz.texts import text
from resnet_viz.texts.glossary import term
from resnet_viz.ui.frame import shell
from resnet_viz.ui.layers import table_panel
from resnet_viz.ui.shared import layer_panel, ways, why, widgets
from resnet_viz.ui.state import url

with shell.page("layers") as view_state:
    trace = view_state.trace
    st.title("Layers")
    caption = (
        f"{view_state.title} at {formatting.shape(trace.input_shape)} · "
        f"{formatting.count(trace.params)} {term('parameters', 'parameters')} · "
        f"{formatting.count(trace.macs)} {term('multiply-adds', 'multiply-adds')}"
    )
    why.show(why.of_network(view_state), beside=caption)
    selection = table_panel.table_controls(trace)
    table_panel.table(view_state, selection)
    table_panel.downloads(view_state, selection)

    st.header(f"{view_state.layer} · {view_state.selected.kind}")
    layer_panel.breadcrumbs(view_state)
    layer_panel.row_facts(view_state.selected)
    why.show(why.of_layer(trace, view_state.layer))
    ways.to_why_here(view_state)
    words, sums = st.columns([2, 3], gap="large")
    with words:
        layer_panel.explanation(view_state, view_state.selected)
    with sums:
        layer_panel.arithmetic(view_state, view_state.layer)

    st.header("Cost by layer")
    measure = widgets.segments("Measure", tuple(bars.MEASURES), url.MEASURE, default="macs")
    leaves = [layer for layer in selection.rows if not layer.is_container]
    if leaves:
        shown = bars.cost_bars(leaves, measure, view_state.theme)
        layer_bars(
            shown,
            bars.cost_ticks(shown),
            alt=f"{bars.MEASURES[measure]} of {len(shown)} layers in the order of execution",
            key="cost_by_layer",
        )
    else:
        st.caption("No layer matches the search; clear it to see all.")
    st.caption(text("macs"))
