"""Where each number in the layer table comes from: the worked formula, computed from its own terms.

Nothing here looks at what torchinfo measured; a test holds the two against each other for every row of
every preset.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from resnet_viz.analysis.receptive_field import Field, widest
from resnet_viz.analysis.records import INPUT, LayerRecord, Trace


@dataclass(frozen=True, slots=True)
class Formula:
    """One number of a row and how it follows from others: `expression = value`."""

    measures: (
        str  # "height", "channels", "params", "macs", "receptive_field", "jump", "activations"
    )
    title: str  # "Height and width"
    expression: str  # "⌊(214 + 2·3 − 7) / 2⌋ + 1"
    value: int


def explain(trace: Trace, path: str) -> tuple[Formula, ...]:
    """The worked formulas of one row, in the order in which a teacher would write them.

    Raises `PathError` for a path that the network does not have.
    """
    record = trace[path]
    if record.is_container:
        return tuple(_container(trace, record))
    explained = EXPLAINED.get(record.kind, _elementwise)
    return (*explained(trace, record), *_field(trace, record), _activations(record))


def not_worked_out(trace: Trace, path: str) -> tuple[str, ...]:
    """The numbers of a layer that are there, or changed by it, and that no formula of its kind gives."""
    record = trace[path]
    if record.is_container:
        return ()
    before, after = record.input_shape, record.output_shape
    there = {
        "height and width": ("height", len(after) == 3 and before[1:] != after[1:]),
        "channels": ("channels", before[0] != after[0]),
        "parameters": ("params", record.params > 0),
        "multiply-adds": ("macs", record.macs > 0),
    }
    given = {formula.measures for formula in explain(trace, path)}
    return tuple(
        name for name, (measures, is_there) in there.items() if is_there and measures not in given
    )


def _convolution(trace: Trace, record: LayerRecord) -> Iterable[Formula]:
    shape = dict(record.weights)["weight"]
    out_channels, in_per_group, height, width = shape
    yield _window(record)
    yield Formula("channels", "Channels, one per filter", f"{out_channels}", out_channels)
    per_group = f"{in_per_group}"
    if record.groups and record.groups > 1:
        per_group = f"({in_per_group * record.groups} / {record.groups})"
    params = math.prod(shape)
    terms = f"{out_channels:,} · {per_group} · {height} · {width}"
    yield Formula("params", "Parameters: filters · input channels · kernel", terms, params)
    yield _macs(params, record)


def _linear(trace: Trace, record: LayerRecord) -> Iterable[Formula]:
    out_features, in_features = dict(record.weights)["weight"]
    matrix = out_features * in_features
    yield Formula("channels", "Outputs, one per class", f"{out_features:,}", out_features)
    terms = f"{out_features:,} · {in_features:,} + {out_features:,}"
    yield Formula("params", "Parameters: matrix and bias", terms, matrix + out_features)
    yield _product("macs", "Multiply-adds", (out_features, in_features))


def _batch_norm(trace: Trace, record: LayerRecord) -> Iterable[Formula]:
    channels = dict(record.weights)["weight"][0]
    yield _product("params", "Parameters: a scale and a shift per channel", (2, channels))


def _pooling(trace: Trace, record: LayerRecord) -> Iterable[Formula]:
    yield _window(record)


def _zero_pad(trace: Trace, record: LayerRecord) -> Iterable[Formula]:
    before, after = record.input_shape[0], record.output_shape[0]
    yield _window(record)
    new = after - before
    yield Formula("channels", "Channels, the new ones zero", f"{before} + {new}", before + new)


def _elementwise(trace: Trace, record: LayerRecord) -> Iterable[Formula]:
    return ()


def _container(trace: Trace, record: LayerRecord) -> Iterable[Formula]:
    parts = trace.children(record.path)
    for measures, title in (("params", "Parameters"), ("macs", "Multiply-adds")):
        terms = [value for part in parts if (value := getattr(part, measures))]
        yield Formula(measures, f"{title}, the sum of its parts", _sum(terms), sum(terms))
    last = trace[trace.producer(record.path)]
    title = "Receptive field, that of its last layer"
    yield Formula("receptive_field", title, f"{last.receptive_field:,}", last.receptive_field)


EXPLAINED: dict[str, Callable[[Trace, LayerRecord], Iterable[Formula]]] = {
    "Conv2d": _convolution,
    "Linear": _linear,
    "BatchNorm2d": _batch_norm,
    "MaxPool2d": _pooling,
    "AdaptiveAvgPool2d": _pooling,
    "ZeroPad": _zero_pad,
}


def _window(record: LayerRecord) -> Formula:
    """Positions of a window along one side: Dumoulin and Visin 2016, relationship 6."""
    if record.kernel is None or record.stride is None or record.padding is None:
        raise ValueError(f"{record.path} moves no window")
    side, kernel = record.input_shape[1], record.kernel[0]
    stride, padding = record.stride[0], record.padding[0]
    return Formula(
        "height",
        "Height and width",
        f"⌊({side} + 2·{padding} − {kernel}) / {stride}⌋ + 1",
        (side + 2 * padding - kernel) // stride + 1,
    )


def _macs(params: int, record: LayerRecord) -> Formula:
    """Each weight is used once at every position of the output."""
    side = _window(record).value
    return _product("macs", "Multiply-adds: parameters · positions", (params, side, side))


def _field(trace: Trace, record: LayerRecord) -> Iterable[Formula]:
    sources = [_field_of(trace, source) for source in trace.sources(record.path)]
    before = widest(sources)
    if len(sources) > 1:
        sizes = [source.size for source in sources]
        terms = "max(" + ", ".join(f"{size}" for size in sizes) + ")"
        yield Formula("receptive_field", "Receptive field, the wider path", terms, max(sizes))
    elif record.kernel and record.stride:
        kernel, stride = record.kernel[0], record.stride[0]
        terms = f"{before.size:,} + ({kernel} − 1) · {before.jump}"
        grown = before.size + (kernel - 1) * before.jump
        yield Formula("receptive_field", "Receptive field, pixels of the image", terms, grown)
        terms = f"{before.jump} · {stride}"
        yield Formula("jump", "Jump, pixels between neighbours", terms, before.jump * stride)
    elif record.receptive_field > before.size:  # of a kind that reads everywhere
        side = record.input_shape[1]
        terms = f"{before.size:,} + 2 · ({side} − 1) · {before.jump}"
        grown = before.size + 2 * (side - 1) * before.jump
        yield Formula("receptive_field", "Receptive field, with the whole map", terms, grown)
    else:
        title = "Receptive field, as before"
        yield Formula("receptive_field", title, f"{before.size:,}", before.size)


def _field_of(trace: Trace, path: str) -> Field:
    return Field() if path == INPUT else trace[path].field


def _activations(record: LayerRecord) -> Formula:
    return _product("activations", "Output activations of one image", record.output_shape)


def _product(measures: str, title: str, factors: tuple[int, ...]) -> Formula:
    return Formula(measures, title, " · ".join(f"{f:,}" for f in factors), math.prod(factors))


def _sum(terms: list[int]) -> str:
    """Terms written out; a run of equal ones, as of equal blocks, as a product."""
    runs = [(term, len(list(run))) for term, run in groupby(terms)]
    return " + ".join(f"{n} · {term:,}" if n > 1 else f"{term:,}" for term, n in runs) or "0"
