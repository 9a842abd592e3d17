"""What several pages say about the selected layer: its facts, its arithmetic, its words, its place."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.analysis.arithmetic import Formula, explain, not_worked_out
from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.analysis.why import biases
from resnet_viz.figures import formatting
from resnet_viz.model.roles import Role
from resnet_viz.texts import explanation as kind_explanation
from resnet_viz.texts import plain, text
from resnet_viz.texts.glossary import term
from resnet_viz.ui.shared import block_maps, facts
from resnet_viz.ui.state import selection
from resnet_viz.ui.state.view_state import ViewState

_UNITS: Final = {"receptive_field": " px", "jump": " px"}


def row_facts(row: LayerRecord) -> None:
    """Shapes and costs of a layer, block or stage."""
    facts.key_figures(
        (
            ("In", formatting.shape(row.input_shape)),
            ("Out", formatting.shape(row.output_shape)),
            (term("parameters", "Parameters"), formatting.count(row.params)),
            (term("multiply-adds", "Multiply-adds"), formatting.short(row.macs)),
            (term("receptive-field", "Receptive field"), f"{row.receptive_field:,} px"),
        )
    )


def arithmetic(view_state: ViewState, path: str) -> None:
    """Where each number of a row comes from."""
    trace = view_state.trace
    st.markdown("\n".join(_formula_line(formula) for formula in explain(trace, path)))
    if missing := not_worked_out(trace, path):
        kind = plain(trace[path].kind)
        st.caption(
            f"How the {' and '.join(missing)} of a {kind} are counted is not worked out here yet."
        )


def explanation(view_state: ViewState, row: LayerRecord) -> None:
    """What a layer, block or stage does, in words; only what is true of this one."""
    trace, more = view_state.trace, []
    if row.is_block:
        shortcut = view_state.config.shortcut
        ending = block_maps.ending(trace.activation_kind(row.path), plain=shortcut == "none")
        more.append(f"{text(f'shortcut_{shortcut}')} {ending}")
    if row.kind == "Conv2d":
        more += [text("conv_1x1")] if row.kernel == (1, 1) else []
        more += [text("conv_groups")] if row.groups != 1 else []
        more += [text("conv_stride")] if row.stride != (1, 1) else []
        follows = {trace[path].kind for path in trace.readers(row.path)}
        more += [_no_bias(trace, row)] if follows == {"BatchNorm2d"} else []
    more += _place_in_block(trace, row)
    st.markdown("\n\n".join([kind_explanation(row.kind), *more]))


def breadcrumbs(view_state: ViewState) -> None:
    """Stem, stages and head; the blocks of the stage; the layers of the block: a click selects."""
    trace, path = view_state.trace, view_state.layer
    row, block = view_state.selected, trace.block_of(path)
    stage = trace.stages()[row.stage - 1].path if row.stage else path
    holders = {"Stages": "", "Blocks": stage, **({"Layers": block} if block else {})}
    for label, holder in holders.items():
        if rows := trace.children(holder):
            _choices(label, holder, [row.path for row in rows], path)


def _place_in_block(trace: Trace, row: LayerRecord) -> list[str]:
    """What a layer has to do with the sum of its block; nothing outside of residual blocks."""
    block = trace.block_of(row.path)
    parts = trace.parts(block) if block else None
    if not parts or not parts.total or row.is_block:
        return []
    if row.role is Role.BRANCH:
        return [
            f"It is part of the branch F(x): x is not in it yet, but added in **{parts.total}**."
        ]
    if row.role is Role.SHORTCUT:
        return [f"It is on the shortcut, which **{parts.total}** adds to the branch."]
    if row.role is Role.SUM:
        branch, shortcut = trace.sources(row.path)
        return [f"It adds **{branch}**, the end of the branch, and **{shortcut}**, the shortcut."]
    return []


def _no_bias(trace: Trace, row: LayerRecord) -> str:
    """Why a convolution has no bias, and what that saves."""
    here, everywhere = row.output_shape[0], biases(trace)
    return text("conv_no_bias").format(here=f"{here:,}", everywhere=f"{everywhere:,}")


def _formula_line(formula: Formula) -> str:
    unit, result = _UNITS.get(formula.measures, ""), f"{formula.value:,}"
    expression = "" if formula.expression == result else f"{formula.expression} = "
    return f"- {expression}**{result}{unit}**  \n  :gray[:small[{formula.title}]]"


def _choices(label: str, holder: str, paths: list[str], selected: str) -> None:
    """One row of buttons, the one that is or holds the selected layer pressed."""
    here = next((p for p in paths if p == selected or selected.startswith(f"{p}.")), None)
    # The same buttons as before, so that who uses the keyboard stays on them; they follow a choice
    # that was made anywhere else.
    key = f"_here_{label}_{holder}"
    st.session_state[key] = here
    st.pills(
        label,
        paths,
        key=key,
        label_visibility="collapsed",
        format_func=lambda path: path.removeprefix(f"{holder}.") if "." in holder else path,
        on_change=_follow,
        args=(key, here if here != selected else None),
    )


def _follow(key: str, holder: str | None) -> None:
    """Select what was clicked; a second click on the stage or block around goes up to it."""
    if path := st.session_state.get(key) or holder:
        selection.select_layer(path)
