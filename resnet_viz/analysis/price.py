"""What a question to a network will take, before it runs: bytes, multiply-adds and rows.

Everything follows from the configuration (`parts`), also for networks that are too large to trace; what a
question keeps follows from the shapes of a trace. Tests hold the first against the second, and both
against the memory that torch really takes.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, TypeVar

from resnet_viz.analysis.parts import BYTES, Layer, parts_of
from resnet_viz.analysis.records import INPUT, LayerRecord, Trace
from resnet_viz.budget import Budget, budget
from resnet_viz.errors import ConfigError
from resnet_viz.model import kinds
from resnet_viz.model.blocks import BLOCKS, Block
from resnet_viz.model.config import INPUT_SIZES, ResNetConfig

_T = TypeVar("_T")

IMAGE: Final = -1  # what stands before the first row of a trace
# Writing a value costs as much time as so many multiply-adds: what counts in thin, deep networks.
MACS_A_VALUE: Final = 40
_LONG: Final = 20_000_000_000  # multiply-adds: about half a second on two cores
_LONGEST: Final = (
    10  # answers' worth of work in a job with progress: about two minutes on two cores
)
_UNASKED: Final = 2  # answers' worth of work that a link alone may begin: about 20 seconds


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


def price(config: ResNetConfig, input_size: int) -> Price:
    """One image through a network that keeps nothing but the scores."""
    return _price(BLOCKS[config.block], config, input_size)  # type: ignore[arg-type]  # a class is hashable


@lru_cache(maxsize=256)
def _price(block: type[Block], config: ResNetConfig, input_size: int) -> Price:
    """The same, kept for as long as that is the class of its blocks."""
    parts = tuple(parts_of(config, input_size))

    def total(number: Callable[[Layer], int]) -> int:
        return sum(part.times * sum(map(number, part.layers)) for part in parts)

    params = total(lambda layer: layer.params)
    return Price(
        weights=BYTES * params + total(lambda layer: layer.buffers),
        passing=BYTES * (max(part.alive for part in parts) + 3 * input_size**2),
        macs=total(lambda layer: layer.macs),
        values=total(lambda layer: layer.values),
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

    `IMAGE` is the image itself. What lies behind that row is kept for the way back.
    """
    whole = price(trace.config, trace.input_size)
    behind = (
        [] if backward_to is None else [row for row in trace.leaves() if row.order > backward_to]
    )
    kept = sum(row.activations * kinds.KINDS[row.kind].saved for row in behind)
    return replace(
        whole,
        passing=batch * whole.passing,
        kept=batch * BYTES * kept,
        macs=batch * (whole.macs + 2 * sum(row.macs for row in behind)),
        values=batch * (whole.values + 2 * sum(row.activations for row in behind)),
    )


def price_of_flow(trace: Trace) -> Price:
    """An image forward and back, with the gradient at every block's input and sum, and both its parts."""
    found, blocks = price_of_pass(trace, backward_to=IMAGE), trace.blocks()
    ends = [math.prod(block.input_shape) + math.prod(block.output_shape) for block in blocks]
    gradients = BYTES * (sum(ends) + 2 * max(ends))
    return replace(found, passing=2 * found.passing, kept=found.kept + gradients)


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


def begins_unasked(found: Price, passes: int) -> bool:
    """Whether so many passes of that price begin as soon as a page opens, or wait for a click."""
    return passes * found.work <= _UNASKED * budget().work


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
    """One image through the network, with a block's input, branch, shortcut, sum and output copied."""
    values = math.prod(block.input_shape) + 4 * block.activations
    return replace(price(trace.config, trace.input_size), kept=2 * BYTES * values)


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
    if kinds.KINDS[row.kind].passes_on:
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

    sides = range(size - 1, INPUT_SIZES[0] - 1, -1)
    if side := _first(sides, lambda side: suffices(config, side)):
        return f"choose a smaller input size: reduce {size:,} pixels to {side:,}."
    for name in ("width", "width_per_group"):
        values = range(getattr(config, name) - 1, 0, -1)
        smaller = [each for value in values if (each := _changed(config, name, value))]
        if found_one := _first(smaller, lambda each: suffices(each, size)):
            before, after = getattr(config, name), getattr(found_one, name)
            return f"choose a smaller {name.replace('_', ' ')}: reduce {before:,} to {after:,}."
    return "choose a smaller network: fewer blocks, a smaller width and a smaller input size."


def _first(falling: Sequence[_T], suffices: Callable[[_T], bool]) -> _T | None:
    """The first that suffices, of values of which all behind one that suffices do."""
    at = bisect_left(falling, True, key=suffices)
    return falling[at] if at < len(falling) else None


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
