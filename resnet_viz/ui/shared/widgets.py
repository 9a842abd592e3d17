"""Widgets whose value stands in the URL; what a link asks for in vain is said, once.

A bound widget writes its *displayed* option into the URL, so options are shown as the slugs they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from resnet_viz.one_line import quoted
from resnet_viz.ui.shared.whole_numbers import check_what_browsers_send, is_whole
from resnet_viz.ui.state import url
from resnet_viz.ui.state.notices import notice
from resnet_viz.ui.state.url import Parameter

_BOUND: Final = "query-params"

check_what_browsers_send()


def choice(
    label: str, options: Sequence[str], parameter: Parameter, *, default: str, **widget: Any
) -> str:
    """A selectbox in the URL; an unknown value there falls back to the default and says so."""
    warn_unknown(parameter, options, default)
    if not parameter.is_fresh and (held := parameter.value(default)) not in options:
        notice(f"{label} {quoted(str(held))} does not exist in this network: showing {default}.")
        parameter.set(default)
    chosen = bound_choice(label, options, parameter, at=options.index(default), **widget)
    return chosen if chosen in options else default


def bound_choice(
    label: str, options: Sequence[str], parameter: Parameter, *, at: int = 0, **widget: Any
) -> str:
    """A selectbox in the URL and nothing more: its caller has said what is not there."""
    return str(st.selectbox(label, options, at, key=parameter.key, bind=_BOUND, **widget))


def one_of(label: str, options: Sequence[str], default: str, parameter: Parameter) -> str:
    """A selectbox whose options change with the page; what a link asks for in vain is said."""
    linked = parameter.is_fresh
    given_up = give_up(parameter, options, default)
    if linked and given_up:
        url.refuse(parameter, given_up, showing=default)
    return bound_choice(label, options, parameter, at=options.index(default), width=180)


def give_up(parameter: Parameter, options: Sequence[str], default: str) -> str:
    """Set a widget to its default where it or the link asks for what is not offered; return that."""
    asked = parameter.value(default)
    if asked in options:
        return ""
    parameter.set(default)
    return str(asked)[:60]


def segments(
    label: str, options: Sequence[str], parameter: Parameter, *, default: str, **widget: Any
) -> str:
    """A row of buttons in the URL, one of them pressed."""
    warn_unknown(parameter, options, default)
    return (
        st.segmented_control(
            label, options, default=default, key=parameter.key, bind=_BOUND, required=True, **widget
        )
        or default
    )


def stops(
    label: str, options: Sequence[str], parameter: Parameter, *, default: str, **widget: Any
) -> str:
    """A slider with named stops, in the URL."""
    warn_unknown(parameter, options, default)
    return str(st.select_slider(label, options, default, key=parameter.key, bind=_BOUND, **widget))


def several(
    label: str, options: Sequence[str], parameter: Parameter, *, default: list[str], **widget: Any
) -> list[str]:
    """A choice of any number of options, in the URL; unknown ones there are said and left out."""
    key = parameter.key
    if parameter.is_fresh:
        unknown = [value for value in parameter.all_asked() if value not in options]
        if unknown:
            url.refuse(parameter, unknown[0])
    else:  # what was chosen for another network may not exist in this one
        st.session_state[key] = [value for value in st.session_state[key] if value in options]
    return st.multiselect(label, options, default, key=key, bind=_BOUND, **widget)


def number(
    label: str, limits: tuple[int, int], parameter: Parameter, *, default: int, **widget: Any
) -> int:
    """A whole number in the URL; one there that is not accepted is said, and the default shown."""
    low, high = limits
    _warn_not_whole(parameter, low, high, default)
    return int(st.number_input(label, low, high, default, key=parameter.key, bind=_BOUND, **widget))


def slider(label: str, limits: tuple[int, int], parameter: Parameter, *, default: int) -> int:
    """A whole number in the URL, dragged; one there that is not accepted is said."""
    low, high = limits
    _warn_not_whole(parameter, low, high, default)
    return int(st.slider(label, low, high, default, key=parameter.key, bind=_BOUND))


def toggle(label: str, parameter: Parameter, *, default: bool = False, **widget: Any) -> bool:
    """A switch in the URL."""
    return st.toggle(label, default, key=parameter.key, bind=_BOUND, **widget)


def line(label: str, parameter: Parameter, *, default: str = "", **widget: Any) -> str:
    """A line of text in the URL."""
    return st.text_input(label, default, key=parameter.key, bind=_BOUND, **widget) or ""


def warn_unknown(parameter: Parameter, options: Sequence[str], default: str) -> None:
    """Say that the URL asked for something that is not there, once, when the link is opened."""
    asked = parameter.asked()
    if asked is not None and parameter.is_fresh and asked not in options:
        url.refuse(parameter, asked, showing=default)


def _warn_not_whole(parameter: Parameter, low: int, high: int, default: int) -> None:
    """Refuse a number in the URL that is not accepted, once, when the link is opened.

    Streamlit reads more than the digits that a person means: `1_000`, `1e2` and other scripts' digits.
    """
    asked = parameter.asked()
    if asked is not None and parameter.is_fresh and not is_whole(asked, low, high):
        url.refuse(parameter, asked[:20], accepted=f"{low} to {high:,}", showing=f"{default:,}")
        parameter.forget()
