"""The images that activate the pinned channel most, each cut out where it does."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import streamlit as st

from resnet_viz.analysis.image_collections import (
    FolderCollection,
    ImageCollection,
    RenderedCollection,
)
from resnet_viz.analysis.price import price_until
from resnet_viz.analysis.receptive_field import field_box
from resnet_viz.analysis.strongest import (
    IMAGES,
    KEPT,
    Peak,
    StrongestImages,
    StrongestJob,
    affordable,
)
from resnet_viz.figures import formatting
from resnet_viz.figures.strongest import SIDE, field_tile
from resnet_viz.images.folder import MOST_FILES, SEED, VARIABLE
from resnet_viz.texts import plain, text
from resnet_viz.training.rendered import RenderedImages, Split
from resnet_viz.ui.shared import shapes_panel
from resnet_viz.ui.shared.asked_job import AskedJob
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache, session
from resnet_viz.ui.state.view_state import ViewState

_SEARCH: Final = AskedJob[StrongestImages](session.STRONGEST, keeps=True)
_SEED: Final = 0  # of the rendered images


def strongest_panel(view_state: ViewState, channel: int) -> None:
    """A button that starts the search, its progress, or the images of the pinned channel."""
    source = _source(view_state)
    if source is None:
        st.caption(text("strongest_none").format(variable=VARIABLE))
        return
    st.header("Which images does this channel like?")
    subject = view_state.network, view_state.layer, source
    button = st.container()  # above the bar, and gone once there is a result
    found = _SEARCH.result(subject, lambda: _prepared(view_state, source))
    if found is not None:
        _show(view_state, found, source, channel)
        return
    with button:
        count = affordable(view_state.trace, view_state.layer, len(source))
        _SEARCH.button(f"Look through {count:,} images", subject, ":material/image_search:")
        st.caption(_takes(view_state, count))


def _source(view_state: ViewState) -> ImageCollection | None:
    """Rendered shapes for the networks that know them; else the operator's folder, where there is one.

    Raises:
        ImageError: the folder is not there, or has no images.
    """
    if shapes_panel.applies(view_state):
        return RenderedCollection(RenderedImages(Split.TEST, _SEED, IMAGES, view_state.input_size))
    folder = cache.folder_images()
    return FolderCollection(folder) if folder else None


def _prepared(view_state: ViewState, source: ImageCollection) -> Callable[[], StrongestJob]:
    """How the search is begun, once its network is there."""
    loaded = view_state.model()
    return lambda: StrongestJob(loaded, source, view_state.layer)


def _takes(view_state: ViewState, count: int) -> str:
    """What the search takes, and that it is for all channels."""
    one = price_until(view_state.trace, view_state.layer)
    channels = view_state.selected.output_shape[0]
    return (
        f"{count:,} forward passes as far as {view_state.layer}, {formatting.short(count * one.macs)} "
        f"multiply-adds, for all {channels:,} channels of it at once."
    )


def _show(
    view_state: ViewState, found: StrongestImages, source: ImageCollection, channel: int
) -> None:
    """The channel's images, and how they were found."""
    peaks = found.of(channel)
    st.markdown(_finding(view_state, found, peaks, channel))
    preparation = view_state.weights.preprocessing
    numbers = tuple(peak.number for peak in peaks)
    pixels = cache.seen_pixels(source, numbers, preparation) if peaks else ()
    with st.container(horizontal=True, gap="small"):
        for peak, rgb in zip(peaks, pixels, strict=True):
            box = field_box(view_state.selected.field, peak.row, peak.column, len(rgb))
            name = source.name(peak.number)
            value = formatting.value(peak.value)
            st.image(
                drawn(field_tile, rgb, box, view_state.theme.shortcut),
                width=SIDE // 2,
                caption=f"{plain(name)} · {value}",
                alt=f"{name}: {value} at row {peak.row}, column {peak.column}; its receptive field, and "
                "where it lies in the image",
            )
    st.caption(f"{looked_through(found, source)} {text('strongest_images')}")


def _finding(
    view_state: ViewState, found: StrongestImages, peaks: tuple[Peak, ...], channel: int
) -> str:
    """How many images are shown, and from what value to what."""
    name = _channel(view_state, channel)
    if not peaks:
        return f"{name} is **zero everywhere** in all {found.images:,} images."
    ends = [formatting.value(peak.value) for peak in (peaks[0], peaks[-1])]
    if len(peaks) < min(KEPT, found.images):
        only = "image activates" if len(peaks) == 1 else "images activate"
        return f"Only **{len(peaks)}** of {found.images:,} {only} {name} at all, from {ends[0]} to {ends[1]}."
    positions = view_state.selected.output_shape[1:]
    where = ", each cut out where it has it" if math.prod(positions) > 1 else ""
    return (
        f"The {len(peaks)} of {found.images:,} images in which {name} has its highest values, {ends[0]} to "
        f"{ends[1]}{where}."
    )


def _channel(view_state: ViewState, channel: int) -> str:
    row = view_state.selected
    if row.kind == "Linear":
        return f"the logit of **{plain(view_state.weights.class_name(channel))}**"
    return f"**channel {channel}** of {row.path}"


def looked_through(found: StrongestImages, source: ImageCollection) -> str:
    """Which images these are."""
    if isinstance(source, RenderedCollection):
        images = source.images
        return (
            f"{found.images:,} held-out images of {images.size} × {images.size} pixels, rendered from seed "
            f"{images.seed} and stored nowhere."
        )
    unread = f"; {found.unreadable:,} more could not be read" if found.unreadable else ""
    listed = f"{'the first ' if len(source) == MOST_FILES else ''}{len(source):,}"
    if found.images == len(source):
        return f"All {found.images:,} images in the server’s folder."
    how = "" if found.images + found.unreadable == len(source) else f"chosen by seed {SEED} "
    return f"{found.images:,} images, {how}of {listed} in the server’s folder{unread}."
