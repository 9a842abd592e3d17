"""What the networks for drawn shapes show of shortcuts, and what they do not."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.figures import formatting
from resnet_viz.model.presets import PRESETS, title
from resnet_viz.texts import text
from resnet_viz.ui.shared import ways
from resnet_viz.ui.state import selection
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.weights.bundled import BundledSource, cards
from resnet_viz.weights.loaded import Weights

PAIR: Final = ("shapes", "shapes_plain")
_DEPTHS: Final = (56, 44, 32, 20)  # of pairs that were trained on photographs, the deepest first


def little_difference(view_state: ViewState) -> None:
    """Say that at this depth the shortcut makes little difference, and lead to a deeper pair."""
    if not applies(view_state):
        return
    st.info(words(), icon=":material/compare_arrows:")
    pair = deep_pair()
    with st.container(horizontal=True):
        ways.to_argument(1, "See where it does")
        for name in pair:
            st.button(
                f"Show {title(PRESETS[name])}",
                key=f"_deep_{name}",
                on_click=selection.select_model,
                args=(name, BundledSource.slug),
            )


def applies(view_state: ViewState) -> bool:
    """Whether one of the two bundled networks for shapes is shown."""
    return is_one(view_state.weights)


def is_one(weights: Weights) -> bool:
    """Whether these are the weights of one of the two networks for shapes."""
    return any(weights.sha256 == cards()[name]["sha256"] for name in PAIR)


def words() -> str:
    """The sentences, with the accuracies that the cards have."""
    with_shortcuts, without = (cards()[name] for name in PAIR)
    return text("shapes_shortcuts").format(
        with_shortcuts=formatting.percent(with_shortcuts["accuracy"]),
        without=formatting.percent(without["accuracy"]),
        images=f"{with_shortcuts['test_images']:,}",
    )


def deep_pair() -> tuple[str, str] | tuple[()]:
    """The deepest residual and plain network of one depth that come trained on photographs."""
    for depth in _DEPTHS:
        pair = (f"resnet{depth}", f"plain{depth}")
        if all(name in cards() for name in pair):
            return pair
    return ()
