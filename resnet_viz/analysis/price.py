"""What a question to a network will take, before it runs: bytes, multiply-adds and rows.

Everything follows from the configuration by formula, in microseconds and for networks that are too large
to trace; what a question keeps follows from the shapes of a trace. Tests hold the first against the
second, and both against the memory that torch really takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from resnet_viz.analysis.records import INPUT, LayerRecord, Trace
from resnet_viz.budget import Budget, budget
from resnet_viz.errors import ConfigError
from resnet_viz.model.blocks import BLOCKS
from resnet_viz.model.config import INPUT_SIZES, ResNetConfig
from resnet_viz.model.stems import STEMS

BYTES: Final = 4  # of a float32
IMAGE: Final = -1  # what stands before the first row of a trace
# Writing a value costs as much time as so many multiply-adds: what counts in thin, deep networks.
MACS_A_VALUE: Final = 40
_LONG: Final = 20_000_000_000  # multiply-adds: about half a second on two cores
_LONGEST: Final = (
    10  # answers' worth of work in a job with progress: about two minutes on two cores
)


@dataclass(frozen=True, slots=True)
class Price:
    """What one question takes: its parts add up to what the server needs while it runs."""

    weights: int  # bytes of the network's parameters and of its norms' statistics
    passing: int  # bytes of what layers put out, while the worst of them runs
    macs: int  # multiply-adds
    values: int  # numbers that layers put out on the way
    rows: int  # of the layer table: layers, blocks and stages
    kept: int = 0  # bytes of the outputs that the answer holds
    params: int = 0  # numbers that are learned

    @property
    def memory(self) -> int:
        """Bytes in all."""
        return self.weights + self.passing + self.kept

    @property
    def work(self) -> int:
        """Multiply-adds, and those that writing the values would take."""
        return self.macs + MACS_A_VALUE * self.values

    @property
    def is_long(self) -> bool:
        """Whether others should be able to overtake it."""
        return self.work > _LONG


@dataclass(frozen=True, slots=True)
class _Map:
    """What a layer puts out: channels, and the side of a map in pixels."""

    channels: int
    side: int

    @property
    def values(self) -> int:
        return self.channels * self.side**2


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer that computes; only convolutions and the classifier multiply."""

    made: _Map
    weight: int = 0  # numbers in its weight, each used once for every position of a map
    others: int = 0  # further parameters
    buffers: int = 0  # bytes of a norm's statistics

    @property
    def params(self) -> int:
        return self.weight + self.others

    @property
    def macs(self) -> int:
        return self.weight * self.made.side**2


@dataclass(frozen=True, slots=True)
class _Part:
    """The stem, a block or the head, so often: its layers, and what is alive at its worst moment."""

    layers: tuple[_Layer, ...]
    alive: int  # numbers
    times: int = 1


def price(config: ResNetConfig, input_size: int) -> Price:
    """One image through a network that keeps nothing but the scores."""
    parts = tuple(_parts(config, input_size))

    def total(number: Callable[[_Layer], int]) -> int:
        return sum(part.times * sum(map(number, part.layers)) for part in parts)

    params = total(lambda layer: layer.params)
    return Price(
        weights=BYTES * params + total(lambda layer: layer.buffers),
        passing=BYTES * (max(part.alive for part in parts) + 3 * input_size**2),
        macs=total(lambda layer: layer.macs),
        values=total(lambda layer: layer.made.values),
        rows=total(lambda _: 1) + len(config.repeats) + sum(config.repeats),
        params=params,
    )


def price_of_outputs(trace: Trace, paths: Iterable[str] = ()) -> Price:
    """One image through the network, and the outputs of the layers, blocks or stages at `paths` kept."""
    return replace(price(trace.config, trace.input_size), kept=kept_bytes(trace, paths))


def price_until(trace: Trace, path: str) -> Price:
    """One image no further than the block of the layer at `path`, whose output is kept."""
    row = trace[path]
    last = trace[trace.producer(row.parent if row.level == 2 else path)].order
    rows = [row for row in trace.leaves() if row.order <= last]
    return replace(
        price_of_outputs(trace, [path]),
        macs=sum(row.macs for row in rows),
        values=sum(row.activations for row in rows),
    )


