"""The layer table with its search, filters, columns and downloads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import streamlit as st

from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.components.layer_table import Column, Row, layer_table
from resnet_viz.figures import formatting, tables
from resnet_viz.figures.tables import COLUMNS
from resnet_viz.ui.shared import widgets
from resnet_viz.ui.state import selection, url
from resnet_viz.ui.state.view_state import ViewState

OPENED: Final = ("stages", "blocks", "layers")
CHOICES: Final = tuple(COLUMNS)
DEFAULT_COLUMNS: Final = [slug for slug in tables.STANDARD if slug != "path"]


@dataclass(frozen=True, slots=True)
class TableSelection:
    """The rows and columns that are shown."""

    rows: tuple[LayerRecord, ...]
    columns: tuple[str, ...]
    opened: str


def table_controls(trace: Trace) -> TableSelection:
    """How far the tree is open, what is searched for, which kinds and which columns."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        opened = widgets.segments("Open down to", OPENED, url.OPEN, default="blocks")
        find = widgets.line(
            "Search path or kind",
            url.FIND,
            max_chars=60,
            width=220,
            placeholder="layer3 conv",
            live=True,
        )
        kinds = tuple(dict.fromkeys(layer.kind for layer in trace.layers))
        chosen = widgets.several("Kinds", kinds, url.KINDS, default=[], placeholder="all kinds")
        with st.popover("Columns", icon=":material/view_column:"):
            columns = widgets.several("Columns", CHOICES, url.COLUMNS, default=DEFAULT_COLUMNS)
    words = find.lower().split()
    rows = tuple(
        layer
        for layer in trace.layers
        if (not chosen or layer.kind in chosen)
        and all(word in f"{layer.path} {layer.kind}".lower() for word in words)
    )
    ordered = tuple(slug for slug in CHOICES if slug in columns)
    return TableSelection(rows, ordered, opened)


def table(view_state: ViewState, shown: TableSelection) -> None:
    """Mount the table; a row that is chosen is selected everywhere."""
    trace = view_state.trace
    most = {
        measure: max((getattr(layer, measure) for layer in trace.leaves()), default=1) or 1
        for measure in ("params", "macs", "activations")
    }
    columns = shown.columns
    layer_table(
        [Column(slug, COLUMNS[slug].title, _align(slug), bool(_measure(slug))) for slug in columns],
        [_row(layer, columns, most) for layer in shown.rows],
        [_total(slug, shown) for slug in columns],
        selected=view_state.layer,
        opened=shown.opened,
        stage_colours=view_state.theme.stages,
        on_select=selection.select_layer,
        key="layer_table",
    )


def downloads(view_state: ViewState, shown: TableSelection) -> None:
    """The shown rows as CSV, Markdown and LaTeX; the whole trace as JSON."""
    name = view_state.file_name
    columns = tuple(dict.fromkeys(("path", *shown.columns)))
    files = (
        ("CSV", "csv", lambda: tables.to_csv(shown.rows)),
        ("JSON, all layers", "json", lambda: tables.to_json(view_state.trace)),
        ("Markdown", "md", lambda: tables.to_markdown(shown.rows, columns)),
        ("LaTeX", "tex", lambda: tables.to_latex(shown.rows, columns)),
    )
    with st.container(horizontal=True):
        for label, ending, make in files:
            st.download_button(
                label,
                make,
                f"{name}.{ending}",
                icon=":material/download:",
                on_click="ignore",
                disabled=not shown.rows,
            )


def _row(layer: LayerRecord, columns: tuple[str, ...], most: dict[str, int]) -> Row:
    return Row(
        path=layer.path,
        parent=layer.parent,
        level=layer.level,
        stage=layer.stage,
        kind=layer.kind,
        cells=tuple(COLUMNS[slug].cell(layer) for slug in columns),
        bars=tuple(_share(layer, slug, most) for slug in columns),
        container=layer.is_container,
        shortcut=layer.shortcut_kind if layer.on_shortcut else "",
    )


def _share(layer: LayerRecord, slug: str, most: dict[str, int]) -> float:
    """A layer's part of the largest layer's; sums have no bar, they would dwarf every layer."""
    measure = _measure(slug)
    if not measure or layer.is_container:
        return 0.0
    return float(getattr(layer, measure)) / most[measure]


def _total(slug: str, shown: TableSelection) -> str:
    """Sums over the layers shown; a stage's or block's own numbers are sums already."""
    leaves = [layer for layer in shown.rows if not layer.is_container]
    measure = _measure(slug)
    if measure:
        return formatting.count(sum(getattr(layer, measure) for layer in leaves))
    if slug == "bytes":
        total = sum(layer.activations for layer in leaves)
        return formatting.bytes_(total * tables.BYTES_PER_VALUE)
    return ""


def _measure(slug: str) -> str:
    return COLUMNS[slug].measure


def _align(slug: str) -> Literal["left", "right"]:
    return "right" if COLUMNS[slug].number else "left"
