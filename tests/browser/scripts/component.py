"""Show one component by itself: the one that the link names as `component`."""

import streamlit as st

st.navigation([st.Page(f"{st.query_params['component']}.py")], position="hidden").run()
