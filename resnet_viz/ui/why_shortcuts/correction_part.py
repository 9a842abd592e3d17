"""Part 4: how little a trained block changes, and what its shortcut costs."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean, median
from typing import Final

import streamlit as st

from resnet_viz.analysis.residual_records import BlockRatio
from resnet_viz.figures import argument, formatting, residual
from resnet_viz.figures.argument import Line
from resnet_viz.model.presets import PRESETS, title
from resnet_viz.texts import plain, text
from resnet_viz.ui.shared import charts, facts
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.ui.why_shortcuts import evidence
from resnet_viz.ui.why_shortcuts import question as questions
from resnet_viz.ui.why_shortcuts.question import Question

_TRAINED: Final = "resnet56"
_COSTED: Final = ("resnet56", "resnet34", "resnet50")
_KINDS: Final = ("none", "zero-pad", "projection")


def question(view_state: ViewState) -> Question:
    """How long F(x) is beside x."""
    return questions.by_limits(
        f"{evidence.name(_TRAINED)} is trained, and {plain(view_state.image.name)} goes through it. How "
        "long is F(x) beside x in a typical block, as vectors?",
        typical(_ratios(view_state)),
        (0.5, 1.0),
        ("less than half as long", "half as long to as long", "longer than x"),
    )


def see(view_state: ViewState) -> None:
    """Ratios and responses of the trained deep pair, and the cost of shortcuts."""
    st.subheader("See")
    ratios = _ratios(view_state)
    charts.chart(
        drawn(residual.ratio_chart, ratios, "", view_state.theme),
        key="_deep_ratios",
        alt=f"L2 norm of F(x) against x for {len(ratios)} blocks",
    )
    st.markdown(
        f"In half of the {len(ratios)} blocks F(x) is at most **{typical(ratios):.2f} times** as long as "
        f"what the shortcut brings. This image, {plain(view_state.image.name)}, as {evidence.name(_TRAINED)} "
        "sees it: 32 × 32 pixels."
    )
    _responses(view_state)
    st.markdown("**What does a shortcut cost?**")
    facts.table([_cost(network) for network in _COSTED], "Parameters by kind of shortcut")
    st.markdown(text("why_identity_cost"))


def typical(ratios: tuple[BlockRatio, ...]) -> float:
    """The median of ‖F(x)‖ / ‖x‖ over all blocks where x is not zero."""
    return median(ratio.ratio for ratio in ratios if ratio.ratio is not None)


def _ratios(view_state: ViewState) -> tuple[BlockRatio, ...]:
    return cache.residual_ratios(cache.bundled_key(_TRAINED), view_state.image)


def _responses(view_state: ViewState) -> None:
    """How strongly the layers of the deep pair respond to this image."""
    st.markdown("**How strongly does each layer respond?**")
    found = {
        network: [
            deviation
            for _, deviation in cache.layer_responses(cache.bundled_key(network), view_state.image)
        ]
        for network in evidence.DEEP
    }
    rows = [
        Line(evidence.name(network), values, residual=evidence.is_residual(network))
        for network, values in found.items()
    ]
    charts.chart(
        drawn(
            argument.lines,
            list(range(1, len(rows[0].values) + 1)),
            rows,
            ("3×3 convolution of a block", "standard deviation after BatchNorm"),
            view_state.theme,
        ),
        key="_responses",
        alt="Standard deviation of every layer's response in both networks",
    )
    means = " and ".join(
        f"**{fmean(values):.2f}** in {evidence.name(network)}" for network, values in found.items()
    )
    st.markdown(f"Mean over all layers: {means}, for this one image.")


def _cost(network: str) -> dict[str, str]:
    """The parameters of a network with each kind of shortcut."""
    config = PRESETS[network]
    params = [cache.trace(replace(config, shortcut=kind)).params for kind in _KINDS]
    return {
        "Network": title(config),
        "no shortcuts": formatting.count(params[0]),
        "identity, padded with zeros": f"{formatting.count(params[1] - params[0])} more",
        "identity, 1×1 projections": f"{formatting.count(params[2] - params[0])} more",
    }
