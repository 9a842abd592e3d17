"""What was learned, without a picture: the stem's filters, then the weights of one layer."""

import streamlit as st

from resnet_viz.figures import numbers
from resnet_viz.ui import filters_panel, panels, shell, weights_panel

with shell.page("filters") as explorer:
    st.title("Filters")
    st.caption(
        f"{explorer.title} · {explorer.weights.label} · "
        f"{numbers.count(explorer.trace.params)} parameters"
    )
    filters_panel.stem(explorer)

    row = filters_panel.subject(explorer.trace, explorer.layer)
    st.subheader(f"{row.path} · {row.kind}")
    panels.breadcrumbs(explorer)
    filters_panel.layer(explorer, row)
    weights_panel.all_layers(explorer)
