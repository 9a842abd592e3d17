"""The layer table as text: its columns, and the files that people take away."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final

from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.figures import formatting

BYTES_PER_VALUE: Final = 4  # float32


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of the layer table: how it is called, and its cell in a row."""

    title: str
    cell: Callable[[LayerRecord], str]
    measure: str = ""  # the field that adds up and has a bar, where there is one
    number: bool = True


COLUMNS: Final[Mapping[str, TableColumn]] = MappingProxyType(
    {
        "path": TableColumn("Path", lambda r: r.path, number=False),
        "kind": TableColumn("Kind", lambda r: r.kind, number=False),
        "kernel": TableColumn("Kernel", lambda r: formatting.pair(r.kernel)),
        "stride": TableColumn("Stride", lambda r: _first(r.stride)),
        "padding": TableColumn("Padding", lambda r: _first(r.padding)),
        "groups": TableColumn("Groups", lambda r: str(r.groups) if r.groups else "–"),
        "in": TableColumn("In", lambda r: formatting.shape(r.input_shape)),
        "out": TableColumn("Out", lambda r: formatting.shape(r.output_shape)),
        "params": TableColumn("Parameters", lambda r: formatting.count(r.params), "params"),
        "macs": TableColumn("MACs", lambda r: formatting.count(r.macs), "macs"),
        "activations": TableColumn(
            "Activations", lambda r: formatting.count(r.activations), "activations"
        ),
        "bytes": TableColumn(
            "Bytes out", lambda r: formatting.bytes_(r.activations * BYTES_PER_VALUE)
        ),
        "field": TableColumn("Receptive field", lambda r: formatting.count(r.receptive_field)),
    }
)
# What fits on a screen, where nobody chose.
STANDARD: Final = ("path", "kind", "kernel", "stride", "out", "params", "macs", "field")


def as_dict(trace: Trace) -> dict[str, Any]:
    """The trace as plain JSON values; shapes are (C, H, W) lists, receptive fields pixels."""
    return {
        "config": asdict(trace.config),
        "input_size": trace.input_size,
        "params": trace.params,
        "macs": trace.macs,
        "layers": to_records(trace.layers),
    }


def to_records(layers: Iterable[LayerRecord]) -> list[dict[str, Any]]:
    """All columns as plain values, a dictionary for each row; shapes are (C, H, W) lists."""
    return [_layer(layer) for layer in layers]


def to_json(trace: Trace) -> str:
    """The whole trace as JSON text."""
    return json.dumps(as_dict(trace), indent=2)


def to_csv(layers: Iterable[LayerRecord]) -> str:
    """All columns with plain numbers, for spreadsheets and scripts."""
    rows = to_records(layers)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=_FIELDS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _flat(value) for name, value in row.items()})
    return buffer.getvalue()


def to_markdown(layers: Iterable[LayerRecord], columns: Sequence[str]) -> str:
    """The chosen columns as a Markdown table."""
    chosen = [COLUMNS[slug] for slug in columns]
    lines = [
        _markdown_row(column.title for column in chosen),
        _markdown_row("--:" if column.number else ":--" for column in chosen),
        *(_markdown_row(column.cell(layer) for column in chosen) for layer in layers),
    ]
    return "\n".join(lines) + "\n"


def to_latex(layers: Iterable[LayerRecord], columns: Sequence[str]) -> str:
    """The chosen columns as a LaTeX tabular; needs the package booktabs."""
    chosen = [COLUMNS[slug] for slug in columns]
    lines = [
        rf"\begin{{tabular}}{{{''.join('r' if column.number else 'l' for column in chosen)}}}",
        r"\toprule",
        _latex_row(column.title for column in chosen),
        r"\midrule",
        *(_latex_row(column.cell(layer) for column in chosen) for layer in layers),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def to_text(layers: Sequence[LayerRecord], columns: Sequence[str]) -> str:
    """The chosen columns set for a terminal, names indented by level."""
    chosen = [COLUMNS[slug] for slug in columns]
    rows = [[column.title for column in chosen]]
    for layer in layers:
        cells = [column.cell(layer) for column in chosen]
        rows.append(["  " * layer.level + cells[0], *cells[1:]])
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column.number else cell.ljust(width)
            for cell, width, column in zip(row, widths, chosen, strict=True)
        ).rstrip()
        for row in rows
    )


_FIELDS: Final = (
    "path",
    "kind",
    "input_shape",
    "output_shape",
    "params",
    "macs",
    "kernel",
    "stride",
    "padding",
    "groups",
    "activations",
    "receptive_field",
    "jump",
)


def _layer(layer: LayerRecord) -> dict[str, Any]:
    values = {name: getattr(layer, name) for name in _FIELDS}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def _flat(value: Any) -> Any:
    if isinstance(value, list):
        return "x".join(map(str, value))
    return "" if value is None else value


def _first(pair: tuple[int, int] | None) -> str:
    return str(pair[0]) if pair else "–"


def _markdown_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _latex_row(cells: Iterable[str]) -> str:
    escaped = (
        cell.replace("_", r"\_")
        .replace("%", r"\%")
        .replace(" × ", r" $\times$ ")
        .replace("–", "--")
        for cell in cells
    )
    return " & ".join(escaped) + r" \\"
