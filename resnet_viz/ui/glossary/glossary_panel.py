"""The glossary: the terms that match a search, each with its sentence and the way to see it."""

from __future__ import annotations

from itertools import groupby
from typing import Final

import streamlit as st

from resnet_viz.analysis.records import Trace
from resnet_viz.model.presets import PRESETS, title
from resnet_viz.texts import plain
from resnet_viz.texts.glossary import Term, glossary
from resnet_viz.ui.glossary.destination import Destination, destination, go
from resnet_viz.ui.state import pages

_SAID: Final = 580  # pixels across, of a term with its sentence
_DIALOG: Final = 940  # likewise of the dialog; on a phone as wide as there is room


def found_terms(trace: Trace, words: str, *, in_dialog: bool = False) -> None:
    """The terms with these words, under the headings of their groups; first those that are called so."""
    found = [term for term in glossary().values() if term.has(words)]
    if words:
        found.sort(key=lambda term: not term.is_called(words))
    if not found:
        st.caption(f"No term has “{plain(words)}”; clear the search to see all.")
    for group, terms in groupby(found, key=lambda term: term.group):
        st.header(group)
        for term in terms:
            _entry(trace, term, in_dialog=in_dialog)


@st.dialog("Glossary", width=_DIALOG)
def dialog(trace: Trace, slug: str = "") -> None:
    """The glossary over the page that is shown; at one term where it is named."""
    asked = glossary().get(slug)
    if asked:
        _entry(trace, asked, in_dialog=True)
    words = st.text_input("Find a term", max_chars=60, placeholder="stride", live=True, width=320)
    found_terms(trace, words or "", in_dialog=True)


def _entry(trace: Trace, term: Term, *, in_dialog: bool) -> None:
    """One term: word, sentence, and the way to where it can be seen.

    A button in a dialog would run the dialog alone, and leaving from there loses what the URL says; a
    link is followed by the component for terms, outside of it.
    """
    to = destination(term, trace)
    icon = next(page.icon for page in pages.PAGES if page.slug == to.page)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{term.name}**  \n{term.sentence}", width=_SAID)
        if in_dialog:
            st.markdown(f"{icon} [{_label(to)}](#see-{term.slug})", width="content")
            return
        st.button(
            _label(to),
            key=f"_see_{term.slug}",
            type="tertiary",
            icon=icon,
            on_click=go,
            args=(to,),
        )


def _label(to: Destination) -> str:
    """`Feature maps: layer1.0.conv1`, with the network where it is another one."""
    page = next(page.title for page in pages.PAGES if page.slug == to.page)
    where = " of ".join(filter(None, (to.layer, title(PRESETS[to.preset]) if to.preset else "")))
    return f"{page}: {where}" if where else page
