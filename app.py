"""ResNet Explorer. Start it with `make app` or `streamlit run app.py`."""

import sys

import streamlit as st

from resnet_viz.ui.frame import runtime, shell, web

if st.runtime.exists():
    shell.run()
else:  # the server reads this file once before its first visitor, and gets ready
    options = runtime.read_arguments(sys.argv[1:])
    app = st.App(
        __file__,
        lifespan=runtime.lifespan,
        routes=web.routes(),
        middleware=web.middleware(options.embed_in, metrics=options.metrics),
    )
