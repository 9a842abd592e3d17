"""What an answer is worth: untrained weights, few classes, images unlike the training images."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.analysis.records import Capture
from resnet_viz.figures import formatting
from resnet_viz.images import DRAWINGS
from resnet_viz.model.presets import PRESETS, title
from resnet_viz.model.stems import STEMS
from resnet_viz.texts import plain, text
from resnet_viz.ui.state import selection, url
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.weights.bundled import BundledSource, cards
from resnet_viz.weights.sources import describe

# Who knows photographs: of the bundled networks the first that is there, and ImageNet's.
_PHOTOGRAPHERS: Final = ("resnet56", "resnet44", "resnet32", "resnet20")


_IMAGENET: Final = ("resnet50", "imagenet:v2")


_FEW: Final = 20  # classes


def weights_note(view_state: ViewState) -> None:
    """Say what the answer is worth, where it means nothing or the network knows little."""
    weights = view_state.weights
    if view_state.image.is_plain:
        red, green, blue = view_state.image.rgb[0, 0].tolist()
        st.info(
            f"**This image is a single colour** (red {red}, green {green}, blue {blue}): there is nothing "
            "in it to recognise. What the maps show is that colour, and the padding at the borders.",
            icon=":material/crop_square:",
        )
    if not weights.trained:
        st.info(text("untrained"), icon=":material/shuffle:")
    elif 0 < len(weights.labels) <= _FEW and not _drawing_for_shapes(view_state):
        *most, last = view_state.answers
        st.info(
            f"**This network knows only {len(view_state.answers)} classes:** "
            f"{plain(', '.join(most))} and {plain(last)}. Whatever the image shows, it names one "
            f"of them. {_others(view_state)}",
            icon=":material/category:",
        )
        with st.container(horizontal=True):
            for name, source in _photographers(view_state):
                _offer(name, source)


def single_position_note(view_state: ViewState) -> None:
    """Say why a stage's map has a single position, and what gives it more."""
    row, size = view_state.selected, view_state.input_size
    if not row.stage or row.output_shape[1:] != (1, 1):
        return
    st.info(
        f"**Each map is a single position here:** of an image of {size} × {size} pixels the halvings "
        "before this layer leave no more. A larger input size (under “Input and device”) gives larger "
        "maps.",
        icon=":material/crop_free:",
    )
    if STEMS[view_state.config.stem].pooled:
        st.button(
            "Use the CIFAR stem, which halves nothing",
            on_click=url.STEM.set,
            args=("cifar",),
            icon=":material/swap_horiz:",
        )


def range_note(view_state: ViewState, capture: Capture) -> None:
    """Where the answer lies among those on training images; a sentence when it lies outside."""
    check = view_state.range_check(capture)
    if check is None:
        return
    if check.in_range:
        st.caption(
            f"**Like the training images.** Compared with them: top logit "
            f"{formatting.value(check.top_logit)}, higher than on {check.logit_percentile:.0f} %; halfway "
            f"through the network, farther from them than {check.distance_percentile:.0f} % are from each "
            "other."
        )
        return
    reasons = []
    if check.low_score:
        reasons.append(
            f"its top logit, {formatting.value(check.top_logit)}, is lower than on "
            f"{_share(100 - check.logit_percentile)} them"
        )
    if check.far_away:
        reasons.append(
            "halfway through the network it lies farther from them than "
            f"{_share(check.distance_percentile)} them from each other"
        )
    st.info(
        f"**This image is unlike the training images:** {', and '.join(reasons)}. Do not trust the "
        f"answer: it is only the nearest of {view_state.config.num_classes:,} classes.",
        icon=":material/travel_explore:",
    )


def _drawing_for_shapes(view_state: ViewState) -> bool:
    """Whether a drawn sample is shown to a network that was trained on such drawings."""
    return view_state.weights.samples == DRAWINGS and view_state.image_slug in DRAWINGS


def _others(view_state: ViewState) -> str:
    """What the networks that are offered are."""
    if view_state.config.name in _PHOTOGRAPHERS:
        return "A network that was trained on ImageNet knows a thousand:"
    return "These networks were trained on photographs:"


def _photographers(view_state: ViewState) -> list[tuple[str, str]]:
    """Networks that were trained on photographs, with their weights; not the one that is shown."""
    if view_state.config.name in _PHOTOGRAPHERS:
        return [_IMAGENET]
    bundled = [(name, BundledSource.slug) for name in _PHOTOGRAPHERS if name in cards()]
    return [*bundled[:1], _IMAGENET]


def _offer(name: str, source: str) -> None:
    """A button that changes network and weights."""
    preset = PRESETS[name]
    about = describe(preset, source, preset.input_size)
    st.button(
        f"{title(preset)} · {about.label}",
        key=f"_offer_{name}",
        on_click=selection.select_model,
        args=(name, source),
        icon=":material/photo_camera:",
    )


def _share(percent: float) -> str:
    """`99.2 % of`, `all of`: how many of the training images, without rounding to all or none."""
    if percent in (0, 100):
        return "all of" if percent else "none of"
    return f"{min(max(percent, 0.1), 99.9):.1f} % of"
