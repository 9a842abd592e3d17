"""Every term of the pages in one sentence, with the way to where it can be seen."""

import streamlit as st

from resnet_viz.ui.frame import shell
from resnet_viz.ui.glossary import glossary_panel
from resnet_viz.ui.shared import widgets
from resnet_viz.ui.state import url

with shell.page("glossary") as view_state:
    st.title("Glossary")
    st.caption(
        "On the other pages a word with a dotted line says its sentence under the cursor, and the key ? "
        "brings all of them. The buttons lead to where a thing can be seen: in this network if it has "
        "one, else in one that has."
    )
    words = widgets.line(
        "Find a term", url.TERM, max_chars=60, placeholder="stride", live=True, width=320
    )
    glossary_panel.found_terms(view_state.trace, words)