def price_of_gradient(trace: Trace, layer: LayerRecord) -> Price:
    """One image forward to a layer, and from there back: everything on the way is kept meanwhile."""
    whole = price(trace.config, trace.input_size)
    kept = sum(row.activations for row in trace.leaves() if row.order <= layer.order)
    return replace(whole, kept=BYTES * kept, macs=3 * whole.macs, values=3 * whole.values)


def price_of_pass(trace: Trace, batch: int = 1, backward_to: int | None = None) -> Price:
    """So many images at once through the network, and the way back to the row of that order.

    `IMAGE` is the image itself. What lies behind that row is kept for the way back; pooling keeps where each
    maximum stood, in 64 bits.
    """
    whole = price(trace.config, trace.input_size)
    behind = (
        [] if backward_to is None else [row for row in trace.leaves() if row.order > backward_to]
    )
    kept = sum(row.activations * (3 if row.kind == "MaxPool2d" else 1) for row in behind)
    return replace(
        whole,
        passing=batch * whole.passing,
        kept=batch * BYTES * kept,
        macs=batch * (whole.macs + 2 * sum(row.macs for row in behind)),
        values=batch * (whole.values + 2 * sum(row.activations for row in behind)),
    )


def price_of_paths(trace: Trace, paths: int, at_once: int) -> Price:
    """An image forward and back along so many single paths, some of them in one batch."""
    batch, batches = price_of_pass(trace, at_once, IMAGE), math.ceil(paths / at_once)
    return replace(batch, macs=batches * batch.macs, values=batches * batch.values)


def in_float64(found: Price) -> Price:
    """The same with numbers of twice the size, in a copy of the network beside the shared one."""
    return replace(
        found,
        weights=3 * found.weights,
        passing=2 * found.passing,
        kept=2 * found.kept,
        macs=2 * found.macs,
        values=2 * found.values,
    )


