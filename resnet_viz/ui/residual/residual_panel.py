"""The residual page above the ablation: one block taken apart, and what every block adds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import numpy as np
import streamlit as st

from resnet_viz.analysis.records import Trace
from resnet_viz.analysis.residual_records import BlockRatio, BlockView
from resnet_viz.errors import ExplorerError
from resnet_viz.figures import formatting, residual
from resnet_viz.model.roles import Role
from resnet_viz.texts import text
from resnet_viz.ui.shared import block_maps, charts, facts
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache, selection
from resnet_viz.ui.state.view_state import ViewState

_RATIOS: Final = "_ratio_chart"  # the key of the chart


def block_of(trace: Trace, path: str) -> str:
    """The block that a layer belongs to: its own, a stage's first, and for stem and head the first."""
    stage = path if trace[path].role is Role.STAGE else ""
    return trace.block_of(path) or trace.blocks(stage)[0].path


def choose_block(view_state: ViewState) -> str:
    """The block in question, which goes with the selected layer; choosing one here selects it."""
    block = block_of(view_state.trace, view_state.layer)
    paths = [row.path for row in view_state.trace.blocks()]
    # A key with the selection in it: the box follows a choice made anywhere else.
    key = f"_block_{block}"
    st.selectbox(
        "Block", paths, paths.index(block), key=key, on_change=_select, args=(key,), width=180
    )
    return block


def why_this_block(view_state: ViewState, block: str) -> None:
    """Say which block stands for a layer that is in none."""
    if not view_state.trace.block_of(view_state.layer):
        st.caption(f"{view_state.layer} is no block; shown is {block}.")


def taken_apart(view_state: ViewState, block: str) -> None:
    """x, F(x), x + F(x) and the output for the same channels, and a sentence of what is to be seen."""
    if view_state.config.shortcut != "none":
        with suppress(ExplorerError):  # said where they are shown
            ratios_of(view_state)  # first: the block goes on from what this pass has brought
    view = cache.block_view(view_state.network, view_state.image, block)
    st.markdown(_finding(view, trained=view_state.weights.trained))
    block_maps.block_maps(view)
    st.markdown(text("residual_plain" if view.shortcut is None else "residual"))
    if view.shortcut is not None:
        st.markdown(text(f"residual_{view.kind}"))
    st.markdown(block_maps.ending(view.activation, plain=view.shortcut is None))


def all_blocks(view_state: ViewState, block: str) -> None:
    """The chart of every block's ‖F(x)‖ / ‖x‖ and angle; nothing for a plain network."""
    ratios = ratios_of(view_state)
    if not ratios:
        return
    st.header("What every block adds")
    charts.block_chart(
        drawn(residual.ratio_chart, ratios, block, view_state.theme),
        alt=f"L2 norm of F(x) against x for {len(ratios)} blocks{_extremes(ratios)}",
        key=_RATIOS,
    )
    st.caption(text("residual_ratios"))
    with st.expander("As a table", icon=":material/table_rows:"):
        facts.table([_row(ratio) for ratio in ratios], "What every block adds")


def ratios_of(view_state: ViewState) -> tuple[BlockRatio, ...]:
    """What every block adds to this image."""
    return cache.residual_ratios(view_state.network, view_state.image)


def _finding(view: BlockView, *, trained: bool) -> str:
    """One sentence about this very block and image."""
    cut = formatting.percent(float((view.total < 0).mean()))
    relu = f"The ReLU then sets {cut} of the values to zero." if view.activation == "ReLU" else ""
    if view.shortcut is None:
        return relu.replace(" then", "")
    branch, shortcut = (float(np.linalg.norm(part)) for part in (view.branch, view.shortcut))
    if not branch or not shortcut:
        return f"{'F(x)' if not branch else 'x'} is zero everywhere. {relu}"
    cosine = float(np.vdot(view.branch, view.shortcut)) / branch / shortcut
    angle = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    meaning = _meaning(angle) if trained else _chance(view.branch.size)
    return (
        f"In **{view.path}** F(x) is **{branch / shortcut:.2f} times** as long as "
        f"{block_maps.SHORTCUT[view.kind]}, at **{angle:.0f}°** to it: {meaning}. {relu}"
    )


def _meaning(angle: float) -> str:
    """What an angle between branch and shortcut says, in words."""
    if angle < 70:
        return "the block strengthens what the shortcut brings"
    if angle > 110:
        return "the block takes away from what the shortcut brings"
    return "nearly a right angle, so the block adds mostly what the shortcut does not bring"


def _chance(count: int) -> str:
    """What the angle is worth where nothing was learned."""
    return f"about 90° is what chance gives two vectors of {count:,} numbers"


def _extremes(ratios: Sequence[BlockRatio]) -> str:
    """Where the least is added and where the most, in words."""
    known = sorted((ratio.ratio, ratio.path) for ratio in ratios if ratio.ratio is not None)
    if not known:
        return "; x is zero in all of them"
    (least, first), (most, last) = known[0], known[-1]
    return f": least in {first}, {least:.2f}; most in {last}, {most:.2f}"


def _row(ratio: BlockRatio) -> dict[str, str]:
    """A block's numbers as cells of a table."""
    angle = "–" if ratio.angle is None else f"{ratio.angle:.1f}°"
    return {
        "Block": ratio.path,
        "Shortcut": ratio.kind,
        "‖F(x)‖ / ‖x‖": "–" if ratio.ratio is None else f"{ratio.ratio:.3f}",
        "Angle": angle,
    }


def _select(key: str) -> None:
    selection.select_layer(st.session_state[key])
