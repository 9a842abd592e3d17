"""Short answers beside the numbers that make one ask; only those that are true of this network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from resnet_viz.analysis import why as numbers
from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.figures import formatting
from resnet_viz.model.config import STRIDE_PLACES
from resnet_viz.model.roles import Role
from resnet_viz.texts import text
from resnet_viz.ui.state import cache
from resnet_viz.ui.state.view_state import ViewState

_ANSWER: Final = 440  # pixels across


@dataclass(frozen=True, slots=True)
class Note:
    """A question and its answer, both with the numbers of this network."""

    question: str
    answer: str


def show(notes: Sequence[Note | None], *, beside: str = "") -> None:
    """The questions in a row, each with its answer behind it; after a caption where one is given."""
    asked = [note for note in notes if note]
    if not asked and not beside:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if beside:
            st.caption(beside, width="content")
        for note in asked:
            with st.popover(note.question, type="tertiary", icon=":material/help:"):
                st.container(width=_ANSWER).markdown(note.answer)


def of_network(view_state: ViewState) -> list[Note | None]:
    """Why a network has the depth and the multiply-adds that it has."""
    return [depth(view_state.trace), stride_place(view_state)]


def of_layer(trace: Trace, path: str) -> list[Note | None]:
    """What a layer, block or stage makes one ask."""
    row = trace[path]
    block = trace.blocks(path)[0].path if row.role is Role.STAGE else trace.block_of(path)
    notes = [receptive_field(trace, row)]
    if block and row.is_container:
        notes.append(bottleneck(trace, block))
    if block and (row.is_container or row.on_shortcut):
        notes.append(projection(trace, block))
    return notes


def depth(trace: Trace) -> Note:
    """Why a network of so many convolutions has this number in its name."""
    count = numbers.depth_count(trace)
    answer = text("why_depth" if count.projections else "why_depth_without_projections")
    return Note(
        f"Why {count.depth}?",
        answer.format(
            convolutions=count.convolutions, projections=count.projections, depth=count.depth
        ),
    )


def stride_place(view_state: ViewState) -> Note | None:
    """Why papers and torchvision give a network of bottlenecks different multiply-adds."""
    config = view_state.config
    if not config.places_stride:
        return None
    macs = {
        place: formatting.short(
            cache.trace(replace(config, stride_place=place), view_state.input_size).macs
        )
        for place in STRIDE_PLACES
    }
    answer = text("why_macs").format(
        paper=macs["1x1"],
        torchvision=macs["3x3"],
        place="first 1 × 1" if config.stride_place == "1x1" else "3 × 3",
    )
    return Note(f"Why {macs['1x1']} or {macs['3x3']}?", answer)


def costs(trace: Trace) -> Note | None:
    """Why parameters gather in late stages, and multiply-adds do not."""
    pair = numbers.typical_convolutions(trace)
    if pair is None:
        return None
    first, last = pair
    stages = trace.stages()
    early = [row for row in trace.top() if row.order <= stages[0].order]
    answer = text("why_costs").format(
        **_costs("first", first),
        **_costs("last", last),
        params_late=formatting.percent(stages[-1].params / trace.params),
        macs_late=formatting.percent(stages[-1].macs / trace.macs),
        params_early=formatting.percent(sum(row.params for row in early) / trace.params),
        macs_early=formatting.percent(sum(row.macs for row in early) / trace.macs),
    )
    return Note("Why are the parameters late, and the multiply-adds not?", answer)


def bottleneck(trace: Trace, block: str) -> Note | None:
    """Why a bottleneck goes through fewer channels."""
    count = numbers.bottleneck_count(trace, block)
    if count is None:
        return None
    answer = text("why_bottleneck").format(
        given=trace[block].input_shape[0],
        inner=count.channels[0],
        out=count.channels[-1],
        weights=formatting.count(count.weights),
        without=formatting.count(count.without),
        saving=f"{count.saving:.1f}",
    )
    return Note(f"Why {'-'.join(map(str, count.channels))}?", answer)


def projection(trace: Trace, block: str) -> Note | None:
    """Why a block that keeps height and width has a projection."""
    if not numbers.needs_projection_at_full_size(trace, block):
        return None
    row = trace[block]
    answer = text("why_projection").format(
        block=block, given=row.input_shape[0], out=row.output_shape[0]
    )
    return Note("Why a projection at stride 1?", answer)


def receptive_field(trace: Trace, row: LayerRecord) -> Note | None:
    """Why a receptive field can be larger than the image."""
    if row.receptive_field <= trace.input_size:
        return None
    field, size = formatting.count(row.receptive_field), formatting.count(trace.input_size)
    answer = text("why_receptive_field").format(field=field, size=size)
    return Note(f"Why {field} px in an image of {size}?", answer)


def second_training(first: float, second: float) -> Note:
    """Why weights called V2 are not those of ResNet v2; with the accuracies of both, per cent."""
    answer = text("why_v2").format(first=f"{first:.1f}", second=f"{second:.1f}")
    return Note("Is V2 ResNet v2?", answer)


def _costs(name: str, row: LayerRecord) -> dict[str, str]:
    return {
        name: row.path,
        f"{name}_params": formatting.count(row.params),
        f"{name}_positions": formatting.count(numbers.positions(row)),
        f"{name}_macs": formatting.short(row.macs),
    }
