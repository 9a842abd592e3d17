"""The sidebar's image: a sample, or what the visitor brought."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.images import SAMPLES, ImageInput
from resnet_viz.texts import plain
from resnet_viz.ui.shared import image_upload, widgets
from resnet_viz.ui.state import cache, session, url
from resnet_viz.ui.state.notices import notice
from resnet_viz.ui.state.selection import UPLOAD


def image(suited: Sequence[str]) -> tuple[str, ImageInput]:
    """A sample, those that suit the weights first, or what the visitor uploaded; with its slug.

    A file that cannot be opened leaves things as they are.
    """
    mine = session.IMAGE.get(None)
    others = (slug for slug in SAMPLES if slug not in suited)
    options = (*suited, *others, *((UPLOAD,) if mine else ()))
    default = options[0]
    session.DEFAULT_SAMPLE.set(default)
    if url.IMAGE.asked() == UPLOAD and not mine:
        if url.IMAGE.is_fresh:
            notice(
                "A link cannot carry an uploaded image, and a visit that was cut off for long loses it: "
                "showing a sample instead. Upload the image again in the sidebar."
            )
            url.IMAGE.forget()
        url.IMAGE.set(default)
    else:
        widgets.warn_unknown(url.IMAGE, options, default)
    slug = widgets.bound_choice("Image", options, url.IMAGE, on_change=image_upload.forget_problem)
    image_upload.uploader("sidebar")
    if slug == UPLOAD and mine:
        st.caption(f"{plain(mine.name)}. It stays in this browser tab: a link does not carry it.")
        return slug, mine
    slug = slug if slug in SAMPLES else default
    return slug, cache.sample(slug)
