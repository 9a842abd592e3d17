"""A row of buttons that leads through numbered steps; the URL holds the one that is shown."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.ui.state import url
from resnet_viz.ui.state.url import Parameter


def choose(titles: Sequence[str], parameter: Parameter) -> int:
    """Previous, next, the arrow keys, or any step by its number, from 1 on.

    Plain buttons: a segmented control that has the focus keeps the arrow keys to itself.
    """
    last = len(titles)
    here = _asked(parameter, last)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Previous",
            icon=":material/arrow_back:",
            shortcut="Left",
            disabled=here == 1,
            on_click=_go,
            args=(parameter, here - 1),
        )
        for number, title in enumerate(titles, start=1):
            st.button(
                str(number),
                key=f"{parameter.key}_{number}",
                help=title,
                type="primary" if number == here else "secondary",
                on_click=_go,
                args=(parameter, number),
            )
        st.button(
            "Next",
            icon=":material/arrow_forward:",
            icon_position="right",
            shortcut="Right",
            disabled=here == last,
            on_click=_go,
            args=(parameter, here + 1),
        )
    return here


def _go(parameter: Parameter, step: int) -> None:
    url.write({parameter: str(step)})


def _asked(parameter: Parameter, last: int) -> int:
    """The step that the URL names; one that is not there is said, and the nearest shown."""
    asked = parameter.asked() or "1"
    step = int(asked[:6]) if asked.isascii() and asked.isdigit() else 1
    nearest = min(max(step, 1), last)
    if str(nearest) != asked:
        url.refuse(parameter, asked[:20], accepted=f"1 to {last}", showing=str(nearest))
    return nearest
