"""What becomes of the answer, and of the maps, when one block is changed."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.analysis.ablation import Ablation
from resnet_viz.analysis.records import Capture
from resnet_viz.figures import bars, maps
from resnet_viz.texts import plain
from resnet_viz.ui.residual import ablation_controls
from resnet_viz.ui.shared import block_maps, boundary, charts
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache
from resnet_viz.ui.state.view_state import ViewState

_ANSWERS: Final = ("Untouched", "After the ablation")
_TOP: Final = 5


@st.fragment
def ablation_panel(view_state: ViewState, block: str) -> None:
    """What to change about the block, and what becomes of the answer; runs without the rest."""
    with boundary.error_boundary():
        ablation = ablation_controls.ablation(view_state.trace, block)
        answers = st.container()  # above the choice of maps, which decides what is asked
        path = ablation_controls.compared(view_state.trace, ablation, block)
        before = view_state.capture(path)
        after = after_ablation(view_state, ablation, path) if ablation != Ablation() else before
        with answers:
            st.markdown(_outcome(view_state, before, after, ablation))
            if ablation != Ablation():
                st.caption(
                    "One image, no benchmark: another one may lose what this one gains. The images "
                    "and charts above still show the untouched network, and a change stays when another "
                    "block is chosen."
                )
            _compare_answers(view_state, before, after)
        _compare_maps(before, after, path)


def after_ablation(view_state: ViewState, ablation: Ablation, *paths: str) -> Capture:
    """The image through the network after an ablation."""
    return cache.capture_ablated(view_state.network, view_state.image, ablation, paths)


def _outcome(view_state: ViewState, before: Capture, after: Capture, ablation: Ablation) -> str:
    """One sentence on what the ablation did to the answer."""
    if ablation == Ablation():
        return "Nothing is changed yet, so both answers are the same."
    first, winner = paired(view_state, before, after)[0], view_state.prediction(after, 1).top[0]
    was, now = first.percentages
    name = f"**{plain(first.label)}**"
    change = f"{name} stays at {was}" if was == now else f"{name} goes from {was} to **{now}**"
    if winner.index == view_state.prediction(before, 1).top[0].index:
        return f"{change} and stays first."
    return f"{change}; **{plain(winner.label)}** is first now."


def paired(view_state: ViewState, before: Capture, after: Capture) -> list[bars.ScorePair]:
    """The top classes of the first answer in its order, and after them those only of the second."""
    count = max(2, view_state.config.num_classes)
    was, now = (view_state.prediction(answer, count).top for answer in (before, after))
    old, new = ({score.index: score.probability for score in scores} for scores in (was, now))
    labels = {score.index: score.label for score in (*was[:_TOP], *now[:_TOP])}  # in this order
    return [
        bars.ScorePair(
            label,
            (old[index], new[index]),
            (before.logit(index), after.logit(index)),
        )
        for index, label in labels.items()
    ]


def _compare_answers(view_state: ViewState, before: Capture, after: Capture) -> None:
    """The top classes of both networks in one chart."""
    pairs = paired(view_state, before, after)
    spoken = "; ".join(f"{pair.label} {' → '.join(pair.written)}" for pair in pairs)
    charts.chart(
        drawn(
            bars.paired_bars, pairs, _ANSWERS, view_state.theme, trained=view_state.weights.trained
        ),
        alt=f"Untouched → after the ablation: {spoken}",
    )


def _compare_maps(before: Capture, after: Capture, path: str) -> None:
    """Some channels of a block in both networks, side by side on one scale."""
    values = before[path].values
    channels = sorted(maps.top_variance_channels(values, block_maps.CHANNELS))
    parts = [(_ANSWERS[0], values), (_ANSWERS[1], after[path].values)]
    signed = any(bool((shown < 0).any()) for _, shown in parts)  # not after a ReLU
    vmax = block_maps.images(parts, channels, signed=signed)
    block_maps.scale(
        vmax,
        f"{path}, {block_maps.named(channels, len(values))}: those of highest variance in the "
        "untouched network",
        signed=signed,
    )
