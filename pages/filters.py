"""What was learned, without an image: the stem's filters, then the weights of one layer."""

import streamlit as st

from resnet_viz.figures import formatting
from resnet_viz.texts.glossary import term
from resnet_viz.ui.filters import filters_panel, weights_panel
from resnet_viz.ui.frame import shell
from resnet_viz.ui.shared import layer_panel

with shell.page("filters") as view_state:
    st.title("Filters")
    st.caption(
        f"{view_state.title} · {view_state.weights.label} · "
        f"{formatting.count(view_state.trace.params)} {term('parameters', 'parameters')}"
    )
    filters_panel.stem(view_state)

    row = filters_panel.subject(view_state.trace, view_state.layer)
    st.header(f"{row.path} · {row.kind}")
    layer_panel.breadcrumbs(view_state)
    filters_panel.layer(view_state, row)
    weights_panel.all_layers(view_state)
