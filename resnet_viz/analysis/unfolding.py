"""A network of many equal blocks, traced as one of few: what one block shows is true of its copies.

In a stage all blocks but the first are built alike and follow each other, so that their shapes, parameters
and multiply-adds are the same, and each adds the same to the receptive field of all that comes after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.model.config import ResNetConfig

Edge = tuple[str, str]

_TRACED: Final = 2  # blocks of each stage: the first, and one of the equal ones


def folded(config: ResNetConfig) -> ResNetConfig:
    """The network with at most two blocks in each stage."""
    return replace(config, repeats=tuple(min(repeat, _TRACED) for repeat in config.repeats))


def unfolded(short: Trace, config: ResNetConfig) -> Trace:
    """The trace of `config`, from the trace of `folded(config)`."""
    if short.config.repeats == config.repeats:
        return replace(short, config=config)
    runs = tuple(_runs(short, config))
    rows = tuple(replace(row, order=order) for order, row in enumerate(_rows(short, runs)))
    return Trace(config, short.input_size, rows, tuple(_edges(short, runs)))


@dataclass(frozen=True, slots=True)
class _Run:
    """The equal blocks of a stage: the one that was traced, and how often it stands there."""

    stage: LayerRecord
    block: LayerRecord  # the traced one
    before: str  # the layer that makes its input
    output: str  # the layer that makes its output
    copies: int  # beside itself
    wider: int  # pixels that it adds to the receptive field
    later: float  # pixels by which it moves the first centre

    def copy(self, path: str, number: int) -> str:
        """The path in copy `number` that belongs to a path in the traced block, which is copy 0."""
        name, after = self.block.path, path.removeprefix(self.block.path)
        index = int(name.rpartition(".")[2]) + number
        return f"{self.stage.path}.{index}{after}"

    @property
    def within(self) -> str:
        """How the paths of the traced block's layers begin."""
        return f"{self.block.path}."

    @property
    def last_output(self) -> str:
        """The layer that makes the output of the last copy."""
        return self.copy(self.output, self.copies)


def _runs(short: Trace, config: ResNetConfig) -> Iterator[_Run]:
    for stage, repeats in zip(short.stages(), config.repeats, strict=True):
        if repeats > _TRACED:
            first, block = short.blocks(stage.path)
            yield _Run(
                stage,
                block,
                short.producer(first.path),
                short.producer(block.path),
                repeats - _TRACED,
                block.receptive_field - first.receptive_field,
                block.start - first.start,
            )


def _rows(short: Trace, runs: tuple[_Run, ...]) -> Iterator[LayerRecord]:
    """All rows in order; those behind a copy see as much more as it adds."""
    by_stage = {run.stage.path: run for run in runs}
    wider, later = 0, 0.0
    for row in short.top():
        run = by_stage.get(row.path)
        inside = short.inside(row.path)
        if run is None:
            yield from (_seeing(each, wider, later) for each in (row, *inside))
            continue
        added = run.copies * run.wider, run.copies * run.later
        yield replace(
            _seeing(row, wider + added[0], later + added[1]),
            params=row.params + run.copies * run.block.params,
            macs=row.macs + run.copies * run.block.macs,
        )
        yield from (_seeing(each, wider, later) for each in inside)
        block = (run.block, *short.inside(run.block.path))
        for number in range(1, run.copies + 1):
            wider, later = wider + run.wider, later + run.later
            for each in block:
                parent = each.parent if each is run.block else run.copy(each.parent, number)
                copied = replace(each, path=run.copy(each.path, number), parent=parent)
                yield _seeing(copied, wider, later)


def _seeing(row: LayerRecord, wider: int, later: float) -> LayerRecord:
    return replace(row, receptive_field=row.receptive_field + wider, start=row.start + later)


def _edges(short: Trace, runs: tuple[_Run, ...]) -> Iterator[Edge]:
    """All edges in order; what read the traced block's output reads that of its last copy."""
    ends = {run.output: run for run in runs}
    for source, target in short.edges:
        run = ends.get(source)
        leaves = run is not None and not target.startswith(run.within)
        yield (run.last_output if run and leaves else source), target
        if target in ends and _is_last(short, source, target):
            yield from _copied(short, ends[target])


def _is_last(short: Trace, source: str, target: str) -> bool:
    """Whether an edge is the last one into its target."""
    return short.sources(target)[-1] == source


def _copied(short: Trace, run: _Run) -> Iterator[Edge]:
    own = [edge for edge in short.edges if edge[1].startswith(run.within)]
    for number in range(1, run.copies + 1):
        for source, target in own:
            previous = source == run.before  # the block before hands its output on
            made_by = run.copy(run.output, number - 1) if previous else run.copy(source, number)
            yield made_by, run.copy(target, number)
