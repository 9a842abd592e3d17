"""What is written in a diagram: the words and numbers on its nodes, edges and frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Final

from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.figures import formatting
from resnet_viz.figures.palette import Theme

NOTE_SIZE: Final = "10"  # points; a node's own text has 12
Line = tuple[str, str]  # how it is set, and the text


def title(text: str) -> Line:
    """The name of the thing, in bold."""
    return "title", text


def text(words: str) -> Line:
    return "text", words


def note(words: str) -> Line:
    """What may be read later: small and quiet."""
    return "note", words


def html(lines: Iterable[Line], theme: Theme, align: str = "") -> str:
    """Lines as one of graphviz's HTML-like labels, every text escaped."""
    quiet = f'<font point-size="{NOTE_SIZE}" color="{theme.muted}">'
    frames = {"title": ("<b>", "</b>"), "text": ("", ""), "note": (quiet, "</font>")}
    parts = (f"{frames[how][0]}{escape(words)}{frames[how][1]}" for how, words in lines if words)
    stop = f'<br align="{align}"/>' if align else "<br/>"
    return f"<{stop.join(parts)}{stop if align else ''}>"


def costs(records: Iterable[LayerRecord], each: str = "") -> str:
    """`9,408 parameters · 118.0 M MACs` over all records; what is zero is left out."""
    rows = tuple(records)
    params, macs = sum(row.params for row in rows), sum(row.macs for row in rows)
    parts = (
        f"{formatting.count(params)} parameters" if params else "",
        f"{formatting.short(macs)} MACs" if macs else "",
        each if params else "",
    )
    return " · ".join(part for part in parts if part)


def window(layer: LayerRecord) -> str:
    """A convolution as the paper's table 1 writes it: `3×3, 128, /2`, and its groups if any."""
    groups = f"{layer.groups} groups" if layer.groups and layer.groups > 1 else ""
    parts = (_kernel(layer), str(layer.output_shape[0]), _stride(layer), groups)
    return ", ".join(part for part in parts if part)


def branch(block: LayerRecord, trace: Trace) -> tuple[Line, ...]:
    """One line for each convolution of a block's branch."""
    return tuple(
        text(window(layer))
        for layer in trace.inside(block.path)
        if layer.kind == "Conv2d" and not layer.on_shortcut
    )


def bracket(stage: LayerRecord, trace: Trace) -> tuple[Line, ...]:
    """A stage as the paper's table 1 shows it: the convolutions of a block, and how many blocks."""
    blocks = trace.blocks(stage.path)
    strides = ", first block /2" if stage.input_shape[1:] != stage.output_shape[1:] else ""
    lines = tuple(
        (how, words.replace(", /2", "")) for how, words in branch(blocks[0], trace)
    )  # only the first block has the stride
    return (*lines, text(f"× {len(blocks)} {blocks[0].kind}{strides}"))


def short_lines(layers: Iterable[LayerRecord]) -> tuple[Line, ...]:
    """Stem or head in one node: the layers that change the shape."""
    return tuple(
        text(" ".join((_WORDS.get(layer.kind, layer.kind), _detail(layer))).strip())
        for layer in layers
        if layer.kind in _WORDS or layer.kernel
    )


def layer_lines(layer: LayerRecord) -> tuple[Line, ...]:
    """One layer: its kind and window, its own name, its costs."""
    own = layer.path.removeprefix(layer.parent + ".") if layer.parent else layer.path
    name = " · ".join(part for part in (own, costs((layer,))) if part)
    return text(f"{layer.kind} {_detail(layer)}".strip()), note(name)


def group_title(group: Sequence[LayerRecord]) -> str:
    """The path of a block, or from the first to the last of a folded group."""
    ends = group[0].path, group[-1].path
    return ends[0] if len(group) == 1 else " … ".join(ends)


def group_kind(group: Sequence[LayerRecord]) -> str:
    """`Bottleneck ×35`; the kind alone for one block."""
    return group[0].kind if len(group) == 1 else f"{group[0].kind} ×{len(group)}"


def frame_lines(group: Sequence[LayerRecord]) -> tuple[Line, ...]:
    """A block's or a folded group's frame: short enough to stand beside the branch."""
    name, kind = group_title(group), group_kind(group)
    return (title(name), note(kind)) if len(group) == 1 else (title(kind), note(name))


def shortcut_label(layer: LayerRecord, repeats: int) -> str:
    """`1×1, /2`, `zero-pad, /2`, or `identity`; in a folded group with what it goes around."""
    words = _kernel(layer) if layer.shortcut_kind == "projection" else layer.shortcut_kind
    parts = (words, _stride(layer), "around each" if repeats > 1 else "")
    return ", ".join(part for part in parts if part)


def tooltip(record: LayerRecord) -> str:
    """`layer1.0.conv1 · Conv2d`."""
    return f"{record.path} · {record.kind}"


def _detail(layer: LayerRecord) -> str:
    """What is told of a layer beside its kind; its window where nobody wrote more."""
    return _DETAILS.get(layer.kind, _pool)(layer)


def _kernel(layer: LayerRecord) -> str:
    return "×".join(map(str, layer.kernel)) if layer.kernel else ""


def _stride(layer: LayerRecord) -> str:
    return f"/{layer.stride[0]}" if layer.stride and layer.stride[0] > 1 else ""


def _pool(layer: LayerRecord) -> str:
    return ", ".join(part for part in (_kernel(layer), _stride(layer)) if part)


def _channels(layer: LayerRecord) -> str:
    return f"{layer.input_shape[0]} → {layer.output_shape[0]}"


def _padded(layer: LayerRecord) -> str:
    return ", ".join(part for part in (_channels(layer), _stride(layer)) if part)


_DETAILS: Final[Mapping[str, Callable[[LayerRecord], str]]] = MappingProxyType(
    {
        "Conv2d": window,
        "MaxPool2d": _pool,
        "AdaptiveAvgPool2d": _kernel,
        "Linear": _channels,
        "ZeroPad": _padded,
    }
)

# The layers of stem and head that have a line where all of it is one node.
_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {"Conv2d": "", "MaxPool2d": "max-pool", "AdaptiveAvgPool2d": "average pool", "Linear": "linear"}
)
