"""The residual page above the ablation: one block taken apart, and what every block adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from resnet_viz.analysis.records import Trace
from resnet_viz.analysis.residual_records import BlockRatio, BlockView
from resnet_viz.figures import formatting, maps, residual
from resnet_viz.model.roles import Role
from resnet_viz.texts import text
from resnet_viz.ui.shared import charts, facts
from resnet_viz.ui.state import cache, selection
from resnet_viz.ui.state.view_state import ViewState

CHANNELS: Final = 4  # shown of each map: two by two
_SHORTCUT: Final = {"identity": "x", "projection": "x, projected", "zero-pad": "x, padded"}
_WIDEST: Final = 300  # pixels, of a picture where the page has room for more
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
    view = cache.block_view(view_state.network, view_state.image, block)
    channels = shown_channels(view)
    st.markdown(_finding(view, trained=view_state.weights.trained))
    reach = pictures(_parts(view), channels, signed=True)
    scale(reach, f"{named(channels, len(view.total))}: {_choice(view)}", signed=True)
    st.markdown(text("residual_plain" if view.shortcut is None else "residual"))
    if view.shortcut is not None:
        st.markdown(text(f"residual_{view.kind}"))


def all_blocks(view_state: ViewState, block: str) -> None:
    """The chart of every block's ‖F(x)‖ / ‖x‖ and angle; nothing for a plain network."""
    ratios = ratios_of(view_state)
    if not ratios:
        return
    st.subheader("What every block adds")
    block_chart(
        residual.ratio_chart(ratios, block, view_state.theme),
        f"L2 norm of F(x) against x for {len(ratios)} blocks{_extremes(ratios)}",
        _RATIOS,
    )
    st.caption(text("residual_ratios"))
    with st.expander("As a table", icon=":material/table_rows:"):
        facts.table([_row(ratio) for ratio in ratios], "What every block adds")


def block_chart(figure: go.Figure, alt: str, key: str) -> None:
    """A chart with a bar or dot for each block; a click on one selects its block."""
    st.plotly_chart(
        figure,
        config={"displayModeBar": False},
        alt=alt,
        key=key,
        on_select=lambda: select_clicked(key),
        selection_mode="points",
    )


def select_clicked(key: str) -> None:
    """Select the block that was clicked in a chart; for callbacks."""
    if path := charts.clicked(key):
        selection.select_layer(path)


def ratios_of(view_state: ViewState) -> tuple[BlockRatio, ...]:
    """What every block adds to this picture."""
    return cache.residual_ratios(view_state.network, view_state.image)


def shown_channels(view: BlockView) -> list[int]:
    """The channels that vary most in the sum; where x was padded, half of them new ones."""
    if view.kind != "zero-pad":
        return sorted(maps.top_variance_channels(view.total, CHANNELS))
    given = len(view.input)
    new = [
        given + channel for channel in maps.top_variance_channels(view.total[given:], CHANNELS // 2)
    ]
    return sorted(maps.top_variance_channels(view.total[:given], CHANNELS // 2)) + sorted(new)


def pictures(
    parts: Sequence[tuple[str, np.ndarray]], channels: list[int], *, signed: bool
) -> float:
    """Some channels of named (C, H, W) values, side by side on one scale; returns where it ends."""
    reach = residual.common_reach([values for _, values in parts], channels)
    with st.container(horizontal=True, gap="small", width=len(parts) * _WIDEST):
        for name, values in parts:
            shown = values[channels]
            with st.container(width="stretch", gap="xxsmall"):
                st.markdown(f"**{name}**")
                st.image(
                    residual.map_grid(list(shown), reach, signed=signed),
                    alt=maps.describe(shown, name),
                )
                ends = formatting.value(float(shown.min())), formatting.value(float(shown.max()))
                st.caption(" … ".join(ends))
    return reach


def scale(reach: float, words: str, *, signed: bool) -> None:
    """The one colour scale of all pictures, with its ends, and which channels they show."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":small[{formatting.value(-reach) if signed else 0}]", width="content")
        alt = f"Colour scale, zero is {'white' if signed else 'dark'}"
        st.image(residual.colour_bar(signed=signed), width=160, alt=alt)
        st.markdown(f":small[{'+' if signed else ''}{formatting.value(reach)}]", width="content")
        st.caption(f"one scale for all · {words}", width="content")


def named(channels: list[int], count: int) -> str:
    """Which of how many channels are shown, in words."""
    return f"channels {', '.join(map(str, channels))} of {count:,}, row by row"


def _parts(view: BlockView) -> list[tuple[str, np.ndarray]]:
    """What is shown side by side, in the order of the sum; arrays (C, H, W)."""
    if view.shortcut is None:
        return [("F(x)", view.branch), ("ReLU(F(x))", view.output)]
    return [
        (_SHORTCUT[view.kind], view.shortcut),
        ("+ F(x)", view.branch),
        ("= x + F(x)" if view.kind == "identity" else "= their sum", view.total),
        ("→ ReLU", view.output),
    ]


def _finding(view: BlockView, *, trained: bool) -> str:
    """One sentence about this very block and picture."""
    cut = float((view.total < 0).mean())
    relu = f"The ReLU then sets {formatting.percent(cut)} of the values to zero."
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
        f"{_SHORTCUT[view.kind]}, at **{angle:.0f}°** to it: {meaning}. {relu}"
    )


def _meaning(angle: float) -> str:
    """What an angle between branch and shortcut says, in words."""
    if angle < 70:
        return "the block strengthens what the shortcut brings"
    if angle > 110:
        return "the block takes away from what the shortcut brings"
    return "the block adds mostly what the shortcut does not bring"


def _chance(count: int) -> str:
    """What the angle is worth where nothing was learned."""
    return f"about 90° is what chance gives two vectors of {count:,} numbers"


def _choice(view: BlockView) -> str:
    """Which channels are shown, in words."""
    if view.kind != "zero-pad":
        return "those of highest variance"
    given = len(view.input)
    return f"those of highest variance below {given}, and of the padded ones from {given} on"


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
