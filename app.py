"""ResNet Explorer. Start it with `make app` or `streamlit run app.py`."""

import streamlit as st

from resnet_viz.ui import runtime, shell

if st.runtime.exists():
    shell.run()
else:  # the server reads this file once before its first visitor, and gets ready
    app = st.App(__file__, lifespan=runtime.lifespan)
