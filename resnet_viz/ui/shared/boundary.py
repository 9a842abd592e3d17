"""The frame around a part of a page: one sentence where the part fails, and the page goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from resnet_viz.errors import ExplorerError
from resnet_viz.texts import plain


@contextmanager
def error_boundary() -> Iterator[None]:
    """Show a part of a page, or one sentence in its place; the rest of the page goes on."""
    try:
        yield
    except ExplorerError as error:
        st.error(plain(str(error)))
