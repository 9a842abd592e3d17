"""The frame around every page: the list of pages, the sidebar, and the one place that catches all.

Streamlit runs a file in `pages/` bare when its URL is the first that a fresh server sees. A page
therefore opens with `with shell.page("slug") as view_state:`, which notices that and starts over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page

from resnet_viz.analysis.records import Trace
from resnet_viz.components.browser_tab import browser_tab
from resnet_viz.components.terms import terms
from resnet_viz.errors import ExplorerError
from resnet_viz.figures import palette
from resnet_viz.texts import plain
from resnet_viz.texts.glossary import glossary
from resnet_viz.ui.glossary import glossary_panel
from resnet_viz.ui.glossary.destination import go_to_see
from resnet_viz.ui.sidebar import image_controls, network_controls, weights_controls
from resnet_viz.ui.state import ahead, cache, pages, selection, url, visit
from resnet_viz.ui.state.notices import show_notices
from resnet_viz.ui.state.pages import PAGES
from resnet_viz.ui.state.view_state import ViewState

LOG = logging.getLogger("resnet_viz")

_ICON: Final = Path(__file__).with_name("icon.png")
_FRAMED: ContextVar[ViewState | None] = ContextVar("framed", default=None)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a page, and is drawn anew only when the whole app is."""

    look_at: Callable[[str], ViewState]  # all that is looked at, once the layer is known
    trace: Trace
    layer_box: DeltaGenerator  # the place in the sidebar of the selected layer
    asked: tuple[object, ...]  # what the sidebar was asked for

    @property
    def are_outdated(self) -> bool:
        """Whether the sidebar is now asked for something else."""
        return self.asked != selection.of_sidebar()


def run() -> None:
    """Draw the frame and the page that the URL names; `app.py` calls this on every run."""
    chosen = _navigation()
    around, asked = _sidebar()
    if visit.uploads_are_refused():
        _offer_own_tab()
    if asked is not None:
        glossary_panel.dialog(around.trace, asked)
    _page(around, chosen)


@st.fragment(key=selection.PAGE)
def _page(around: Surroundings, chosen: Page) -> None:
    """Draw the page and the box of the selected layer: all that most clicks change, and no more.

    A click on the page runs this alone. Where it has changed what the sidebar holds, everything is run.
    """
    if around.are_outdated:
        st.rerun()
    selection.follow_part()
    ahead.let_pass(url.LAYER.value(None))
    with around.layer_box:
        view_state = around.look_at(network_controls.layer(around.trace))
    ahead.look_at(view_state)
    pages.follow()
    token = _FRAMED.set(view_state)
    try:
        notices = st.container()  # above the page, but filled when it has had its say
        copy(chosen).run()  # a page of Streamlit's lets itself be run once
        with notices:
            show_notices()
    finally:
        _FRAMED.reset(token)


@contextmanager
def page(slug: str) -> Iterator[ViewState]:
    """Open a page inside the frame; what goes wrong in it becomes one sentence on the page."""
    view_state = _FRAMED.get()
    if view_state is None:
        _navigation()  # from now on this server knows the pages
        st.rerun()
    try:
        yield view_state
    except ExplorerError as error:
        st.error(plain(str(error)))
    except Exception:
        LOG.exception("page %s", slug)
        st.error(
            "Something went wrong on this page and has been written to the server's log. "
            "The other pages go on working; choosing another layer or image may help."
        )


def _navigation() -> Page:
    # Without an icon of ours Streamlit would fetch the page's material icon from another host.
    st.set_page_config("ResNet Explorer", _ICON, layout="wide")
    first = PAGES[0]
    return st.navigation(
        [
            st.Page(first.path, title=first.title, icon=first.icon, url_path="home", default=True),
            *(st.Page(p.path, title=p.title, icon=p.icon, url_path=p.slug) for p in PAGES[1:]),
            # The default page answers at "/" only; its own name is not to be a dead link.
            st.Page(first.path, title=first.title, url_path=first.slug, visibility="hidden"),
        ]
    )


def _offer_own_tab() -> None:
    """Say that a frame in another site's page gets no uploads, and open a tab that does."""
    st.warning(
        "The browser keeps the explorer's cookie back, as it does in a frame in another site's page: "
        "files cannot be uploaded here. In a tab of its own they can.",
        icon=":material/tab:",
    )
    st.link_button("Open in a tab of its own", url.link(), icon=":material/open_in_new:")


def _sidebar() -> tuple[Surroundings, str | None]:
    """What stands around the page, and the term that the visitor asked for, if any."""
    with st.sidebar:
        config = network_controls.network()
        size, device = network_controls.size_and_device(config)
        weights = weights_controls.weights(config, size, device)
        slug, image = image_controls.image(weights.samples)
        theme = palette.theme(st.context.theme.type)
        trace = cache.trace(config, size)
        layer_box = st.container()
        browser_tab(ahead.visit_name(), visit.say_what_was_missed)
        asked = terms(
            {each.slug: (each.name, each.sentence) for each in glossary().values()},
            on_see=lambda slug: go_to_see(slug, trace),
        )
    look_at = partial(ViewState, config, size, weights, slug, image, device, theme)
    return Surroundings(look_at, trace, layer_box, selection.of_sidebar()), asked
