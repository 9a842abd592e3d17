"""The map of the whole network on the landing page, with the image and the prediction."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from resnet_viz.analysis.records import Capture, Prediction
from resnet_viz.analysis.trace import trace as trace_of
from resnet_viz.components.network_map import NetworkMap, encode, network_map
from resnet_viz.components.network_map.encode import (
    THUMBNAILS,
    folded_groups,
    network_content,
    node_paths,
)
from resnet_viz.figures import maps
from resnet_viz.model.presets import PRESETS
from resnet_viz.store import STORE
from resnet_viz.texts.glossary import term
from resnet_viz.ui.shared import notes
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache, selection, url
from resnet_viz.ui.state.cache import ModelKey
from resnet_viz.ui.state.notices import notice
from resnet_viz.ui.state.selection import DEFAULT_MODEL
from resnet_viz.ui.state.view_state import ViewState, with_compared
from resnet_viz.weights.sources import default_weights, describe


def network_panel(view_state: ViewState) -> None:
    """Mount the map; a click on a block selects it everywhere."""
    trace = view_state.trace
    unfolded = _affordable(view_state, _unfolded(folded_groups(trace)))
    capture = view_state.capture(*node_paths(trace, unfolded))
    prediction = view_state.prediction(capture)
    network_map(
        _content(view_state, unfolded, capture, prediction),
        encode.selection(trace, view_state.layer),
        unfolded=unfolded,
        alt=f"{view_state.title} as a row of blocks with the feature maps of {view_state.image.name}",
        on_select=lambda path: selection.select_layer(path) if path in trace else None,
        on_unfold=_keep_unfolded,
        key="network_map",
    )
    st.caption(
        f"{_legend(view_state)} Ran on {prediction.device} in {1000 * prediction.seconds:.0f} ms."
    )
    notes.range_note(view_state, capture)
    if prediction.note:
        st.warning(prediction.note)


def _content(
    view_state: ViewState, unfolded: tuple[str, ...], capture: Capture, prediction: Prediction
) -> NetworkMap:
    """All that the map shows but the selection, made once of an answer."""
    weights = view_state.weights
    return STORE.kept(
        ("network_map", view_state.network, view_state.image.sha256, unfolded, prediction.top),
        lambda: network_content(
            view_state.trace,
            capture,
            prediction,
            drawn(maps.image_jpeg, view_state.pixels),
            unfolded=unfolded,
            trained=weights.trained,
            prepared=weights.preprocessing.words,
        ),
    )


def _legend(view_state: ViewState) -> str:
    """What there is to be seen, in as few words as will do."""
    arcs = (
        f"Arcs: {term('shortcut', 'shortcuts')}, dashed where x must be made to fit; they are "
        f"{term('sum', 'added')} at ⊕. "
    )
    return (
        f"Small maps: the {THUMBNAILS} {term('variance', 'highest-variance channels')} of a "
        f"{term('block', 'block')}, each on its own scale. "
        f"{'' if view_state.config.shortcut == 'none' else arcs}"
        "Frame: what the central cell can see of the image. A click on a block selects it for all "
        "pages."
    )


def _unfolded(known: Iterable[str]) -> tuple[str, ...]:
    """The groups that the link asks to see block by block."""
    asked = url.UNFOLDED.all_asked()
    return tuple(group for group in known if group in asked)


def _affordable(view_state: ViewState, unfolded: tuple[str, ...]) -> tuple[str, ...]:
    """As many of the unfolded groups, from the first on, as can be shown at once."""
    fitting = unfolded
    while fitting and not cache.is_affordable(
        view_state.network, with_compared(view_state.network, node_paths(view_state.trace, fitting))
    ):
        fitting = fitting[:-1]
    if fitting != unfolded:
        folded = ", ".join(unfolded[len(fitting) :])
        notice(
            f"The feature maps of all these blocks take more memory than one answer may use here, so "
            f"the groups of {folded} stay folded; a smaller input size leaves room for them."
        )
    return fitting


def _keep_unfolded(groups: list[str]) -> None:
    url.write({url.UNFOLDED: groups})


def answer_first_page() -> None:
    """Ask what the landing page asks, so that its first visitor finds the answers."""
    config = PRESETS[DEFAULT_MODEL]
    size = config.input_size
    traced = trace_of(config, size)
    weights = describe(config, default_weights(config), size)
    image = cache.sample(weights.samples[0])
    network = ModelKey(config, weights.key, size, "cpu")
    cache.capture(network, image, with_compared(network, node_paths(traced)))
