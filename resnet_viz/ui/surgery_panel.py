"""What becomes of the answer, and of the maps, when one block is changed."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.analysis.records import Capture
from resnet_viz.analysis.surgery import Surgery
from resnet_viz.figures import bars, maps
from resnet_viz.ui import cache, panels, residual_panel, surgery_controls
from resnet_viz.ui.explorer import Explorer
from resnet_viz.ui.texts import plain

_ANSWERS: Final = ("Untouched", "After the surgery")
_TOP: Final = 5


@st.fragment
def operating_table(explorer: Explorer, block: str) -> None:
    """What to change about the block, and what becomes of the answer; runs without the rest."""
    with panels.told():
        surgery = surgery_controls.surgery(explorer.trace, block)
        answers = st.container()  # above the choice of maps, which decides what is asked
        path = surgery_controls.compared(explorer.trace, surgery, block)
        before, after = explorer.capture(path), operated(explorer, surgery, path)
        with answers:
            st.markdown(_outcome(explorer, before, after, surgery))
            if surgery != Surgery():
                st.caption(
                    "One picture, no benchmark: another one may lose what this one gains. The pictures "
                    "and charts above still show the untouched network, and a change stays when another "
                    "block is chosen."
                )
            _compare_answers(explorer, before, after)
        _compare_maps(before, after, path)


def operated(explorer: Explorer, surgery: Surgery, *paths: str) -> Capture:
    """The picture through the network after a surgery."""
    return cache.operate(explorer.network, explorer.image, surgery, paths)


def _outcome(explorer: Explorer, before: Capture, after: Capture, surgery: Surgery) -> str:
    """One sentence on what the surgery did to the answer."""
    if surgery == Surgery():
        return "Nothing is changed yet, so both answers are the same."
    first, winner = paired(explorer, before, after)[0], explorer.prediction(after, 1).top[0]
    was, now = first.percentages
    name = f"**{plain(first.label)}**"
    change = f"{name} stays at {was}" if was == now else f"{name} goes from {was} to **{now}**"
    if winner.index == explorer.prediction(before, 1).top[0].index:
        return f"{change} and stays first."
    return f"{change}; **{plain(winner.label)}** is first now."


def paired(explorer: Explorer, before: Capture, after: Capture) -> list[bars.ScorePair]:
    """The top classes of the first answer in its order, and after them those only of the second."""
    count = explorer.config.num_classes
    was, now = (explorer.prediction(answer, count).top for answer in (before, after))
    old, new = ({score.index: score.probability for score in scores} for scores in (was, now))
    labels = {score.index: score.label for score in (*was[:_TOP], *now[:_TOP])}  # in this order
    return [
        bars.ScorePair(
            label,
            (old[index], new[index]),
            (float(before.logits[index]), float(after.logits[index])),
        )
        for index, label in labels.items()
    ]


def _compare_answers(explorer: Explorer, before: Capture, after: Capture) -> None:
    """The top classes of both networks in one chart."""
    pairs = paired(explorer, before, after)
    spoken = "; ".join(f"{pair.label} {' → '.join(pair.written)}" for pair in pairs)
    st.plotly_chart(
        bars.paired_bars(pairs, _ANSWERS, explorer.theme, trained=explorer.weights.trained),
        config={"displayModeBar": False},
        alt=f"Untouched → after the surgery: {spoken}",
    )


def _compare_maps(before: Capture, after: Capture, path: str) -> None:
    """Some channels of a block in both networks, side by side on one scale."""
    values = before[path].values
    channels = sorted(maps.most_varied(values, residual_panel.CHANNELS))
    parts = [(_ANSWERS[0], values), (_ANSWERS[1], after[path].values)]
    reach = residual_panel.pictures(parts, channels, signed=False)
    residual_panel.scale(
        reach,
        f"{path}, {residual_panel.named(channels, len(values))}: those that vary most in the "
        "untouched network",
        signed=False,
    )
