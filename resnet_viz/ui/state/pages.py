"""The pages there are: `pages/<slug>.py`, shown at `/<slug>`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from resnet_viz.ui.state import session


@dataclass(frozen=True, slots=True)
class PageInfo:
    """A page: its name in the URL, its title, and its icon in the sidebar."""

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
    PageInfo("why_shortcuts", "Why shortcuts?", ":material/alt_route:"),
    PageInfo("filters", "Filters", ":material/blur_on:"),
    PageInfo("predict", "Predict", ":material/image_search:"),
    PageInfo("why", "Why this class?", ":material/center_focus_strong:"),
    PageInfo("glossary", "Glossary", ":material/dictionary:"),
)

WALL: Final = "resnet-explorer-wall"  # beside the pages: where the wall gets a layer that is chosen


def page_path(slug: str) -> Path:
    """The file of a page, for links to it."""
    return next(info.path for info in PAGES if info.slug == slug)


def go_to(slug: str, query: Mapping[str, str] | None = None) -> None:
    """Go to a page with all that is looked at; `query` is what its link says of what has no widget.

    Streamlit keeps in the link what the run has drawn. A click on a page runs the page alone, so that
    everything is run before the page is left.
    """
    session.DESTINATION.set((slug, dict(query or {})))
    st.rerun()


def follow() -> None:
    """Leave for the page that the visitor is on his way to; once the sidebar is drawn."""
    if destination := session.DESTINATION.pop(None):
        slug, query = destination
        st.switch_page(page_path(slug), query_params=query)
