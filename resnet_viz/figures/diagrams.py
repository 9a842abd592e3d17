"""A network drawn as boxes and arrows, from four stages down to every layer, with its skip paths.

A diagram is the graph of the trace seen from further away: each layer has its seat in some node, and an
edge is drawn where the layers of one node feed those of another. No level can show a path that is not
there.
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
from resnet_viz.figures.palette import Theme, mixed

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
    shape: str = "box"  # or "circle" for a sum, "plain" for the two ends
    repeats: int = 1
    weighted: bool = True
    shortcut: str = ""  # "identity", "projection" or "zero-pad" when it lies on the way around


@dataclass(frozen=True, slots=True)
class _Frame:
    """A stage, a block, the stem or the head, around what is drawn of it."""

    path: str
    title: str
    stage: int
    items: tuple[_Node | _Frame, ...]
    inner: bool = False


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

    Node names are paths (`layer1.0.conv1`; `stem` and `head` where those are one node) and the two ends,
    `input` and `output`. What shows the row `selected` has the class `selected`; a shortcut has the
    class `shortcut` and its kind. So a page's style, or a test, can find them.

    Raises:
        ExplorerError: when there is no such level, or `within` is no stage or block of the network.
    """
    plan = _Plan(trace, level, within)
    graph = graphviz.Digraph("network", **_defaults(theme, horizontal))
    for item in plan.items():
        _draw(graph, item, theme, plan.seat_of(selected))
    for edge in plan.edges():
        _draw_edge(graph, edge, theme)
    return graph


def describe(trace: Trace, level: str, within: str) -> str:
    """The diagram in two sentences, for those who listen to it."""
    plan = _Plan(trace, level, within)
    whole = trace[within] if within else None
    start = whole.input_shape if whole else trace.input_shape
    end = whole.output_shape if whole else trace.layers[-1].output_shape
    drawn = (
        f"Diagram of {within or 'the whole network'} ({LEVELS[plan.level].lower()}) in "
        f"{sum(map(_size, plan.items()))} nodes, from {numbers.shape(start)} to {numbers.shape(end)}."
    )
    first = [row for row in plan.scope if row.path.endswith((".downsample", ".downsample.0"))]
    if not first:
        return f"{drawn} There are no shortcuts."
    same = sum(labels.shortcut_kind(row) == "identity" for row in first)
    return f"{drawn} Shortcuts: {same} identity, {len(first) - same} that change the shape."


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
    """All that decides how a block is drawn; its place is left out."""
    return tuple(
        (
            row.path.removeprefix(block.path),
            *(row.kind, row.input_shape, row.output_shape, row.params, row.macs),
            *(row.kernel, row.stride, row.padding, row.groups),
        )
        for row in (block, *trace.inside(block.path))
    )


