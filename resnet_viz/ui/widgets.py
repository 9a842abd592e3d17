"""Widgets whose value stands in the URL; what a link asks for in vain is said, once.

A bound widget writes its *displayed* option into the URL, so options are shown as the slugs they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from resnet_viz.ui.texts import plain

BOUND: Final = "query-params"


def choice(label: str, options: Sequence[str], *, key: str, default: str, **widget: Any) -> str:
    """A selectbox in the URL; an unknown value there falls back to the default and says so."""
    warn_unknown(key, options, default)
    if (chosen := st.session_state.get(key, default)) not in options:
        notice(f"{label} “{chosen}” does not exist in this network: showing {default}.")
        st.session_state[key] = default
    index = options.index(default)
    chosen = st.selectbox(label, options, index=index, key=key, bind=BOUND, **widget)
    return chosen if chosen in options else default


def segments(label: str, options: Sequence[str], *, key: str, default: str, **widget: Any) -> str:
    """A row of buttons in the URL, one of them pressed."""
    warn_unknown(key, options, default)
    return (
        st.segmented_control(
            label, options, default=default, key=key, bind=BOUND, required=True, **widget
        )
        or default
    )


def several(
    label: str, options: Sequence[str], *, key: str, default: list[str], **widget: Any
) -> list[str]:
    """A choice of any number of options, in the URL; unknown ones there are said and left out."""
    if key not in st.session_state:
        unknown = [value for value in st.query_params.get_all(key) if value not in options]
        if unknown:
            notice(f"The link asks for {key} “{unknown[0][:60]}”, which does not exist here.")
    # What was chosen for another network may not exist in this one.
    if key in st.session_state:
        st.session_state[key] = [v for v in st.session_state[key] if v in options]
    return st.multiselect(label, options, default, key=key, bind=BOUND, **widget)


def number(label: str, limits: tuple[int, int], *, key: str, default: int, **widget: Any) -> int:
    """A whole number in the URL; one there that is not accepted is said, and the default shown."""
    low, high = limits
    asked = st.query_params.get(key)
    if asked is not None and key not in st.session_state and not _whole(asked, low, high):
        notice(f"The link asks for {key} “{asked[:20]}”; {low} to {high:,} is accepted.")
    return int(st.number_input(label, low, high, default, key=key, bind=BOUND, **widget))


def warn_unknown(key: str, options: Sequence[str], default: str) -> None:
    """Say that the URL asked for something that is not there, once, when the link is opened."""
    asked = st.query_params.get(key)
    if asked is not None and key not in st.session_state and asked not in options:
        notice(f"The link asks for {key} “{asked[:60]}”, which does not exist: showing {default}.")


def notice(sentence: str) -> None:
    """Tell something in passing, above the page and without stopping it."""
    st.session_state.setdefault("_notices", []).append(sentence)


def show_notices() -> None:
    """Show what was told in this run."""
    for sentence in st.session_state.pop("_notices", []):
        st.warning(plain(sentence), icon=":material/info:")


def _whole(text: str, low: int, high: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high
