"""The working of one cell written out: words for each kind of layer, and the maps that go with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from resnet_viz.analysis.by_hand.records import (
    Followed,
    Worked,
    WorkedConvolution,
    WorkedCopy,
    WorkedMaxPool,
    WorkedMean,
    WorkedNorm,
    WorkedReLU,
    WorkedScore,
    WorkedSum,
    WorkedWindow,
)
from resnet_viz.figures import numbers, wall
from resnet_viz.figures.working_records import Kind, Names, Step, Working

MOST_CELLS: Final = 16  # a side of a map whose mean is taken; a larger one is shown in squares


def working(worked: Worked, names: Names) -> Working:
    """Write out the arithmetic of a cell and of those around it."""
    return _WRITTEN[type(worked)](worked, names)


# ---- layers that move a window ----


def _convolution(worked: WorkedConvolution, names: Names) -> Working:
    values = (
        Step("The channels above", "{sums}", "shown"),
        *_rest(worked.rest_channels),
        _value_of(worked, names, f"the sum over all {len(worked.inputs):,} input channels"),
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
    what = f"a {numbers.shape(size)} window" if math.prod(size) > 1 else "one place"
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
            steps.append(_value_of(step, names, _shift(step, f"out{at}"), f"out{at + 1}"))
        else:
            steps.append(_value_of(step, names, _relu_line(before), f"out{at}"))
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
        f"BatchNorm, γ · (x − μ) / √(σ² + ε): {_value(norm.weight)} · ({{={before}}} − {mean}) / "
        f"√({_value(norm.variance)} + {eps})"
    )
    return Step(f"{norm.path}, scaled", how, value)


def _shift(norm: WorkedNorm, scaled: str) -> str:
    return f"and shifted, + β: {{{scaled}}} + {_factor(norm.bias)}"


def _relu_line(before: str) -> str:
    return f"ReLU: max(0, {{{before}}})"


def _norm(worked: WorkedNorm, names: Names) -> Working:
    intro = (
        f"BatchNorm scales and shifts {names.target} by four numbers of its own: the running mean "
        "μ and variance σ², and the learned γ and β."
    )
    steps = (
        Step(names.source, "x", "in0"),
        _scaled(worked, "in0", "out1"),
        _value_of(worked, names, _shift(worked, "out1")),
    )
    return _windowed("place", worked, names, intro, steps, [names.source])


def _relu(worked: WorkedReLU, names: Names) -> Working:
    intro = f"ReLU looks at this place of {names.source} alone: what is below 0 becomes 0."
    steps = (Step(names.source, "x", "in0"), _value_of(worked, names, _relu_line("in0")))
    return _windowed("place", worked, names, intro, steps, [names.source])


def _max_pool(worked: WorkedMaxPool, names: Names) -> Working:
    size = numbers.shape(worked.window.size)
    return _windowed(
        "pool",
        worked,
        names,
        f"The largest of a {size} window of {names.source}, {names.target}.",
        (
            _value_of(
                worked, names, "the winner stands at row {winner_row}, column {winner_column}"
            ),
        ),
        [names.source],
    )


def _sum(worked: WorkedSum, names: Names) -> Working:
    return _windowed(
        "place",
        worked,
        names,
        "Branch and shortcut meet: the same place of both, added.",
        (
            Step(worked.branch_path, "branch, F(x)", "in0"),
            Step(worked.shortcut_path, "shortcut", "in1"),
            _value_of(worked, names, "{in0} + {(in1)}"),
            *_after(worked, names),
        ),
        [worked.branch_path, worked.shortcut_path],
    )


def _copy(worked: WorkedCopy, names: Names) -> Working:
    if worked.source is None:
        intro = f"{names.source} has no {names.target}: the shortcut fills new channels with zeros."
    else:
        intro = f"Nothing is worked out here: the value of {names.source} is handed on."
    steps = (_value_of(worked, names, worked.kind),)
    sources = [names.source] * len(worked.maps)
    return _windowed("place", worked, names, intro, steps, sources)


def _windowed(
    kind: Kind,
    worked: WorkedWindow,
    names: Names,
    intro: str,
    steps: Sequence[Step],
    inputs: Sequence[str],
    arrays: Mapping[str, np.ndarray] | None = None,
) -> Working:
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
    return Working(
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
    return f": rows {rows}, columns {columns} of {numbers.shape(whole)}"


# ---- layers that read all at once ----


def _mean(worked: WorkedMean, names: Names) -> Working:
    side = math.ceil(max(worked.map.shape) / MOST_CELLS)
    shown = wall.averaged(worked.map[None], side)[0]  # (h, w), at most MOST_CELLS a side
    squares = f", as means over squares of {side} × {side}" if side > 1 else ""
    return Working(
        "mean",
        f"All {worked.count:,} cells of {names.target} of {names.source} become one number.",
        (
            Step("Sum", f"over {numbers.shape(worked.map.shape)} cells", "sum"),
            _value_of(worked, names, f"{{sum}} / {worked.count:,}"),
        ),
        {
            "inputs": (f"{names.target} of {names.source}{squares}",),
            "squares": side,
            "map_size": shown.shape,
        },
        {
            "maps": shown[None],
            "sum": np.array([worked.sum], np.float32),
            "outputs": worked.outputs[None],
        },
    )


def _score(worked: WorkedScore, names: Names) -> Working:
    return Working(
        "score",
        f"Each channel of {names.source} speaks for or against a class. Those that say most of "
        "{class}:",
        (
            Step("The channels above that speak for it", "{positives}", "positive"),
            Step("Those that speak against it", "{negatives}", "negative"),
            Step("The other {others}", "", "rest"),
            Step("Bias", "", "bias"),
            _value_of(worked, names, "the score of {class}"),
            Step(
                "Softmax", "e to this score, as a share of the sum over all classes", "probability"
            ),
        ),
        {
            "strongest": worked.strongest,
            "classes": [
                {"number": number, "name": name}
                for number, name in zip(worked.classes, names.classes, strict=True)
            ],
            "class_number": worked.channel,
        },
        {
            "activations": worked.activations,
            "weights": worked.weights,
            "biases": worked.biases,
            "scores": worked.scores,
            "probabilities": worked.probabilities,
        },
    )


_WRITTEN: Final[Mapping[type[Worked], Callable[[Any, Names], Working]]] = {
    WorkedConvolution: _convolution,
    WorkedNorm: _norm,
    WorkedReLU: _relu,
    WorkedMaxPool: _max_pool,
    WorkedMean: _mean,
    WorkedSum: _sum,
    WorkedCopy: _copy,
    WorkedScore: _score,
}


# ---- lines and numbers ----


def _value_of(worked: Worked, names: Names, how: str, value: str = "out0") -> Step:
    """What a layer puts out; marked where it is the layer whose map is shown."""
    return Step(worked.path, how, value, marked=worked.path == names.shown)


def _rest(channels: int) -> tuple[Step, ...]:
    if not channels:
        return ()
    noun = "channel" if channels == 1 else "channels"
    return (Step(f"The other {channels:,} {noun}", "", "rest"),)


def _value(number: float) -> str:
    return numbers.value(number)


def _factor(number: float) -> str:
    """A number that follows a sign: in brackets where it brings its own."""
    return f"({_value(number)})" if number < 0 else _value(number)
