"""Layers that move a window, or look at one place: every cell around the pinned one goes with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from resnet_viz.analysis.worked_example.records import WorkedWindow
from resnet_viz.analysis.worked_example.windowed import (
    Followed,
    WorkedConvolution,
    WorkedCopy,
    WorkedMaxPool,
    WorkedNorm,
    WorkedReLU,
    WorkedSum,
)
from resnet_viz.components.worked_example.encode import lines
from resnet_viz.components.worked_example.encode.records import Kind, Names, Step, WrittenExample
from resnet_viz.figures import formatting


def convolution(worked: WorkedConvolution, names: Names) -> WrittenExample:
    values = (
        Step("The channels above", "{sums}", "shown"),
        *lines.rest(worked.rest_channels),
        lines.value_of(worked, names, f"the sum over all {len(worked.inputs):,} input channels"),
    )
    return _windowed(
        "pointwise" if worked.window.size == (1, 1) else "convolution",
        worked,
        names,
        _filter(worked, names),
        (*values, *_after(worked, names)),
        [names.channel(channel) for channel in worked.channels],
        {"kernels": worked.kernels, "rests": worked.rests},
    )


def _filter(worked: WorkedConvolution, names: Names) -> str:
    """What a filter reads, in words."""
    size, inputs = worked.window.size, worked.inputs
    what = f"a {formatting.shape(size)} window" if math.prod(size) > 1 else "one place"
    channels = f"{len(inputs):,} channels" if len(inputs) > 1 else "one channel"
    if worked.groups > 1:
        number = inputs.start // len(inputs) + 1
        channels += (
            f", {inputs.start} to {inputs.stop - 1} alone: group {number} of {worked.groups}"
        )
    sentences = [f"Filter {worked.channel} reads {what} of {names.source}, {channels}."]
    if worked.rest_channels:
        shown = len(worked.channels)
        sentences.append(f"Shown are the {shown} that count most at the pinned cell.")
    return " ".join(sentences)


def _after(worked: Followed, names: Names) -> tuple[Step, ...]:
    """What follows the layer; `_planes` numbers the values in the same order."""
    steps: list[Step] = []
    for step in worked.after:
        before, at = f"out{len(steps)}", len(steps) + 1
        if isinstance(step, WorkedNorm):
            steps.append(_scaled(step, before, f"out{at}"))
            steps.append(lines.value_of(step, names, _shift(step, f"out{at}"), f"out{at + 1}"))
        else:
            steps.append(lines.value_of(step, names, _relu_line(before), f"out{at}"))
    return tuple(steps)


def _planes(worked: WorkedWindow) -> list[np.ndarray]:
    """(h, w) each: what the layer puts out, then what follows it, in the order of the steps."""
    if isinstance(worked, WorkedNorm):
        return [worked.outputs, worked.scaled]
    planes = [worked.outputs]
    for step in worked.after if isinstance(worked, Followed) else ():
        planes += [step.scaled] if isinstance(step, WorkedNorm) else []
        planes.append(step.outputs)
    return planes


def _scaled(norm: WorkedNorm, before: str, value: str) -> Step:
    """With all digits of x and μ, which may nearly cancel."""
    mean = f"{norm.mean:.7g}".replace("-", "−")
    mean = f"({mean})" if norm.mean < 0 else mean
    eps = np.format_float_positional(norm.eps, trim="-")
    how = (
        f"BatchNorm, γ · (x − μ) / √(σ² + ε): {formatting.value(norm.weight)} · ({{={before}}} − {mean}) / "
        f"√({formatting.value(norm.variance)} + {eps})"
    )
    return Step(f"{norm.path}, scaled", how, value)


def _shift(norm: WorkedNorm, scaled: str) -> str:
    return f"and shifted, + β: {{{scaled}}} + {lines.factor(norm.bias)}"


def _relu_line(before: str) -> str:
    return f"ReLU: max(0, {{{before}}})"


def norm(worked: WorkedNorm, names: Names) -> WrittenExample:
    intro = (
        f"BatchNorm scales and shifts {names.target} by four numbers of its own: the running mean "
        "μ and variance σ², and the learned γ and β."
    )
    steps = (
        Step(names.source, "x", "in0"),
        _scaled(worked, "in0", "out1"),
        lines.value_of(worked, names, _shift(worked, "out1")),
    )
    return _windowed("elementwise", worked, names, intro, steps, [names.source])


def relu(worked: WorkedReLU, names: Names) -> WrittenExample:
    intro = f"ReLU looks at this place of {names.source} alone: what is below 0 becomes 0."
    steps = (Step(names.source, "x", "in0"), lines.value_of(worked, names, _relu_line("in0")))
    return _windowed("elementwise", worked, names, intro, steps, [names.source])


def max_pool(worked: WorkedMaxPool, names: Names) -> WrittenExample:
    size = formatting.shape(worked.window.size)
    return _windowed(
        "pool",
        worked,
        names,
        f"The largest of a {size} window of {names.source}, {names.target}.",
        (
            lines.value_of(
                worked, names, "the winner stands at row {winner_row}, column {winner_column}"
            ),
        ),
        [names.source],
    )


def add(worked: WorkedSum, names: Names) -> WrittenExample:
    return _windowed(
        "elementwise",
        worked,
        names,
        "Branch and shortcut meet: the same place of both, added.",
        (
            Step(worked.branch_path, "branch, F(x)", "in0"),
            Step(worked.shortcut_path, "shortcut", "in1"),
            lines.value_of(worked, names, "{in0} + {(in1)}"),
            *_after(worked, names),
        ),
        [worked.branch_path, worked.shortcut_path],
    )


def copy(worked: WorkedCopy, names: Names) -> WrittenExample:
    if worked.source is None:
        intro = f"{names.source} has no {names.target}: the shortcut fills new channels with zeros."
    else:
        intro = f"Nothing is worked out here: the value of {names.source} is handed on."
    steps = (lines.value_of(worked, names, worked.kind),)
    sources = [names.source] * len(worked.maps)
    return _windowed("elementwise", worked, names, intro, steps, sources)


def _windowed(
    kind: Kind,
    worked: WorkedWindow,
    names: Names,
    intro: str,
    steps: Sequence[Step],
    inputs: Sequence[str],
    arrays: Mapping[str, np.ndarray] | None = None,
) -> WrittenExample:
    (marked,) = (step for step in steps if step.marked)
    facts = {
        "inputs": inputs,
        "output": f"{names.shown}, {names.target}{_part(worked)}",
        "shown": marked.value,
        "window": worked.window._asdict(),
        "input_size": worked.input_size,
        "map_size": worked.maps.shape[1:],
        "corner": worked.corner,
        "extent": worked.outputs.shape,
        "cell": (worked.row, worked.column),
    }
    outputs = np.stack(_planes(worked))  # (1 + what follows, h, w)
    return WrittenExample(
        kind,
        intro,
        tuple(steps),
        facts,
        {"maps": worked.maps, "outputs": outputs, **(arrays or {})},
    )


def _part(worked: WorkedWindow) -> str:
    """Which part of a large map can be moved over."""
    shape, whole = worked.outputs.shape, worked.output_size
    if shape == whole:
        return ""
    rows, columns = (
        f"{first} to {first + count - 1}" for first, count in zip(worked.corner, shape, strict=True)
    )
    return f": rows {rows}, columns {columns} of {formatting.shape(whole)}"
