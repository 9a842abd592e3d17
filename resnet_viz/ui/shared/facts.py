"""Numbers with their names: as a row, and as a quiet table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st


def key_figures(facts: Iterable[tuple[str, str]]) -> None:
    """A row of numbers with their names, wrapping on a narrow screen.

    Markdown and not `st.metric`, which makes the browser load a number formatter of its own.
    """
    with st.container(horizontal=True, gap="medium"):
        for name, value in facts:
            st.markdown(f":gray[:small[{name}]]  \n**{value}**", width="content")


def table(rows: Sequence[Mapping[str, str]], alt: str) -> None:
    """A quiet table of Markdown cells that wraps on a narrow screen."""
    st.table(rows, border="horizontal", hide_index=True, alt=alt)
