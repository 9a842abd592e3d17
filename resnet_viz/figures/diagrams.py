"""A network drawn as boxes and arrows, from four stages down to every layer, with its skip paths.

A diagram is the graph of the trace seen from further away: each layer has a seat in some node, and an
edge is drawn where one node's layer feeds another's. So no level can show a path that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import graphviz

from resnet_viz.analysis.records import INPUT, LayerRecord, Trace
from resnet_viz.errors import ExplorerError, PathError
from resnet_viz.figures import diagram_labels as labels
from resnet_viz.figures import numbers
from resnet_viz.figures.palette import Theme

LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stages": "Stages",
        "blocks": "Blocks, equal ones once",
        "all-blocks": "Every block",
        "layers": "Layers, equal blocks once",
    }
)

OUTPUT: Final = "output"  # the node at which the last edge ends
STEM: Final = "stem"
HEAD: Final = "head"
Run = tuple[LayerRecord, ...]

_FONT: Final = "Helvetica,Arial,sans-serif"
_KEEPS_SHAPE: Final = frozenset({"BatchNorm2d", "ReLU", "Identity", "Add"})


@dataclass(frozen=True, slots=True)
class _Node:
    path: str
    lines: tuple[labels.Line, ...]
    stage: int
    tooltip: str
    shape: str = "box"
    repeats: int = 1
    shortcut: str = ""  # identity, projection or zero-pad when it lies on the path around


@dataclass(frozen=True, slots=True)
class _Frame:
    """A stage, a block, the stem or the head with what is drawn in it."""

    path: str
    title: str
    stage: int
    items: tuple[_Node | _Frame, ...]
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class _Edge:
    source: str
    target: str
    label: str
    tooltip: str
    shortcut: str = ""


def network_diagram(
    trace: Trace,
    level: str,
    theme: Theme,
    *,
    within: str = "",
    selected: str = "",
    horizontal: bool = False,
) -> graphviz.Digraph:
    """Draw the network, or one stage or block of it, at one of `LEVELS`.

    Node names are paths (`layer1.0.conv1`; `stem` and `head` where those are one node), beside the ends
    `input` and `output`. What shows `selected` has the class `selected`, shortcuts have `shortcut` and
    their kind, so that a page's style or a test can find them.

    Raises:
        ExplorerError: when there is no such level, or `within` is no stage or block of the network.
    """
    plan = _Plan(trace, level, within)
    marked = plan.seat_of(selected)
    graph = graphviz.Digraph("network", **_defaults(theme, horizontal))
    for item in plan.items():
        _draw(graph, item, theme, marked)
    for edge in plan.edges():
        _draw_edge(graph, edge, theme)
    return graph


def describe(trace: Trace, level: str, within: str) -> str:
    """The diagram in one or two sentences, for those who listen to it."""
    plan = _Plan(trace, level, within)
    nodes = sum(1 for _ in _nodes(plan.items()))
    whole = trace[within] if within else None
    shapes = (
        (whole.input_shape, whole.output_shape)
        if whole
        else (trace.input_shape, trace.layers[-1].output_shape)
    )
    start, end = map(numbers.shape, shapes)
    sentence = (
        f"Diagram of {within or 'the whole network'} with {nodes} nodes, "
        f"from {start} to {end} ({LEVELS[level].lower()})."
    )
    kinds = [labels.shortcut_kind(row) for row in plan.scope if row.path.endswith("downsample")]
    kinds += ["projection" for row in plan.scope if row.path.endswith("downsample.0")]
    if not kinds:
        return f"{sentence} It has no shortcuts."
    same = kinds.count("identity")
    return f"{sentence} Of {len(kinds)} shortcuts {same} are identities, {len(kinds) - same} change the shape."


def folds(trace: Trace, stage: str) -> tuple[Run, ...]:
    """Runs of consecutive blocks of a stage that are equal in all but their place.

    Equal are shapes, parameters and multiply-adds, of the block and of each layer in it.
    """
    runs: list[Run] = []
    for block in trace.blocks(stage):
        if runs and _anatomy(trace, runs[-1][0]) == _anatomy(trace, block):
            runs[-1] = (*runs[-1], block)
        else:
            runs.append((block,))
    return tuple(runs)


def _anatomy(trace: Trace, block: LayerRecord) -> tuple[object, ...]:
    """All that decides how a block is drawn, its place left out."""
    return tuple(
        (
            row.path.removeprefix(block.path),
            *(row.kind, row.input_shape, row.output_shape, row.params, row.macs),
            *(row.kernel, row.stride, row.padding, row.groups),
        )
        for row in (block, *trace.inside(block.path))
    )


class _Plan:
    """What is drawn of a trace at one level: nodes in frames, and the edges between them."""

    def __init__(self, trace: Trace, level: str, within: str) -> None:
        if level not in LEVELS:
            raise ExplorerError(
                f"There is no diagram “{level[:40]}”; choose one of {', '.join(LEVELS)}."
            )
        if within and not trace[within].is_container:
            raise PathError(f"“{within}” is a layer; only stages and blocks can be drawn alone.")
        self.trace = trace
        self.within = within
        self.scope = trace.inside(within) if within else trace.layers
        # A block is below the level of stages: alone, it is drawn as a block.
        self.level = "blocks" if level == "stages" and "." in within else level
        self.runs = tuple(run for stage in trace.stages() for run in self._runs(stage))
        self.run_of = {block.path: run for run in self.runs for block in run}
        stages = [stage.order for stage in trace.stages()]
        self.stem = tuple(row for row in trace.top() if row.order < stages[0])
        self.head = tuple(row for row in trace.top() if row.order > stages[-1])
        self.seats = {row.path: self._seat(row) for row in self.scope if not row.is_container}

    def items(self) -> Iterator[_Node | _Frame]:
        """What is drawn, from the input to the output."""
        start, end = ("picture", f"{self.trace.config.num_classes:,} class scores")
        if self.within:
            start, end = (
                f"from {name}" if i == 0 else f"to {name}"
                for i, name in enumerate(self._neighbours())
            )
        yield _Node(INPUT, (labels.note(start),), 0, start, "plain")
        if self.within:
            record = self.trace[self.within]
            yield from [self._stage(record)] if not record.is_block else self._block((record,))
        else:
            yield self._group(STEM, self.stem)
            yield from map(self._stage, self.trace.stages())
            yield self._group(HEAD, self.head)
        yield _Node(OUTPUT, (labels.note(end),), 0, end, "plain")
