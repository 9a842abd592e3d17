"""Where in a network is looked: a layer, or a block's branch, shortcut, sum or output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from resnet_viz.analysis.records import INPUT, LayerRecord, Trace
from resnet_viz.errors import MethodError
from resnet_viz.one_line import quoted

PARTS: Final = ("output", "sum", "branch", "shortcut")


@dataclass(frozen=True, slots=True)
class TargetLayer:
    """One layer's output, under the name that it was asked for by."""

    layer: str  # path as asked
    part: str  # of a block; empty for what is none
    row: LayerRecord  # of the module whose output it is


def last_stage(trace: Trace) -> str:
    """The path of the last stage, where maps are coarse and mean most."""
    return trace.stages()[-1].path


def has_maps(row: LayerRecord) -> bool:
    """Whether a layer's output lies somewhere on the image."""
    return len(row.output_shape) == 3


def find_target_layer(trace: Trace, layer: str, part: str = "") -> TargetLayer:
    """Find the layer whose output is looked at.

    Raises:
        PathError: the network has no such layer.
        MethodError: the layer has no such part, or its output lies nowhere on the image.
    """
    if layer == INPUT:
        raise MethodError(
            "The image is no layer; choose a method that is about pixels, such as input_x_gradient."
        )
    row = trace[layer]
    if part and part not in PARTS:
        raise MethodError(
            f"A block has no part {quoted(part, 40)}; choose one of {', '.join(PARTS)}."
        )
    if row.is_block:
        found = trace[_part_of(trace, row, part or PARTS[0])]
        return TargetLayer(row.path, part or PARTS[0], found)
    if part:
        raise MethodError(
            f"{row.path} is a {row.kind} and no block, so that it has no {part} of its own."
        )
    if not has_maps(row):
        raise MethodError(
            f"{row.path} puts out {row.output_shape[0]:,} numbers that lie nowhere on the image; choose "
            f"a layer up to {last_stage(trace)}."
        )
    return TargetLayer(row.path, "", trace[trace.producer(row.path)])


def feeds_classifier(trace: Trace, seen_at: TargetLayer) -> bool:
    """Whether its maps are what is pooled for the classifier: the output of the last stage."""
    return seen_at.row.path == trace.producer(last_stage(trace))


def _part_of(trace: Trace, block: LayerRecord, part: str) -> str:
    """The path of the module that puts out a part of a block."""
    parts = trace.parts(block.path)
    if part == "shortcut" and not parts.shortcut:
        raise MethodError(
            f"{block.path} is a plain block: it has no shortcut, and its sum is its branch."
        )
    total = parts.total or parts.branch[-1]
    return {
        "output": parts.activation or total,
        "sum": total,
        "branch": parts.branch[-1],
        "shortcut": parts.shortcut[-1] if parts.shortcut else "",
    }[part]
