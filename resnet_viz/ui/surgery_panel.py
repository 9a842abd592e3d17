"""The residual page's surgery: change one block, and compare the answers and the last maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st

from resnet_viz.analysis.records import Capture, Trace
from resnet_viz.analysis.surgery import Surgery
from resnet_viz.errors import ConfigError
from resnet_viz.figures import bars, maps, numbers, residual
from resnet_viz.ui import cache, panels, widgets
from resnet_viz.ui.explorer import Explorer
from resnet_viz.ui.texts import plain

_MAPS: Final = 4
_WHOLE: Final = "1"
_ALPHAS: Final = (*(f"{step / 20:g}" for step in range(20)), _WHOLE)  # as they stand in the URL


@st.fragment
def operating_table(explorer: Explorer, block: str) -> None:
    """What to change about the block, and what becomes of the answer; runs without the rest."""
    operation, alpha = _controls(explorer, block)
    with panels.told():
        surgery = OPERATIONS[operation](explorer.trace, block, alpha)
        stage = explorer.trace.stages()[-1].path
        before, after = explorer.capture(stage), operated(explorer, surgery, stage)
        st.markdown(_outcome(explorer, before, after, surgery))
        _compare(explorer, (("Untouched", before), ("After the surgery", after)), stage)


def operated(explorer: Explorer, surgery: Surgery, *paths: str) -> Capture:
    """The picture through the network after a surgery."""
    return cache.operate(
        explorer.config,
        explorer.weights.key,
        explorer.input_size,
        explorer.device,
        explorer.image,
        surgery,
        paths,
    )


def _controls(explorer: Explorer, block: str) -> tuple[str, float]:
    """Operation and α, both in the URL."""
    is_plain = explorer.config.shortcut == "none"
    operation = widgets.segments(
        f"Operation on {block}", tuple(OPERATIONS), key="operation", default="none"
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        alpha = 1.0 if is_plain else _alpha(disabled=operation == "remove")
        changed = operation != "none" or alpha != 1.0
        st.button("Reset", on_click=_reset, icon=":material/undo:", disabled=not changed)
    return operation, alpha


def _alpha(*, disabled: bool) -> float:
    """The factor on the branch."""
    widgets.warn_unknown("alpha", _ALPHAS, _WHOLE)
    chosen = st.select_slider(
        "α in x + α · F(x)",
        _ALPHAS,
        _WHOLE,
        key="alpha",
        bind=widgets.BOUND,
        disabled=disabled,
        help="1 is the network as it is; 0 leaves the shortcut alone.",
    )
    return float(chosen)


def _reset() -> None:
    st.session_state.operation, st.session_state.alpha = "none", _WHOLE


def _weaken(trace: Trace, block: str, alpha: float) -> Surgery:
    return Surgery(scale=_scaled(block, alpha))


def _remove(trace: Trace, block: str, alpha: float) -> Surgery:
    return Surgery(removed=(block,))


def _cut(trace: Trace, block: str, alpha: float) -> Surgery:
    return Surgery(cut=(block,), scale=_scaled(block, alpha))


def _swap(trace: Trace, block: str, alpha: float) -> Surgery:
    """Change places with the next block; raises `ConfigError` after the last of a stage."""
    stage = [row.path for row in trace.blocks(block.partition(".")[0])]
    place = stage.index(block) + 1
    if place == len(stage):
        raise ConfigError(
            f"{block} is the last block of its stage: there is none after it to change places with."
        )
    return Surgery(swapped=((block, stage[place]),), scale=_scaled(block, alpha))


def _scaled(block: str, alpha: float) -> tuple[tuple[str, float], ...]:
    return () if alpha == 1.0 else ((block, alpha),)


OPERATIONS: Final[Mapping[str, Callable[[Trace, str, float], Surgery]]] = {
    "none": _weaken,
    "remove": _remove,
    "swap with the next": _swap,
    "cut its shortcut": _cut,
}


def _outcome(explorer: Explorer, before: Capture, after: Capture, surgery: Surgery) -> str:
    """One sentence on what the surgery did to the answer."""
    if surgery == Surgery():
        return "Nothing is changed yet, so both answers are the same."
    was = explorer.prediction(before, 1).top[0]
    now = explorer.prediction(after, explorer.config.num_classes).top
    left = next(score for score in now if score.index == was.index)
    odds = numbers.percent(was.probability), numbers.percent(left.probability)
    change = f"**{plain(was.label)}** goes from {odds[0]} to **{odds[1]}**"
    if now[0].index == was.index:
        return f"{change} and stays first."
    return f"{change}; **{plain(now[0].label)}** is first now."


def _compare(explorer: Explorer, answers: tuple[tuple[str, Capture], ...], stage: str) -> None:
    """Top five and the last stage's maps of both networks, side by side."""
    before = answers[0][1][stage].values
    channels = sorted(maps.strongest(before, _MAPS))
    reach = residual.common_reach([answer[stage].values for _, answer in answers], channels)
    for column, (name, answer) in zip(st.columns(2, gap="large"), answers, strict=True):
        with column:
            st.markdown(f"**{name}**")
            _top_five(explorer, name, answer)
            st.image(
                residual.map_grid(
                    [answer[stage].values[channel] for channel in channels], reach, signed=False
                ),
                caption=f"{stage}, channels {', '.join(map(str, channels))}",
                width=280,
                alt=f"{name}: {maps.describe(answer[stage].values[channels], stage)}",
            )


def _top_five(explorer: Explorer, name: str, answer: Capture) -> None:
    """An answer's most probable classes as bars."""
    top = explorer.prediction(answer, min(5, explorer.config.num_classes)).top
    spoken = ", ".join(f"{score.label} {numbers.percent(score.probability)}" for score in top)
    st.plotly_chart(
        bars.prediction_bars(top, explorer.theme, trained=explorer.weights.trained),
        config={"displayModeBar": False},
        alt=f"{name}: {spoken}",
        key=f"_answer_{name}",  # the two may be equal
    )
