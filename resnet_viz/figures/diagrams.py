"""A network drawn as boxes and arrows, from four stages down to every layer, with its skip paths."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import graphviz

from resnet_viz.analysis.records import INPUT, Trace
from resnet_viz.figures import diagram_labels as labels
from resnet_viz.figures import formatting
from resnet_viz.figures.diagram_plan import LEVELS, Edge, Frame, Node, Plan, repeat_groups
from resnet_viz.figures.palette import Theme, mixed

__all__ = ["LEVELS", "describe", "network_diagram", "repeat_groups"]

_FONT: Final = "Helvetica,Arial,sans-serif"
_MARKED: Final = "3.5"  # points: the line around what is selected


def network_diagram(
    trace: Trace,
    level: str,
    theme: Theme,
    *,
    within: str = "",
    selected: str = "",
    horizontal: bool = False,
    prepared: str = "",
) -> graphviz.Digraph:
    """Draw the network, or one stage or block of it, at one of `LEVELS`.

    Node names are paths (`layer1.0.conv1`; `stem` and `head` where those are one node) and the two ends,
    `input` and `output`. What shows the row `selected` has the class `selected`; a shortcut has the
    class `shortcut` and its kind. So a page's style, or a test, can find them. The image's node tells
    how it was `prepared`, where that is known.

    Raises:
        ExplorerError: when there is no such level, or `within` is no stage or block of the network.
    """
    plan = Plan(trace, level, within)
    graph = graphviz.Digraph("network", **_defaults(theme, horizontal))
    for item in plan.items():
        if prepared and not within and isinstance(item, Node) and item.path == INPUT:
            item = replace(item, tooltip=f"{item.tooltip}: {prepared}")
        _draw(graph, item, theme, plan.seat_of(selected))
    for edge in plan.edges():
        _draw_edge(graph, edge, theme)
    return graph


def describe(trace: Trace, level: str, within: str) -> str:
    """The diagram in two sentences, for those who listen to it."""
    plan = Plan(trace, level, within)
    whole = trace[within] if within else None
    start = whole.input_shape if whole else trace.input_shape
    end = whole.output_shape if whole else trace.layers[-1].output_shape
    drawn = (
        f"Diagram of {within or 'the whole network'} ({LEVELS[plan.level].lower()}) in "
        f"{sum(map(_size, plan.items()))} nodes, from {formatting.shape(start)} to {formatting.shape(end)}."
    )
    first = [row for row in plan.scope if row.path.endswith((".shortcut", ".downsample.0"))]
    if not first:
        return f"{drawn} There are no shortcuts."
    same = sum(row.shortcut_kind == "identity" for row in first)
    return f"{drawn} Shortcuts: {same} identity, {len(first) - same} that change the shape."


def _size(item: Node | Frame) -> int:
    return 1 if isinstance(item, Node) else sum(map(_size, item.items))


def _defaults(theme: Theme, horizontal: bool) -> dict[str, dict[str, str]]:
    font = {"fontname": _FONT, "fontcolor": theme.text}
    return {
        "graph_attr": {
            **font,
            "rankdir": "LR" if horizontal else "TB",
            "bgcolor": "transparent",
            "fontsize": "12",
            "nodesep": "0.35",
            "ranksep": "0.25",
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


def _draw(graph: graphviz.Digraph, item: Node | Frame, theme: Theme, marked: str) -> None:
    if isinstance(item, Node):
        _draw_node(graph, item, theme, item.path == marked)
        return
    hue = theme.stage(item.stage)
    is_marked = item.path == marked
    is_inner = item.kind == "block"
    look = {
        "label": labels.html(item.lines, theme, align="left"),
        "labeljust": "l",
        "fontcolor": hue,
        "fillcolor": theme.background if is_inner else theme.tint(item.stage),
        "color": theme.text if is_marked else hue if is_inner else theme.tint(item.stage),
        "penwidth": _MARKED if is_marked else "1",  # said each time: frames inside inherit it
        "class": f"{item.kind} selected" if is_marked else item.kind,
        "style": "rounded,filled",
        "tooltip": graphviz.escape(" · ".join((item.path, *(words for _, words in item.lines)))),
    }
    with graph.subgraph(name=f"cluster_{item.path}", graph_attr=look) as frame:
        for child in item.items:
            _draw(frame, child, theme, marked)


def _draw_node(graph: graphviz.Digraph, node: Node, theme: Theme, is_marked: bool) -> None:
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
        look |= {"penwidth": _MARKED, "color": theme.text, "fillcolor": accent, "class": "selected"}
    graph.node(node.path, labels.html(node.lines, theme), **look)


def _draw_edge(graph: graphviz.Digraph, edge: Edge, theme: Theme) -> None:
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
    graph.edge(
        edge.source, edge.target, graphviz.escape(f"  {edge.label}" if edge.label else ""), **look
    )
