"""The block inside a stage's step: its drawing, its maps, one value by hand, and why it is built so."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.analysis.records import LayerRecord
from resnet_viz.analysis.residual_records import UnitSum
from resnet_viz.figures import formatting
from resnet_viz.figures.diagrams import describe, network_diagram
from resnet_viz.texts import text
from resnet_viz.ui.shared import block_maps, boundary, drawings, ways, widgets
from resnet_viz.ui.state import cache, pages, selection, url
from resnet_viz.ui.state.view_state import ViewState

_DRAWING: Final = "block_drawing"  # key of its container
_LEVEL: Final = "layers"  # of the drawing's detail
_SAID = 440  # pixels across, of a column of text


def block_step(view_state: ViewState, stage: LayerRecord) -> None:
    """One block of the stage, on this image."""
    plain = view_state.config.shortcut == "none"
    st.header("The block, which has no shortcut" if plain else "The residual block")
    block = _choose(view_state, stage)
    trace = view_state.trace
    with st.container(horizontal=True, gap="large"):
        drawings.drawing(
            network_diagram(trace, _LEVEL, view_state.theme, within=block),
            describe(trace, _LEVEL, block),
            _DRAWING,
            width="content",
        )
        said = st.container(width=_SAID)  # below the drawing where there is no room beside it
    with said:
        words = text(f"walkthrough_block_{trace.shortcut_kind(block)}")
        st.markdown(f"{words} {block_maps.ending(trace.activation_kind(block), plain=plain)}")
        st.markdown(text("walkthrough_plain_why" if plain else "walkthrough_shortcut_why"))
        ways.to_argument(1, "Why shortcuts? The evidence")
    with boundary.error_boundary():
        view = cache.block_view(view_state.network, view_state.image, block)
        unit = view.most_changed(block_maps.shown_channels(view)[0])
        block_maps.block_maps(view)
        st.markdown(_by_hand(unit, view.kind, view.activation))
        _lead_on(view_state, block, unit)


def _choose(view_state: ViewState, stage: LayerRecord) -> str:
    """A block of the stage; the first with an identity shortcut, where nothing hides the idea."""
    trace = view_state.trace
    blocks = [row.path for row in trace.blocks(stage.path)]
    simple = (path for path in blocks if trace.shortcut_kind(path) == "identity")
    return widgets.one_of("Block", blocks, next(simple, blocks[-1]), url.INSIDE)


def _by_hand(unit: UnitSum, kind: str, activation: str) -> str:
    """The sum of one unit in numbers, and what the activation makes of it."""
    where = (
        f"**One value by hand**, where the branch does most to channel {unit.channel}: row {unit.row}, "
        f"column {unit.column}"
    )
    added = f"F(x) = {formatting.value(unit.branch)}"
    if unit.shortcut is not None:
        addition = formatting.addition(unit.shortcut, unit.branch, unit.total)
        added = f"{block_maps.SHORTCUT[kind]} + F(x) = {addition}"
    total, output = formatting.value(unit.total), formatting.value(unit.output)
    after = f"max(0, {total})" if activation == "ReLU" else f"{activation}({total})"
    after = f" → {activation}: {after} = **{output}**" if activation else ""
    return f"{where}  \n{added}{after}"


def _lead_on(view_state: ViewState, block: str, unit: UnitSum) -> None:
    """The ways to where this is worked out further."""
    branch = view_state.trace.parts(block).branch[-1]
    with st.container(horizontal=True, gap="small"):
        st.button(
            f"How F(x) came about: {branch}, number by number",
            on_click=_open,
            args=("feature_maps", branch, unit),
            type="tertiary",
            icon=":material/calculate:",
        )
        st.button(
            f"Remove {block}, or weaken it",
            on_click=_open,
            args=("residual", block),
            type="tertiary",
            icon=":material/content_cut:",
        )


def _open(slug: str, path: str, unit: UnitSum | None = None) -> None:
    """Go to a page with a layer selected, and a unit of it where one is named."""
    selection.select_layer(path)
    at = {}
    if unit:
        at = {
            url.PIN_LAYER.key: path,
            url.CHANNEL.key: str(unit.channel),
            url.CELL.key: f"{unit.row}-{unit.column}",
        }
    pages.go_to(slug, at)  # bound ones stay by themselves