def most_passes(found: Price) -> int:
    """How many passes of that price one piece of long work may take, which others can overtake."""
    return max(1, _LONGEST * budget().work // max(1, found.work))


def check_passes(found: Price, passes: int, what: str, advice: str) -> None:
    """Raise `ConfigError` for more passes of that price than one piece of long work may take.

    `what` begins the sentence, and `advice` ends it.
    """
    most = most_passes(found)
    if passes > most:
        raise ConfigError(
            f"{what} would take {passes:,} passes through this network, and at most {most:,} can be run for "
            f"one answer here; {advice}."
        )


def price_of_block(trace: Trace, block: LayerRecord) -> Price:
    """One image through the network, with a block's input, branch, shortcut, sum and output kept."""
    values = math.prod(block.input_shape) + 4 * block.activations
    return replace(price(trace.config, trace.input_size), kept=BYTES * values)


def kept_bytes(trace: Trace, paths: Iterable[str]) -> int:
    """Bytes of what the layers at `paths` put out, each block of memory once.

    A stage's or block's output is its last layer's; an identity and a flattening layer pass on what they
    were given.
    """
    made_by = {_maker(trace, path) for path in paths}
    return BYTES * sum(
        math.prod(trace.input_shape if path == INPUT else trace[path].output_shape)
        for path in made_by
    )


def check(config: ResNetConfig, input_size: int, found: Price | None = None) -> None:
    """Raise `ConfigError` for a question above the budget of one answer; it says what would be accepted.

    `found` is the question's price, where it is more than a forward pass that keeps nothing.
    """
    found = found or price(config, input_size)
    allowed = budget()
    check_rows(config)
    if found.weights > allowed.answer:
        raise ConfigError(
            f"This network has {found.params:,} parameters, {_amount(found.weights)}, and at most "
            f"{_amount(allowed.answer)} can be run here; its layers, diagram and costs are there all "
            f"the same. To run it, {_way_out(config, input_size, found, allowed)}"
        )
    if found.work > allowed.work:
        raise ConfigError(
            f"This takes {found.macs / 1e9:,.0f} G multiply-adds and {found.values / 1e9:,.1f} G "
            f"outputs, as long as {found.work / 1e9:,.0f} G multiply-adds, and at most "
            f"{allowed.work / 1e9:,.0f} G can be run for one answer here; "
            f"{_way_out(config, input_size, found, allowed)}"
        )
    if found.memory > allowed.answer:
        raise ConfigError(
            f"This takes {_amount(found.memory)} of memory ({_amount(found.weights)} of parameters, "
            f"{_amount(found.kept + found.passing)} of outputs) and at most {_amount(allowed.answer)} "
            f"can be used for one answer here; {_way_out(config, input_size, found, allowed)}"
        )


def check_rows(config: ResNetConfig) -> None:
    """Raise `ConfigError` for a network of more layers than can be listed and drawn."""
    rows, most = price(config, INPUT_SIZES[0]).rows, budget().rows
    if rows > most:
        fitting = _most_blocks(config, most)
        raise ConfigError(
            f"This network has {rows:,} layers, blocks and stages, and at most {most:,} can be shown here; "
            f"reduce the blocks per stage to {', '.join(map(str, fitting))}."
        )


def fits(found: Price) -> bool:
    """Whether a question is within the budget of one answer."""
    return _fits(found, budget())


def _fits(found: Price, allowed: Budget) -> bool:
    return found.memory <= allowed.answer and found.work <= allowed.work


def _maker(trace: Trace, path: str) -> str:
    """The layer whose memory the output of a path is."""
    if path == INPUT:
        return path
    row = trace[trace.producer(path)]
    if row.kind in ("Identity", "Flatten"):
        return _maker(trace, trace.sources(row.path)[0])
    return row.path


def _way_out(config: ResNetConfig, size: int, found: Price, allowed: Budget) -> str:
    """What to reduce, and to what: the first that suffices of input size, width and blocks."""
    plain = price(config, size)

    def suffices(smaller: ResNetConfig, side: int) -> bool:
        whole = price(smaller, side)
        share = whole.values / plain.values  # what is kept grows with what is put out
        expected = replace(
            found,
            weights=int(found.weights * whole.weights / plain.weights),
            passing=int(found.passing * whole.passing / plain.passing),
            kept=int(1.05 * found.kept * share),  # in about the same proportion
            macs=int(found.macs * max(share, whole.macs / plain.macs)),
            values=int(found.values * share),
        )
        return _fits(expected, allowed)

    for side in range(size - 1, INPUT_SIZES[0] - 1, -1):
        if suffices(config, side):
            return f"choose a smaller input size: reduce {size:,} pixels to {side:,}."
    for name, values in (
        ("width", range(config.width - 1, 0, -1)),
        ("width_per_group", range(config.width_per_group - 1, 0, -1)),
    ):
        for value in values:
            smaller = _changed(config, name, value)
            if smaller and suffices(smaller, size):
                words = name.replace("_", " ")
                return f"choose a smaller {words}: reduce {getattr(config, name):,} to {value:,}."
    return "choose a smaller network: fewer blocks, a smaller width and a smaller input size."


def _changed(config: ResNetConfig, name: str, value: int) -> ResNetConfig | None:
    try:
        return replace(config, **{name: value})  # type: ignore[arg-type]  # width or width_per_group
    except ConfigError:
        return None


def _most_blocks(config: ResNetConfig, most: int) -> tuple[int, ...]:
    """Blocks per stage, in about the same proportions, of a network that has so many rows at most."""
    for percent in range(99, 0, -1):
        repeats = tuple(max(1, repeat * percent // 100) for repeat in config.repeats)
        if price(replace(config, repeats=repeats), INPUT_SIZES[0]).rows <= most:
            return repeats
    return (1,) * len(config.repeats)


def _amount(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"


def _parts(config: ResNetConfig, size: int) -> Iterator[_Part]:
    """Stem, blocks and head; the equal blocks of a stage stand together."""
    yield _stem(config, size)
    stem = STEMS[config.stem]
    side = math.ceil(size / stem.stride)
    side = _halved(side) if stem.pooled else side
    before = _Map(config.width, side)
    for stage, repeats in enumerate(config.repeats):
        after = _Map(
            config.planes(stage) * config.expansion, _halved(side) if stage else before.side
        )
        first = _block(config, stage, before, after)
        # The stage's own input is held until its last block is through.
        rest = _block(config, stage, after, after)
        yield _Part(first.layers, first.alive)
        if repeats > 1:
            yield _Part(rest.layers, rest.alive + before.values, repeats - 1)
        before, side = after, after.side
    pooled, scores = _Map(before.channels, 1), _Map(config.num_classes, 1)
    classifier = _Layer(scores, before.channels * scores.channels, scores.channels)
    yield _Part((_Layer(pooled), _Layer(pooled), classifier), before.values + pooled.values)


def _stem(config: ResNetConfig, size: int) -> _Part:
    stem = STEMS[config.stem]
    made = _Map(config.width, math.ceil(size / stem.stride))
    conv = _Layer(made, 3 * config.width * stem.kernel**2)
    layers = [conv, _norm(made), _Layer(made)]
    if stem.pooled:
        layers.append(_Layer(_Map(config.width, _halved(made.side))))
    return _Part(tuple(layers), _while_convolving(_Map(3, size), made))


def _block(config: ResNetConfig, stage: int, before: _Map, after: _Map) -> _Part:
    """A block by its input and output: its layers, and the most that is alive beside its input."""
    convs = tuple(_convolutions(config, stage, before, after))
    shortcut = tuple(_shortcut(config, before, after))
    layers = [layer for _, conv in convs for layer in (conv, _norm(conv.made))]
    layers += [_Layer(conv.made) for _, conv in convs[:-1]]  # a ReLU behind all but the last
    layers += [*shortcut, *([_Layer(after)] if config.shortcut != "none" else []), _Layer(after)]
    moments = [_while_convolving(read, conv.made) for read, conv in convs]
    # A norm's input and output beside the input of its convolution, which still has its name.
    moments += [read.values + 2 * conv.made.values for read, conv in convs]
    if len(shortcut) == 2:  # a projection, while the branch waits
        moments.append(after.values + _while_convolving(before, after))
    moments.append(3 * after.values)  # branch, shortcut or sum, and what comes of them
    return _Part(tuple(layers), before.values + max(moments))


def _convolutions(
    config: ResNetConfig, stage: int, before: _Map, after: _Map
) -> Iterator[tuple[_Map, _Layer]]:
    """What each convolution of the branch reads, and the layer itself.

    A block that obeys `groups` is taken for a bottleneck, any other for a row of 3×3 convolutions.
    """
    if not config.grouped:
        yield before, _Layer(after, 9 * before.channels * after.channels)
        for _ in range(BLOCKS[config.block].convolutions - 1):
            yield after, _Layer(after, 9 * after.channels**2)
        return
    inner = config.inner_width(stage)
    first = _Map(inner, after.side if config.stride_place == "1x1" else before.side)
    second = _Map(inner, after.side)
    yield before, _Layer(first, before.channels * inner)
    yield first, _Layer(second, 9 * inner * inner // config.groups)
    yield second, _Layer(after, inner * after.channels)


def _shortcut(config: ResNetConfig, before: _Map, after: _Map) -> Iterator[_Layer]:
    if config.shortcut == "none":
        return
    if config.shortcut == "projection" and before != after:
        yield _Layer(after, before.channels * after.channels)
        yield _norm(after)
    else:
        yield _Layer(after)


def _norm(made: _Map) -> _Layer:
    """Scale and shift; mean, variance and the number of batches beside them."""
    return _Layer(made, 0, 2 * made.channels, BYTES * 2 * made.channels + 8)


def _while_convolving(read: _Map, made: _Map) -> int:
    """Input and output, and one of them once more in the order that oneDNN wants."""
    return read.values + made.values + max(read.values, made.values)


def _halved(side: int) -> int:
    """The side after a window that moves by 2, padded to its middle."""
    return (side - 1) // 2 + 1
