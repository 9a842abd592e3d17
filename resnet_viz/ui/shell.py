"""The frame around every page: the list of pages, the sidebar, and the one place that catches all.

Streamlit runs a file in `pages/` bare when its URL is the first that a fresh server sees. A page
therefore opens with `with shell.page("slug") as view_state:`, which notices that and starts over.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st
from PIL import Image
from streamlit.navigation.page import Page

from resnet_viz.analysis.trace import trace
from resnet_viz.errors import ExplorerError
from resnet_viz.figures import palette
from resnet_viz.ui import controls, picture_controls, weights_controls, widgets
from resnet_viz.ui.texts import plain
from resnet_viz.ui.view_state import ViewState

LOG = logging.getLogger("resnet_viz")

_ICON: Final = Path(__file__).with_name("icon.png")
_FRAMED: ContextVar[ViewState | None] = ContextVar("framed", default=None)


@dataclass(frozen=True, slots=True)
class PageInfo:
    """A page: `pages/<slug>.py`, shown at `/<slug>`."""

    slug: str
    title: str
    icon: str

    @property
    def path(self) -> Path:
        """The file beside `app.py`, wherever that lies."""
        return Path("pages", f"{self.slug}.py")


PAGES: Final = (
    PageInfo("overview", "Overview", ":material/visibility:"),
    PageInfo("walkthrough", "Walkthrough", ":material/footprint:"),
    PageInfo("layers", "Layers", ":material/table_rows:"),
    PageInfo("diagram", "Diagram", ":material/account_tree:"),
    PageInfo("feature_maps", "Feature maps", ":material/grid_view:"),
    PageInfo("residual", "Residual", ":material/call_split:"),
    PageInfo("filters", "Filters", ":material/blur_on:"),
    PageInfo("predict", "Predict", ":material/image_search:"),
)


def run() -> None:
    """Draw the frame and the page that the URL names; `app.py` calls this on every run."""
    chosen = _navigation()
    view_state = _sidebar()
    token = _FRAMED.set(view_state)
    try:
        notices = st.container()  # above the page, but filled when it has had its say
        chosen.run()
        with notices:
            widgets.show_notices()
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
            "The other pages go on working; choosing another layer or picture may help."
        )


def page_path(slug: str) -> Path:
    """The file of a page, for links to it."""
    return next(info.path for info in PAGES if info.slug == slug)


def _navigation() -> Page:
    # Without an icon of ours Streamlit would fetch the page's material icon from another host.
    with Image.open(_ICON) as icon:
        st.set_page_config("ResNet Explorer", icon.copy(), layout="wide")
    first = PAGES[0]
    return st.navigation(
        [
            st.Page(first.path, title=first.title, icon=first.icon, url_path="home", default=True),
            *(st.Page(p.path, title=p.title, icon=p.icon, url_path=p.slug) for p in PAGES[1:]),
            # The default page answers at "/" only; its own name is not to be a dead link.
            st.Page(first.path, title=first.title, url_path=first.slug, visibility="hidden"),
        ]
    )


def _sidebar() -> ViewState:
    with st.sidebar:
        config = controls.network()
        with st.expander("Input and device", icon=":material/settings:"):
            size = controls.input_size(config)
            device = controls.device()
        weights = weights_controls.weights(config, size, device)
        slug, image = picture_controls.picture(weights.samples)
        theme = palette.theme(st.context.theme.type)
        layer = controls.layer(trace(config, size))
    return ViewState(config, size, weights, slug, image, device, layer, theme)
