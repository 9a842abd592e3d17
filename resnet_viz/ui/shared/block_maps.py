"""The maps of one block side by side, on one scale: x, F(x), their sum, and what comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import streamlit as st

from resnet_viz.analysis.residual_records import BlockView
from resnet_viz.figures import formatting, maps, residual
from resnet_viz.ui.shared.drawn import drawn

CHANNELS: Final = 4  # shown of each map: two by two
SHORTCUT: Final = {"identity": "x", "projection": "x, projected", "zero-pad": "x, padded"}
_WIDEST: Final = 300  # pixels, of an image where the page has room for more
_PAIR: Final = "map_pair"  # how the keys of two maps side by side begin
# On a phone Streamlit puts every column below the one before. Two maps have room there: x stands beside
# F(x), and their sum beside what comes of it.
_TWO_ON_A_PHONE: Final = f"""<style>
[class*="st-key-{_PAIR}"] [data-testid="stColumn"] {{ min-width: calc(50% - 1rem); }}
</style>"""


def block_maps(view: BlockView) -> None:
    """The same channels of every part of the sum, and the scale of their colours."""
    channels = shown_channels(view)
    vmax = images(_parts(view), channels, signed=True)
    scale(vmax, f"{named(channels, len(view.total))}: {_choice(view)}", signed=True)


def ending(activation: str, *, plain: bool) -> str:
    """What follows in a block, in a sentence; `activation` is the kind of its last layer."""
    total = "F(x)" if plain else "F(x) + x"
    if not activation:
        return f"No activation follows: **{total}** is the block's output."
    if activation == "ReLU":
        return f"A ReLU follows: **relu({total})**. What is below zero becomes zero."
    return f"{activation} follows: **{activation}({total})**."


def shown_channels(view: BlockView) -> list[int]:
    """The channels that vary most in the sum; where x was padded, half of them new ones."""
    if view.kind != "zero-pad":
        return sorted(maps.top_variance_channels(view.total, CHANNELS))
    given = len(view.input)
    new = [
        given + channel for channel in maps.top_variance_channels(view.total[given:], CHANNELS // 2)
    ]
    return sorted(maps.top_variance_channels(view.total[:given], CHANNELS // 2)) + sorted(new)


def images(parts: Sequence[tuple[str, np.ndarray]], channels: list[int], *, signed: bool) -> float:
    """Some channels of named (C, H, W) values, side by side on one scale; returns where it ends."""
    vmax = residual.common_vmax([values for _, values in parts], channels)
    st.html(_TWO_ON_A_PHONE)
    pairs = [parts[start : start + 2] for start in range(0, len(parts), 2)]
    with st.container(width=len(parts) * _WIDEST):
        for pair, column in zip(pairs, st.columns(len(pairs), gap="small"), strict=True):
            with column, st.container(key=f"{_PAIR}_{pair[0][0]}"):
                for (name, values), half in zip(pair, st.columns(2, gap="small"), strict=False):
                    with half:
                        _image(name, values[channels], vmax, signed=signed)
    return vmax


def _image(name: str, shown: np.ndarray, vmax: float, *, signed: bool) -> None:
    """Some channels (C, H, W) of one part as an image, with its name and its ends."""
    with st.container(gap="xxsmall"):
        st.markdown(f"**{name}**")
        st.image(
            drawn(residual.map_grid, list(shown), vmax, signed=signed),
            alt=maps.describe(shown, name),
        )
        ends = formatting.value(float(shown.min())), formatting.value(float(shown.max()))
        st.caption(" … ".join(ends))


def scale(vmax: float, words: str, *, signed: bool) -> None:
    """The one colour scale of all images, with its ends, and which channels they show."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":small[{formatting.value(-vmax) if signed else 0}]", width="content")
        alt = f"Colour scale, zero is {'white' if signed else 'dark'}"
        st.image(drawn(residual.colour_bar, signed=signed), width=160, alt=alt)
        st.markdown(f":small[{'+' if signed else ''}{formatting.value(vmax)}]", width="content")
        st.caption(f"one scale for all · {words}", width="content")


def named(channels: list[int], count: int) -> str:
    """Which of how many channels are shown, in words."""
    return f"channels {', '.join(map(str, channels))} of {count:,}, row by row"


def _parts(view: BlockView) -> list[tuple[str, np.ndarray]]:
    """What is shown side by side, in the order of the sum; arrays (C, H, W)."""
    if view.shortcut is None:
        after = [(f"{view.activation}(F(x))", view.output)] if view.activation else []
        return [("F(x)", view.branch), *after]
    after = [(f"→ {view.activation}", view.output)] if view.activation else []
    return [
        (SHORTCUT[view.kind], view.shortcut),
        ("+ F(x)", view.branch),
        ("= x + F(x)" if view.kind == "identity" else "= their sum", view.total),
        *after,
    ]


def _choice(view: BlockView) -> str:
    """Which channels are shown, in words."""
    if view.kind != "zero-pad":
        return "those of highest variance"
    given = len(view.input)
    return f"those of highest variance below {given}, and of the padded ones from {given} on"
