"""What a diagram shows: a trace seen from further away, as nodes in frames and edges between them.

Each layer has its seat in some node, and an edge is drawn where the layers of one node feed those of
another. So no level can show a path that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Final

from resnet_viz.analysis.records import INPUT, LayerRecord, Trace
from resnet_viz.errors import ExplorerError, PathError
from resnet_viz.figures import diagram_labels as labels
from resnet_viz.figures import formatting
from resnet_viz.model.roles import Role
from resnet_viz.one_line import quoted

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
RepeatGroup = tuple[LayerRecord, ...]


@dataclass(frozen=True, slots=True)
class Node:
    path: str
    lines: tuple[labels.Line, ...]
    stage: int
    tooltip: str
    shape: str = "box"  # or "circle" for a sum, "plain" for the two ends
    repeats: int = 1
    weighted: bool = True
    shortcut: str = ""  # "identity", "projection" or "zero-pad" when it lies on the way around


@dataclass(frozen=True, slots=True)
class Frame:
    """A stage, a block, the stem or the head, around what is drawn of it."""

    path: str
    lines: tuple[labels.Line, ...]
    stage: int
    items: tuple[Node | Frame, ...]
    kind: str  # "part" (stem or head), "stage" or "block"


@dataclass(frozen=True, slots=True)
class Edge:
    source: str
    target: str
    label: str
    tooltip: str
    shortcut: str = ""


class Plan:
    """What is drawn of a trace at one level: nodes in frames, and the edges between them."""

    def __init__(self, trace: Trace, level: str, within: str) -> None:
        if level not in LEVELS:
            raise ExplorerError(
                f"There is no diagram {quoted(level, 40)}; choose one of {', '.join(LEVELS)}."
            )
        if within and not trace[within].is_container:
            raise PathError(f"“{within}” is a layer; only stages and blocks can be drawn alone.")
        self.trace = trace
        self.within = within
        self.scope = trace.inside(within) if within else trace.layers
        self.alone = bool(within) and trace[within].is_block
        self.level = "blocks" if self.alone and level == "stages" else level
        self.groups = {stage.path: self._groups(stage.path) for stage in trace.stages()}
        self.group_of = {
            b.path: group for groups in self.groups.values() for group in groups for b in group
        }
        find = {"stages": self._stage_seat, "layers": self._layer_seat}.get(
            self.level, self._block_seat
        )
        self.seats = {row.path: find(row) for row in self.scope if not row.is_container}

    def seat_of(self, path: str) -> str:
        """The node or frame that shows a row; empty when nothing does."""
        if path in self.seats or path not in self.trace:
            return self.seats.get(path, "")
        if self.level == "stages":
            return self._stage_seat(self.trace[path])
        return self.group_of[path][0].path if path in self.group_of else path

    def items(self) -> Iterator[Node | Frame]:
        """What is drawn, from the input to the output."""
        start, end = self._neighbours()
        yield Node(INPUT, (labels.note(start),), 0, start, "plain")
        if self.alone:
            yield from self._block(self.group_of[self.within])
        elif self.within:
            yield self._stage(self.trace[self.within])
        else:
            yield self._outside(STEM)
            yield from map(self._stage, self.trace.stages())
            yield self._outside(HEAD)
        yield Node(OUTPUT, (labels.note(end),), 0, end, "plain")

    def edges(self) -> Iterator[Edge]:
        """What feeds what: each pair of nodes once for the branch and once for the shortcut."""
        seen: set[tuple[str, str, str]] = set()
        for source, target in (*self.trace.edges, (self.trace.layers[-1].path, OUTPUT)):
            if self._is_passed(target):  # drawn when the shortcut arrives at its sum
                continue
            passed: LayerRecord | None = None
            while self._is_passed(source):
                passed, source = self.trace[source], self.trace.sources(source)[0]
            ends = self.seats.get(source, INPUT), self.seats.get(target, OUTPUT)
            if ends[0] == ends[1] or ends == (INPUT, OUTPUT) or self._is_loop(source, target):
                continue
            edge = self._edge(source, target, ends, passed)
            key = (*ends, edge.shortcut)
            if key not in seen:
                seen.add(key)
                yield edge

    def _edge(
        self, source: str, target: str, ends: tuple[str, str], passed: LayerRecord | None
    ) -> Edge:
        """The edge between two layers' nodes; `passed` is the shortcut's layer on the way, if any."""
        made = self.trace[source].output_shape if source != INPUT else self.trace.input_shape
        shape = formatting.shape(made)
        tooltip = f"{source} → {target} · {shape}"
        if self.level == "stages" or ends[1] == OUTPUT:
            return Edge(*ends, shape, tooltip)
        if passed:
            words = labels.shortcut_label(passed, len(self.group_of[passed.parent]))
            return Edge(*ends, words, labels.tooltip(passed), passed.shortcut_kind)
        around = [self.trace[end] for end in (target, source) if self._on_shortcut(end)]
        kind = around[0].shortcut_kind if around else ""
        return Edge(*ends, "" if self._is_quiet(source, target) else shape, tooltip, kind)

    def _is_passed(self, path: str) -> bool:
        """Whether a layer is drawn as an edge: those on a shortcut, where blocks are nodes."""
        return self.level != "layers" and self._on_shortcut(path)

    def _on_shortcut(self, path: str) -> bool:
        return path in self.trace and self.trace[path].on_shortcut

    def _is_loop(self, source: str, target: str) -> bool:
        """Whether an edge leads from one block of a folded group to the next."""
        blocks = [self.trace[end].parent for end in (source, target) if end in self.trace]
        groups = [self.group_of.get(block) for block in blocks]
        return len(set(blocks)) == 2 and groups[0] is not None and groups[0] is groups[1]

    def _is_quiet(self, source: str, target: str) -> bool:
        """Whether the shape on an edge would only repeat the one beside it."""
        if not {source, target} <= self.seats.keys():
            return self._on_shortcut(target)
        made, read = self.trace[source], self.trace[target]
        if self.level != "layers":
            return made.parent == read.parent != ""  # a block's shape stands behind its sum
        return read.on_shortcut or (made.keeps_shape and made.parent == read.parent)

    def _groups(self, stage: str) -> tuple[RepeatGroup, ...]:
        if self.alone or self.level == "all-blocks":
            return tuple((block,) for block in self.trace.blocks(stage))
        return repeat_groups(self.trace, stage)

    def _neighbours(self) -> tuple[str, str]:
        """What the two ends are called."""
        if not self.within:
            return "image", f"{self.trace.config.num_classes:,} class scores"
        inside = self.seats.keys()
        fed = next(a for a, b in self.trace.edges if b in inside and a not in inside)
        fed_by_it = next(b for a, b in self.trace.edges if a in inside and b not in inside)
        return f"from {self._name(fed)}", f"to {self._name(fed_by_it)}"

    def _name(self, path: str) -> str:
        """What a layer outside belongs to: a block or stage like the one drawn, stem or head."""
        row = self.trace[path]
        return row.parent if self.alone and row.parent else self._stage_seat(row)

    def _stage_seat(self, row: LayerRecord) -> str:
        if row.stage:
            return self.trace.stages()[row.stage - 1].path
        return STEM if row.role is Role.STEM else HEAD

    def _block_seat(self, row: LayerRecord) -> str:
        """The block's box; the sum, and the ReLU after it, sit where branch and shortcut meet."""
        if not row.parent:
            return self._stage_seat(row)
        first = self.group_of[row.parent][0].path
        total = self.trace.parts(row.parent).total
        is_after = total and row.order >= self.trace[total].order
        return self.trace.parts(first).total if is_after else first

    def _layer_seat(self, row: LayerRecord) -> str:
        first = self.group_of[row.parent][0].path if row.parent else ""
        return first + row.path.removeprefix(row.parent) if first else row.path

    def _outside(self, name: str) -> Node | Frame:
        """Stem or head: a frame of layers, or one node."""
        rows = [r for r in self.trace.top() if not r.stage and self._stage_seat(r) == name]
        heading = labels.title(name.capitalize())
        if self.level == "layers":
            return Frame(name, (heading,), 0, tuple(map(self._layer, rows)), "part")
        lines = (heading, *labels.short_lines(rows), labels.note(labels.costs(rows)))
        return Node(name, lines, 0, " · ".join(f"{row.path} {row.kind}" for row in rows))

    def _stage(self, stage: LayerRecord) -> Node | Frame:
        blocks = self.trace.blocks(stage.path)
        name = f"Stage {stage.stage}"
        if self.level == "stages":
            head = (labels.title(name), labels.note(stage.path))
            cost = labels.note(labels.costs((stage,)))
            lines = (*head, *labels.bracket(stage, self.trace), cost)
            return Node(stage.path, lines, stage.stage, labels.tooltip(stage))
        items = tuple(item for group in self.groups[stage.path] for item in self._block(group))
        lines = (labels.title(name), labels.note(labels.group_kind(blocks)))
        return Frame(stage.path, lines, stage.stage, items, "stage")

    def _block(self, group: RepeatGroup) -> tuple[Node | Frame, ...]:
        """A block, or a folded group of them: a frame of layers, or its branch and its sum."""
        block = group[0]
        layers = [row for row in self.trace.inside(block.path) if not row.is_container]
        if self.level == "layers":
            items = tuple(map(self._layer, layers))
            return (Frame(block.path, labels.frame_lines(group), block.stage, items, "block"),)
        cost = labels.costs((block,), "each" if len(group) > 1 else "")
        lines = (
            labels.title(labels.group_title(group)),
            labels.note(labels.group_kind(group)),
            *labels.branch(block, self.trace),
            labels.note(cost),
        )
        hint = labels.tooltip(block)
        box = Node(block.path, lines, block.stage, hint, repeats=len(group))
        return (box, *(self._layer(row) for row in layers if row.role is Role.SUM))

    def _layer(self, row: LayerRecord) -> Node:
        if row.role is Role.SUM:
            return Node(row.path, (labels.title("+"),), row.stage, labels.tooltip(row), "circle")
        kind = row.shortcut_kind if row.on_shortcut else ""
        return Node(
            row.path,
            labels.layer_lines(row),
            row.stage,
            labels.tooltip(row),
            weighted=row.macs > 0,
            shortcut=kind,
        )


def repeat_groups(trace: Trace, stage: str) -> tuple[RepeatGroup, ...]:
    """Groups of consecutive blocks of a stage that are equal in all but their place.

    Equal are shapes, parameters and multiply-adds, of the block and of each layer in it.
    """
    groups = groupby(trace.blocks(stage), key=lambda block: _anatomy(trace, block))
    return tuple(tuple(group) for _, group in groups)


def _anatomy(trace: Trace, block: LayerRecord) -> tuple[object, ...]:
    """All that decides how a block is drawn; its place is left out."""
    return tuple(
        (
            row.path.removeprefix(block.path),
            *(row.kind, row.input_shape, row.output_shape, row.params, row.macs),
            *(row.kernel, row.stride, row.padding, row.groups),
        )
        for row in (block, *trace.inside(block.path))
    )