def _size(item: _Node | _Frame) -> int:
    return 1 if isinstance(item, _Node) else sum(map(_size, item.items))


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
        self.alone = "." in within  # one block
        self.level = "blocks" if self.alone and level == "stages" else level
        self.runs = {stage.path: self._runs(stage.path) for stage in trace.stages()}
        self.run_of = {b.path: run for runs in self.runs.values() for run in runs for b in run}
        find = {"stages": self._stage_seat, "layers": self._layer_seat}.get(
            self.level, self._block_seat
        )
        self.seats = {row.path: find(row) for row in self.scope if not row.is_container}

    def seat_of(self, path: str) -> str:
        """The node or frame that shows a row; empty when nothing does."""
        if path in self.seats or path not in self.trace:
            return self.seats.get(path, "")
        if self.level == "stages":
            return path.partition(".")[0]
        return self.run_of[path][0].path if path in self.run_of else path

    def items(self) -> Iterator[_Node | _Frame]:
        """What is drawn, from the input to the output."""
        start, end = self._neighbours()
        yield _Node(INPUT, (labels.note(start),), 0, start, "plain")
        if self.alone:
            yield from self._block(self.run_of[self.within])
        elif self.within:
            yield self._stage(self.trace[self.within])
        else:
            yield self._outside(STEM)
            yield from map(self._stage, self.trace.stages())
            yield self._outside(HEAD)
        yield _Node(OUTPUT, (labels.note(end),), 0, end, "plain")

    def edges(self) -> Iterator[_Edge]:
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
    ) -> _Edge:
        """The edge between two layers' nodes; `passed` is the shortcut's layer on the way, if any."""
        made = self.trace[source].output_shape if source != INPUT else self.trace.input_shape
        shape = numbers.shape(made)
        tooltip = f"{source} → {target} · {shape}"
        if self.level == "stages" or ends[1] == OUTPUT:
            return _Edge(*ends, shape, tooltip)
        if passed:
            words = labels.shortcut_label(passed, len(self.run_of[passed.parent]))
            return _Edge(*ends, words, labels.tooltip(passed), labels.shortcut_kind(passed))
        around = [self.trace[end] for end in (target, source) if ".downsample" in end]
        kind = labels.shortcut_kind(around[0]) if around else ""
        return _Edge(*ends, "" if self._is_quiet(source, target) else shape, tooltip, kind)

    def _is_passed(self, path: str) -> bool:
        """Whether a layer is drawn as an edge: those on a shortcut, where blocks are nodes."""
        return self.level != "layers" and ".downsample" in path

    def _is_loop(self, source: str, target: str) -> bool:
        """Whether an edge leads from one block of a folded run to the next."""
        blocks = [self.trace[end].parent for end in (source, target) if end in self.trace]
        runs = [self.run_of.get(block) for block in blocks]
        return len(set(blocks)) == 2 and runs[0] is not None and runs[0] is runs[1]

    def _is_quiet(self, source: str, target: str) -> bool:
        """Whether the shape on an edge would only repeat the one before."""
        if self.level != "layers" or not {source, target} <= self.seats.keys():
            return False
        made, read = self.trace[source], self.trace[target]
        return made.kind in _KEEPS_SHAPE and (made.parent == read.parent or read.on_shortcut)

    def _runs(self, stage: str) -> tuple[Run, ...]:
        if self.alone or self.level == "all-blocks":
            return tuple((block,) for block in self.trace.blocks(stage))
        return folds(self.trace, stage)

    def _neighbours(self) -> tuple[str, str]:
        """What the two ends are called."""
        if not self.within:
            return "picture", f"{self.trace.config.num_classes:,} class scores"
        inside = self.seats.keys()
        fed = next(a for a, b in self.trace.edges if b in inside and a not in inside)
        fed_by_it = next(b for a, b in self.trace.edges if a in inside and b not in inside)
        return f"from {self._name(fed)}", f"to {self._name(fed_by_it)}"

    def _name(self, path: str) -> str:
        """What a layer outside belongs to: a block or stage like the one drawn, stem or head."""
        row = self.trace[path]
        return (
            (row.parent if self.alone else "") or self._stage_seat(row)
            if row.stage
            else self._stage_seat(row)
        )

    def _stage_seat(self, row: LayerRecord) -> str:
        if row.stage:
            return row.path.partition(".")[0]
        return STEM if row.order < self.trace.stages()[0].order else HEAD

    def _block_seat(self, row: LayerRecord) -> str:
        """The block's box; the sum, and the ReLU after it, sit where branch and shortcut meet."""
        if not row.parent:
            return self._stage_seat(row)
        first = self.run_of[row.parent][0].path
        total = f"{row.parent}.add"
        is_after = total in self.trace and row.order >= self.trace[total].order
        return f"{first}.add" if is_after else first

    def _layer_seat(self, row: LayerRecord) -> str:
        first = self.run_of[row.parent][0].path if row.parent else ""
        return first + row.path.removeprefix(row.parent) if first else row.path

    def _outside(self, name: str) -> _Node | _Frame:
        """Stem or head: a frame of layers, or one node."""
        rows = [r for r in self.trace.top() if not r.stage and self._stage_seat(r) == name]
        if self.level == "layers":
            return _Frame(name, name.capitalize(), 0, tuple(map(self._layer, rows)))
        heading = labels.title(name.capitalize())
        lines = (heading, *labels.short_lines(rows), labels.note(labels.costs(rows)))
        return _Node(name, lines, 0, " · ".join(f"{row.path} {row.kind}" for row in rows))

    def _stage(self, stage: LayerRecord) -> _Node | _Frame:
        blocks = self.trace.blocks(stage.path)
        name = f"Stage {stage.stage}"
        if self.level == "stages":
            head = (labels.title(name), labels.note(stage.path))
            cost = labels.note(labels.costs((stage,)))
            lines = (*head, *labels.bracket(stage, self.trace), cost)
            return _Node(stage.path, lines, stage.stage, labels.tooltip(stage))
        items = tuple(item for run in self.runs[stage.path] for item in self._block(run))
        title = f"{name} · {labels.run_kind(blocks)}"
        return _Frame(stage.path, title, stage.stage, items)

    def _block(self, run: Run) -> tuple[_Node | _Frame, ...]:
        """A block, or a folded run of them: a frame of layers, or its branch and its sum."""
        block = run[0]
        layers = [row for row in self.trace.inside(block.path) if not row.is_container]
        heading = f"{labels.run_title(run)} · {labels.run_kind(run)}"
        if self.level == "layers":
            items = tuple(map(self._layer, layers))
            return (_Frame(block.path, heading, block.stage, items, inner=True),)
        cost = labels.costs((block,), "each" if len(run) > 1 else "")
        lines = (
            labels.title(labels.run_title(run)),
            labels.note(labels.run_kind(run)),
            *labels.branch(block, self.trace),
            labels.note(cost),
        )
        hint = labels.tooltip(block)
        box = _Node(block.path, lines, block.stage, hint, repeats=len(run))
        return (box, *(self._layer(row) for row in layers if row.kind == "Add"))

    def _layer(self, row: LayerRecord) -> _Node:
        if row.kind == "Add":
            return _Node(row.path, (labels.title("+"),), row.stage, labels.tooltip(row), "circle")
        kind = labels.shortcut_kind(row) if row.on_shortcut else ""
        return _Node(
            row.path,
            labels.layer_lines(row),
            row.stage,
            labels.tooltip(row),
            weighted=row.macs > 0,
            shortcut=kind,
        )


