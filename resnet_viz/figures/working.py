"""The working of one cell written out: number grids or products, then steps down to the value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from resnet_viz.analysis.by_hand.records import (
    ChannelSum,
    Term,
    Worked,
    WorkedConvolution,
    WorkedCopy,
    WorkedMaxPool,
    WorkedMean,
    WorkedNorm,
    WorkedReLU,
    WorkedScore,
    WorkedSum,
)
from resnet_viz.figures import numbers, wall
from resnet_viz.figures.working_records import (
    Grid,
    Map,
    Mask,
    Names,
    Product,
    Step,
    Trio,
    Working,
)

MOST_CELLS: Final = 16  # a side; a larger map is shown as means over squares


def working(worked: Worked, names: Names) -> Working:
    """Write out the arithmetic of one cell."""
    return _WRITTEN[type(worked)](worked, names)


def _convolution(worked: WorkedConvolution, names: Names) -> Working:
    pointwise = worked.padded.size == 1
    shown = worked.strongest
    return Working(
        intro=_filter(worked, names),
        corner=(worked.top, worked.left),
        padded=_mask(worked.padded),
        trios=() if pointwise else tuple(_trio(part, names) for part in shown),
        products=tuple(_pointwise(part, names) for part in shown) if pointwise else (),
        steps=(
            _sum_of([part.total for part in shown], "The channels above"),
            *_rest(worked.rest, worked.rest_channels),
            _result(worked, f"the sum over all {len(worked.inputs):,} input channels"),
            *(
                Step(step.path, _AFTER[type(step)](step), _exact(step.value))
                for step in worked.after
            ),
        ),
    )


def _trio(part: ChannelSum, names: Names) -> Trio:
    return Trio(names.channel(part.channel), _grid(part.patch), _grid(part.kernel), part.total)


def _pointwise(part: ChannelSum, names: Names) -> Product:
    activation, weight = float(part.patch[0, 0]), float(part.kernel[0, 0])
    return Product(names.channel(part.channel), activation, weight, part.total)


def _filter(worked: WorkedConvolution, names: Names) -> str:
    """What a filter reads, in words."""
    shown, channels = len(worked.strongest), len(worked.inputs)
    sentences = [
        f"Filter {worked.channel} reads {names.source} at {_where(worked)}{_group(worked)}."
    ]
    if worked.padded.any():
        sentences.append("Hatched cells are padding.")
    if shown < channels:
        sentences.append(f"The {shown} of {channels:,} input channels that count most here:")
    return " ".join(sentences)


def _where(worked: WorkedConvolution) -> str:
    height, width = worked.padded.shape
    if height * width == 1:
        return f"row {worked.top}, column {worked.left}"
    rows = _span(worked.top, worked.top + height - 1)
    return f"rows {rows}, columns {_span(worked.left, worked.left + width - 1)}"


def _group(worked: WorkedConvolution) -> str:
    if worked.groups == 1:
        return ""
    inputs = worked.inputs
    number = inputs.start // len(inputs) + 1
    return (
        f", channels {inputs.start} to {inputs.stop - 1} alone: group {number} of {worked.groups}"
    )


def _norm_line(worked: WorkedNorm) -> str:
    weight, mean, bias = _value(worked.weight), _factor(worked.mean), _factor(worked.bias)
    before, variance = _value(worked.before), _value(worked.variance)
    return (
        f"BatchNorm, γ · (x − μ) / √(σ² + ε) + β: {weight} · ({before} − {mean}) / "
        f"√({variance} + {np.format_float_positional(worked.eps, trim='-')}) + {bias}"
    )


def _relu_line(worked: WorkedReLU) -> str:
    return f"ReLU: max(0, {_value(worked.before)})"


_AFTER: Final[Mapping[type[Worked], Callable[[Any], str]]] = {
    WorkedNorm: _norm_line,
    WorkedReLU: _relu_line,
}


def _norm(worked: WorkedNorm, names: Names) -> Working:
    read = Step(names.source, "x", _exact(worked.before))
    return Working(
        f"BatchNorm scales and shifts {names.target} by four numbers of its own: the running mean "
        "μ and variance σ², and the learned γ and β.",
        (read, _result(worked, _norm_line(worked))),
    )


def _relu(worked: WorkedReLU, names: Names) -> Working:
    kept = "passes" if worked.before > 0 else "becomes 0"
    return Working(
        f"ReLU looks at this place of {names.source} alone: the value {kept}.",
        (
            Step(names.source, "x", _exact(worked.before)),
            _result(worked, _relu_line(worked)),
        ),
    )


def _max_pool(worked: WorkedMaxPool, names: Names) -> Working:
    row, column = worked.top + worked.winner[0], worked.left + worked.winner[1]
    size = numbers.shape(worked.window.shape)
    return Working(
        f"The largest of a {size} window of {names.source}, {names.target}.",
        (_result(worked, f"the winner stands at row {row}, column {column}"),),
        map=Map(f"window of {names.source}", _grid(worked.window), worked.winner),
        corner=(worked.top, worked.left),
        padded=_mask(worked.padded),
    )


def _mean(worked: WorkedMean, names: Names) -> Working:
    side = math.ceil(max(worked.map.shape) / MOST_CELLS)
    shown = wall.averaged(worked.map[None], side)[0]  # (h, w), at most MOST_CELLS a side
    squares = f", as means over squares of {side} × {side}" if side > 1 else ""
    return Working(
        f"All {worked.count:,} cells of {names.target} of {names.source} become one number.",
        (
            Step("Sum", f"over {numbers.shape(worked.map.shape)} cells", _exact(worked.sum)),
            _result(worked, f"{_value(worked.sum)} / {worked.count:,}"),
        ),
        map=Map(f"{names.target} of {names.source}{squares}", _grid(shown), squares=side),
    )


def _sum(worked: WorkedSum, names: Names) -> Working:
    return Working(
        "Branch and shortcut meet: the same place of both, added.",
        (
            Step(worked.branch_path, "branch, F(x)", _exact(worked.branch)),
            Step(worked.shortcut_path, "shortcut", _exact(worked.shortcut)),
            _result(worked, f"{_value(worked.branch)} + {_factor(worked.shortcut)}"),
        ),
    )


def _copy(worked: WorkedCopy, names: Names) -> Working:
    if worked.source is None:
        intro = f"{names.source} has no {names.target}: the shortcut fills new channels with zeros."
    else:
        channel, row, column = worked.source
        intro = (
            f"Nothing is worked out here: the value of {names.source}, channel {channel}, row {row}, "
            f"column {column}, is handed on."
        )
    return Working(intro, (_result(worked, worked.kind),))


def _score(worked: WorkedScore, names: Names) -> Working:
    terms = (*worked.positive, *worked.negative)
    return Working(
        f"Each channel of {names.source} speaks for or against {names.target}; those that say most:",
        (
            *_side(worked.positive, "The channels above that speak for it"),
            *_side(worked.negative, "Those that speak against it"),
            *_rest(worked.rest, worked.rest_channels),
            Step("Bias", "", _exact(worked.bias)),
            _result(worked, f"the score of {names.target}, before softmax"),
        ),
        products=tuple(
            Product(names.channel(term.channel), term.activation, term.weight, term.product)
            for term in terms
        ),
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


# ---- lines ----


def _result(worked: Worked, how: str) -> Step:
    return Step(worked.path, how, _exact(worked.value), marked=True)


def _sum_of(terms: Sequence[float], name: str) -> Step:
    first, *others = terms
    how = " + ".join((_value(first), *(_factor(term) for term in others)))
    return Step(name, how, _exact(math.fsum(terms)))


def _side(terms: Sequence[Term], name: str) -> tuple[Step, ...]:
    return (_sum_of([term.product for term in terms], name),) if terms else ()


def _rest(rest: float, channels: int) -> tuple[Step, ...]:
    if not channels:
        return ()
    noun = "channel" if channels == 1 else "channels"
    return (Step(f"The other {channels:,} {noun}", "", _exact(rest)),)


# ---- numbers ----


def _grid(values: np.ndarray) -> Grid:
    return tuple(
        tuple(float(cell) if np.isfinite(cell) else None for cell in row) for row in values
    )


def _mask(values: np.ndarray) -> Mask:
    return tuple(tuple(bool(cell) for cell in row) for row in values)


def _span(first: int, last: int) -> str:
    return f"{_minus(str(first))} to {last}"


def _value(number: float) -> str:
    return numbers.value(number)


def _factor(number: float) -> str:
    """A number that follows a sign: in brackets where it brings its own."""
    return f"({_value(number)})" if number < 0 else _value(number)


def _exact(number: float) -> str:
    """With as many digits as float32 holds."""
    return _minus(f"{number:.7g}")


def _minus(text: str) -> str:
    return text.replace("-", "−")
