"""Why residual networks have shortcuts: one argument in six parts, with measured evidence."""

import streamlit as st

from resnet_viz.ui.frame import shell
from resnet_viz.ui.why_shortcuts import argument

with shell.page("why_shortcuts") as view_state:
    st.title("Why shortcuts?")
    argument.argument(view_state)
