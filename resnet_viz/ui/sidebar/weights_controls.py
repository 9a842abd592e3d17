"""The sidebar's weights: which ones, what they are, and how to get those that are not here yet."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.errors import WeightsError
from resnet_viz.images import Preprocessing
from resnet_viz.model.config import ResNetConfig
from resnet_viz.texts import plain
from resnet_viz.ui.shared import shapes_panel, why, widgets
from resnet_viz.ui.sidebar import (
    assumption_notes,
    download_controls,
    preprocessing_controls,
    upload_controls,
)
from resnet_viz.ui.state import url
from resnet_viz.ui.state.usable import usable_weights
from resnet_viz.weights import folder, sources
from resnet_viz.weights.checkpoints import published
from resnet_viz.weights.folder import FolderSource
from resnet_viz.weights.loaded import Weights
from resnet_viz.weights.random import MAX_SEED, RandomSource
from resnet_viz.weights.uploads import UploadSource

_LISTED: Final = 20  # files of the server's folder


def weights(config: ResNetConfig, input_size: int, device: str) -> Weights:
    """The chosen weights; until they are here and fit, what suits the network best meanwhile."""
    chosen = widgets.choice(
        "Weights",
        (*sources.choices(config), UploadSource.slug),
        url.WEIGHTS,
        default=sources.default_weights(config),
        help="Where the parameters come from. ImageNet's are fetched once, and only when you say so.",
    )
    _what_v2_means(config, chosen)
    wanted = _completed(config, chosen)
    if chosen == UploadSource.slug or chosen.startswith(f"{FolderSource.slug}:"):
        wanted = preprocessing_controls.with_preprocessing(
            config, wanted, _assumed(config, wanted, input_size)
        )
    found = usable_weights(config, wanted, input_size, device)
    for refusal in found.refused:
        st.error(plain(refusal.reason))
        if sources.checkpoint(config, refusal.weights):
            download_controls.offer(config, refusal.weights)
    _about(found.shown, meanwhile=found.choice != wanted)
    assumption_notes.assumption_notes(config, found.shown)
    return found.shown


def _what_v2_means(config: ResNetConfig, chosen: str) -> None:
    """Say that a second training is no other network, where it is chosen."""
    checkpoint = sources.checkpoint(config, chosen)
    if checkpoint and checkpoint.version == "v2":
        first = next(c for c in published(checkpoint.network) if c.version == "v1")
        why.show([why.second_training(first.acc1, checkpoint.acc1)])


def _assumed(config: ResNetConfig, wanted: str, input_size: int) -> Preprocessing:
    """How images are prepared while the sidebar says nothing: as the file says, or as usual."""
    try:
        return sources.describe(config, wanted or RandomSource.slug, input_size).preprocessing
    except WeightsError:  # said where the weights are read
        return sources.describe(config, RandomSource.slug, input_size).preprocessing


def _completed(config: ResNetConfig, chosen: str) -> str:
    """The choice as `load` wants it; empty while something is missing, which is then asked for."""
    if chosen == RandomSource.slug:
        return f"{chosen}:{widgets.number('Seed', (0, MAX_SEED), url.SEED, default=0)}"
    if chosen == UploadSource.slug:
        return upload_controls.own_weights(config)
    if not sources.is_available(config, chosen):
        download_controls.offer(config, chosen)
        return ""
    return chosen


def _about(shown: Weights, *, meanwhile: bool) -> None:
    """What the weights are: trained on what, how well, under which licence, which file."""
    st.caption((f"Meanwhile: {shown.label}. " if meanwhile else "") + plain(shown.note))
    with st.expander("About these weights", icon=":material/info:"):
        facts = (
            ("Source", shown.label),
            ("Trained on", shown.data or ("nothing" if not shown.trained else "not known")),
            ("Classes", f"{len(shown.labels):,} names" if shown.labels else "without names"),
            ("Licence", shown.licence),
            ("Preprocessing", shown.preprocessing.words),
        )
        lines = [f"**{name}** {plain(fact)}" for name, fact in facts if fact]
        if shown.sha256:
            lines.append(f"**SHA-256** `{shown.sha256[:16]}…`")
        st.caption("\n\n".join(lines))
        if shapes_panel.is_one(shown):
            st.caption(shapes_panel.words())
        if here := folder.contents():
            st.caption(plain("The server's folder has:"))
            st.caption("\n".join(f"- {plain(sentence)}" for sentence in here[:_LISTED]))
