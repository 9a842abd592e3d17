"""The network as a row of nodes: what the landing page's map shows of a trace and a capture."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from resnet_viz.analysis.records import Capture, LayerRecord, Prediction, Trace
from resnet_viz.components.network_map import NetworkMap, NetworkNode, ReceptiveFieldBox, Selection
from resnet_viz.figures import formatting, maps
from resnet_viz.figures.diagram_labels import shortcut_label
from resnet_viz.figures.diagrams import repeat_groups

MAX_BLOCKS: Final = 12  # more than that are folded, so that a network fits a projector
MAX_WITH_THUMBNAILS: Final = (
    60  # blocks in a group: what a longer one puts out is not kept only for this
)
THUMBNAILS: Final = 4
THUMBNAIL_SIZE: Final = 56  # pixels
MEASURES: Final = ("Out", "Parameters", "Multiply-adds", "Receptive field", "Shortcut")


@dataclass(frozen=True, slots=True)
class NodeLayers:
    """A layer of the stem, a block, or the classifier, on the way through the network."""

    row: LayerRecord
    also: tuple[LayerRecord, ...] = ()  # layers beside it that it stands for
    group: str = ""  # the first of the equal blocks that it is folded with
    with_thumbnails: bool = True  # whether it has thumbnails
    sent: bool = True  # and whether they are shown now; those of folded blocks come later

    @property
    def shown(self) -> str:
        """The layer whose output stands for this node: a convolution's after its ReLU."""
        return self.after[-1].path if self.after else self.row.path

    @property
    def after(self) -> tuple[LayerRecord, ...]:
        """Of the layers that it stands for, those that come after it."""
        return tuple(row for row in self.also if row.order > self.row.order)

    @property
    def title(self) -> str:
        """`conv1 + ReLU`, `avgpool + fc`, or the row's path alone."""
        before = [row.path for row in self.also if row.order < self.row.order and row.kernel]
        after = [self.after[-1].kind] if self.after else []
        return " + ".join([*before, self.row.path, *after])


def network_nodes(trace: Trace, unfolded: Collection[str] = ()) -> tuple[NodeLayers, ...]:
    """Stem, blocks and head in order; of a folded group only the first block's thumbnails are sent."""
    head = NodeLayers(trace.classifier, trace.head, with_thumbnails=False, sent=False)
    stem = (NodeLayers(first, tuple(after)) for first, *after in trace.stem_parts)
    return (*stem, *_blocks(trace, unfolded), head)


def folded_groups(trace: Trace) -> dict[str, tuple[LayerRecord, ...]]:
    """Runs of equal blocks by the path of their first; none where all blocks fit side by side."""
    if len(trace.blocks()) <= MAX_BLOCKS:
        return {}
    found = [group for stage in trace.stages() for group in repeat_groups(trace, stage.path)]
    return {group[0].path: group for group in found if len(group) > 1}


def node_paths(trace: Trace, unfolded: Collection[str] = ()) -> tuple[str, ...]:
    """The layers whose outputs the map shows."""
    return tuple(node.shown for node in network_nodes(trace, unfolded) if node.sent)


def network_content(
    trace: Trace,
    capture: Capture,
    prediction: Prediction,
    image: bytes,
    *,
    unfolded: Collection[str] = (),
    trained: bool,
    prepared: str = "",
) -> NetworkMap:
    """What the map shows of a capture of the `node_paths`; `image` is a JPEG, `prepared` in words."""
    shown = network_nodes(trace, unfolded)
    channels = [_channels(capture, node) for node in shown]
    drawn = [
        capture[node.shown].values[channel]
        for node, chosen in zip(shown, channels, strict=True)
        for channel in chosen
    ]
    return NetworkMap(
        nodes=tuple(
            _node(trace, node, chosen) for node, chosen in zip(shown, channels, strict=True)
        ),
        stage_titles=tuple(_stage_title(trace, stage) for stage in trace.stages()),
        measures=MEASURES,
        image=image,
        sprite=maps.thumbnails(drawn, THUMBNAIL_SIZE),
        thumbnail_size=THUMBNAIL_SIZE,
        input_shape=formatting.shape(trace.input_shape),
        classes=tuple((score.label, score.probability) for score in prediction.top),
        trained=trained,
        prepared=prepared,
    )


def selection(trace: Trace, path: str) -> Selection:
    """What the map marks for the selected layer."""
    row = trace[path]
    return Selection(path, row.parent, field_box(trace, row))


def field_box(trace: Trace, row: LayerRecord) -> ReceptiveFieldBox:
    """The receptive field of a layer's central cell, as a frame on the image."""
    left, top, right, bottom = (
        round(edge / trace.input_size, 4) for edge in row.central_box(trace.input_size)
    )
    return ReceptiveFieldBox(row.receptive_field, (left, top, right, bottom))


def shortcut_of(trace: Trace, block: LayerRecord) -> tuple[str, str]:
    """The kind of a block's shortcut, "" when it has none, and what it is: `1×1, /2`, `identity`."""
    row = trace.shortcut(block.path)
    return (row.shortcut_kind, shortcut_label(row, 1)) if row else ("", "")


def _blocks(trace: Trace, unfolded: Collection[str]) -> Iterator[NodeLayers]:
    folded = folded_groups(trace)
    group_of = {block.path: group for group, blocks in folded.items() for block in blocks}
    for block in trace.blocks():
        group = group_of.get(block.path, "")
        first = group in ("", block.path)
        with_thumbnails = first or len(folded[group]) <= MAX_WITH_THUMBNAILS
        yield NodeLayers(
            block, (), group, with_thumbnails, sent=first or (with_thumbnails and group in unfolded)
        )


def _channels(capture: Capture, node: NodeLayers) -> tuple[int, ...]:
    if not node.sent:
        return ()
    return tuple(maps.top_variance_channels(capture[node.shown].values, THUMBNAILS))


def _node(trace: Trace, node: NodeLayers, channels: tuple[int, ...]) -> NetworkNode:
    row = node.row
    kind, label = shortcut_of(trace, row) if row.is_block else ("", "")
    facts = (
        formatting.shape(row.output_shape),
        formatting.count(row.params),
        formatting.short(row.macs),
        f"{row.receptive_field:,} px",
        (f"projection {label}" if kind == "projection" else label) or "none",
    )
    return NetworkNode(
        path=row.path,
        title=node.title,
        stage=row.stage,
        shape=facts[0],
        facts=facts if row.is_block else facts[:-1],
        field=field_box(trace, row),
        also=tuple(each.path for each in node.also),
        group=node.group,
        shortcut=kind,
        shortcut_label="" if kind == "identity" else label,
        thumbnails=min(THUMBNAILS, row.output_shape[0]) if node.with_thumbnails else 0,
        channels=channels,
    )


def _stage_title(trace: Trace, stage: LayerRecord) -> str:
    blocks = trace.blocks(stage.path)
    return f"Stage {stage.stage} · {blocks[0].kind} × {len(blocks)}"
