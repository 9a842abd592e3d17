"""The residual page above the surgery: one block taken apart, and what every block adds."""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st

from resnet_viz.analysis.records import Trace
from resnet_viz.analysis.residual_records import BlockRatio, BlockView
from resnet_viz.figures import maps, numbers, residual
from resnet_viz.ui import cache, controls
from resnet_viz.ui.explorer import Explorer
from resnet_viz.ui.texts import text

CHANNELS: Final = 4  # shown of each map: two by two
_MADE_FIT: Final = {"projection": "projected", "zero-pad": "padded"}
_WIDEST: Final = 300  # pixels, of a picture where the page has room for more


def block_of(trace: Trace, path: str) -> str:
    """The block that a layer belongs to: its own, a stage's first, and for stem and head the first."""
    parts = path.split(".")
    if len(parts) > 1:
        return ".".join(parts[:2])
    stage = parts[0] if trace[path].kind == "Stage" else ""
    return trace.blocks(stage)[0].path


def choose_block(explorer: Explorer) -> str:
    """The block in question, which goes with the selected layer; choosing one here selects it."""
    block = block_of(explorer.trace, explorer.layer)
    paths = [row.path for row in explorer.trace.blocks()]
    # A key with the selection in it: the box follows a choice made anywhere else.
    key = f"_block_{block}"
    st.selectbox(
        "Block", paths, paths.index(block), key=key, on_change=_select, args=(key,), width=180
    )
    return block


def why_this_block(explorer: Explorer, block: str) -> None:
    """Say which block stands for a layer that is in none."""
    if "." not in explorer.layer:
        st.caption(f"{explorer.layer} is no block; shown is {block}.")


def taken_apart(explorer: Explorer, block: str) -> None:
    """x, F(x), x + F(x) and the output for the same channels, and a sentence of what is to be seen."""
    view = cache.block_view(
        explorer.config,
        explorer.weights.key,
        explorer.input_size,
        explorer.device,
        explorer.image,
        block,
    )
    channels = sorted(maps.strongest(view.total, CHANNELS))
    parts = _parts(view)
    reach = residual.common_reach([values for _, values in parts], channels)
    st.markdown(_finding(view))
    with st.container(horizontal=True, gap="small", width=len(parts) * _WIDEST):
        for name, values in parts:
            with st.container(width="stretch", gap="xxsmall"):
                _pictures(name, values, channels, reach)
    _scale(reach, channels, len(view.total))
    st.markdown(text("residual_plain" if view.shortcut is None else "residual"))
    if view.kind in ("projection", "zero-pad"):
        st.markdown(text(f"residual_{view.kind}"))


def all_blocks(explorer: Explorer, block: str) -> None:
    """The chart of every block's ‖F(x)‖ / ‖x‖ and angle; nothing for a plain network."""
    ratios = ratios_of(explorer)
    if not ratios:
        return
    st.subheader("What every block adds")
    extremes = sorted(ratios, key=lambda ratio: ratio.ratio)
    st.plotly_chart(
        residual.ratio_chart(ratios, block, explorer.theme),
        config={"displayModeBar": False},
        alt=f"Length of F(x) against x for {len(ratios)} blocks: least in {extremes[0].path}, "
        f"{extremes[0].ratio:.2f}; most in {extremes[-1].path}, {extremes[-1].ratio:.2f}",
    )
    st.caption(text("residual_ratios"))


def ratios_of(explorer: Explorer) -> tuple[BlockRatio, ...]:
    """What every block adds to this picture."""
    return cache.residual_ratios(
        explorer.config,
        explorer.weights.key,
        explorer.input_size,
        explorer.device,
        explorer.image,
    )


def _parts(view: BlockView) -> list[tuple[str, np.ndarray]]:
    """What is shown side by side, in the order of the sum; arrays (C, H, W)."""
    if view.shortcut is None:
        return [("F(x)", view.branch), ("ReLU(F(x))", view.output)]
    x = "x" if view.kind == "identity" else f"x, {_MADE_FIT[view.kind]}"
    return [
        (x, view.shortcut),
        ("+ F(x)", view.branch),
        ("= x + F(x)", view.total),
        ("→ ReLU", view.output),
    ]


def _pictures(name: str, values: np.ndarray, channels: list[int], reach: float) -> None:
    """One part of the sum: some channels of (C, H, W) values, and the ends of all of them."""
    st.markdown(f"**{name}**")
    st.image(
        residual.map_grid([values[channel] for channel in channels], reach, signed=True),
        alt=maps.describe(values[channels], name),
    )
    st.caption(f"{numbers.value(float(values.min()))} … {numbers.value(float(values.max()))}")


def _finding(view: BlockView) -> str:
    """One sentence about this very block and picture."""
    cut = float((view.total < 0).mean())
    relu = f"The ReLU then sets {numbers.percent(cut)} of the values to zero."
    if view.shortcut is None:
        return relu.replace(" then", "")
    branch, shortcut = (float(np.linalg.norm(part)) for part in (view.branch, view.shortcut))
    if not branch or not shortcut:
        return f"{'F(x)' if not branch else 'x'} is zero everywhere. {relu}"
    cosine = float(np.vdot(view.branch, view.shortcut)) / branch / shortcut
    angle = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return (
        f"In **{view.path}** F(x) is **{branch / shortcut:.2f} times** as long as x, at "
        f"**{angle:.0f}°** to it: {_meaning(angle)}. {relu}"
    )


def _meaning(angle: float) -> str:
    """What an angle between branch and shortcut says, in words."""
    if angle < 70:
        return "the block strengthens what is there"
    if angle > 110:
        return "the block takes away from what is there"
    return "the block adds mostly what x did not contain"


def _scale(reach: float, channels: list[int], count: int) -> None:
    """The one colour scale of all pictures, with its ends, and which channels they show."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":small[{numbers.value(-reach)}]", width="content")
        st.image(residual.colour_bar(signed=True), width=160, alt="Colour scale, zero is white")
        st.markdown(f":small[+{numbers.value(reach)}]", width="content")
        shown = ", ".join(map(str, channels))
        st.caption(
            f"one scale for all · channels {shown} of {count:,}, row by row: those that vary most",
            width="content",
        )


def _select(key: str) -> None:
    controls.select_layer(st.session_state[key])