def _defaults(theme: Theme, horizontal: bool) -> dict[str, dict[str, str]]:
    font = {"fontname": _FONT, "fontcolor": theme.text}
    return {
        "graph_attr": {
            **font,
            "rankdir": "LR" if horizontal else "TB",
            "bgcolor": "transparent",
            "fontsize": "12",
            "nodesep": "0.35",
            "ranksep": "0.3",
            "pad": "0.1",
        },
        "node_attr": {**font, "fontsize": "12", "style": "rounded,filled", "margin": "0.14,0.07"},
        "edge_attr": {
            "fontname": _FONT,
            "fontcolor": theme.muted,
            "fontsize": labels.NOTE_SIZE,
            "color": theme.line,
            "arrowsize": "0.6",
        },
    }


def _draw(graph: graphviz.Digraph, item: _Node | _Frame, theme: Theme, marked: str) -> None:
    if isinstance(item, _Node):
        _draw_node(graph, item, theme, item.path == marked)
        return
    hue = theme.stage(item.stage)
    look = {
        "label": labels.html((labels.title(item.title),), theme),
        "fontcolor": hue,
        "fillcolor": theme.background if item.inner else theme.tint(item.stage),
        "color": hue if item.inner else theme.tint(item.stage),
        "style": "rounded,filled",
        "tooltip": graphviz.escape(f"{item.path} · {item.title}"),
        **(
            {"penwidth": "3.5", "color": theme.text, "class": "selected"}
            if item.path == marked
            else {}
        ),
    }
    with graph.subgraph(name=f"cluster_{item.path}", graph_attr=look) as frame:
        for child in item.items:
            _draw(frame, child, theme, marked)


def _draw_node(graph: graphviz.Digraph, node: _Node, theme: Theme, is_marked: bool) -> None:
    hue = theme.shortcut if node.shortcut else theme.stage(node.stage)
    look = {
        "shape": node.shape,
        "color": hue,
        "fillcolor": theme.background,
        "penwidth": "1.6" if node.weighted else "0.8",
        "tooltip": graphviz.escape(node.tooltip),
        "group": "" if node.shortcut else "branch",
        "peripheries": "2" if node.repeats > 1 else "1",
    }
    if node.shape == "circle":
        look |= {"style": "filled", "fixedsize": "true", "width": "0.34", "fontsize": "16"}
    if node.shape == "plain":
        look |= {"style": "", "penwidth": "0"}
    if node.shortcut and node.shortcut != "identity":
        look |= {"style": "rounded,filled,dashed"}
    if is_marked:
        accent = mixed(hue, theme.background, 0.35)
        look |= {"penwidth": "3.5", "color": theme.text, "fillcolor": accent, "class": "selected"}
    graph.node(node.path, labels.html(node.lines, theme), **look)


def _draw_edge(graph: graphviz.Digraph, edge: _Edge, theme: Theme) -> None:
    look = {"tooltip": graphviz.escape(edge.tooltip), "weight": "8"}
    if edge.shortcut:
        look |= {
            "color": theme.shortcut,
            "fontcolor": theme.shortcut,
            "penwidth": "2",
            "style": "solid" if edge.shortcut == "identity" else "dashed",
            "class": f"shortcut {edge.shortcut}",
            "weight": "1",
        }
    graph.edge(edge.source, edge.target, graphviz.escape(edge.label), **look)
