"""The network as a row of stations: what the landing page's map shows of a trace and a capture."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from resnet_viz.analysis.records import Capture, LayerRecord, Prediction, Trace
from resnet_viz.components.network_map import NetworkMap, Selection, Sight, Station
from resnet_viz.figures import formatting, maps
from resnet_viz.figures.diagram_labels import shortcut_label
from resnet_viz.figures.diagrams import folds

MAX_BLOCKS: Final = 12  # more than that are folded, so that a network fits a projector
MAX_PICTURED: Final = 60  # blocks in a run: what a longer one puts out is not kept only for this
THUMBNAILS: Final = 4
THUMBNAIL_SIZE: Final = 56  # pixels
MEASURES: Final = ("Out", "Parameters", "Multiply-adds", "Receptive field", "Shortcut")


@dataclass(frozen=True, slots=True)
class Place:
    """A layer of the stem, a block, or the classifier, on the way through the network."""

    row: LayerRecord
    also: tuple[LayerRecord, ...] = ()  # layers beside it that it stands for
    run: str = ""  # the first of the equal blocks that it is folded with
    pictured: bool = True  # whether it has thumbnails
    sent: bool = True  # and whether they are shown now; those of folded blocks come later

    @property
    def shown(self) -> str:
        """The layer whose output stands for this place: a convolution's after its ReLU."""
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


def places(trace: Trace, unfolded: Collection[str] = ()) -> tuple[Place, ...]:
    """Stem, blocks and head in order; of a folded run only the first block's thumbnails are sent."""
    head = Place(trace.classifier, trace.head, pictured=False, sent=False)
    stem = (Place(first, tuple(after)) for first, *after in trace.stem_parts)
    return (*stem, *_blocks(trace, unfolded), head)


def runs(trace: Trace) -> dict[str, tuple[LayerRecord, ...]]:
    """Runs of equal blocks by the path of their first; none where all blocks fit side by side."""
    if len(trace.blocks()) <= MAX_BLOCKS:
        return {}
    found = [run for stage in trace.stages() for run in folds(trace, stage.path)]
    return {run[0].path: run for run in found if len(run) > 1}


def station_paths(trace: Trace, unfolded: Collection[str] = ()) -> tuple[str, ...]:
    """The layers whose outputs the map shows."""
    return tuple(place.shown for place in places(trace, unfolded) if place.sent)


def network_content(
    trace: Trace,
    capture: Capture,
    prediction: Prediction,
    picture: bytes,
    *,
    unfolded: Collection[str] = (),
    trained: bool,
) -> NetworkMap:
    """What the map shows of a capture of the `station_paths`; `picture` is a JPEG."""
    shown = places(trace, unfolded)
    channels = [_channels(capture, place) for place in shown]
    drawn = [
        capture[place.shown].values[channel]
        for place, chosen in zip(shown, channels, strict=True)
        for channel in chosen
    ]
    return NetworkMap(
        stations=tuple(
            _station(trace, place, chosen) for place, chosen in zip(shown, channels, strict=True)
        ),
        stage_titles=tuple(_stage_title(trace, stage) for stage in trace.stages()),
        measures=MEASURES,
        picture=picture,
        sprite=maps.thumbnails(drawn, THUMBNAIL_SIZE),
        thumbnail_size=THUMBNAIL_SIZE,
        input_shape=formatting.shape(trace.input_shape),
        classes=tuple((score.label, score.probability) for score in prediction.top),
        trained=trained,
    )


def selection(trace: Trace, path: str) -> Selection:
    """What the map marks for the selected layer."""
    row = trace[path]
    return Selection(path, row.parent, sight(trace, row))


def sight(trace: Trace, row: LayerRecord) -> Sight:
    """The receptive field of a layer's central cell, as a frame on the picture."""
    left, top, right, bottom = (
        round(edge / trace.input_size, 4) for edge in row.central_box(trace.input_size)
    )
    return Sight(row.receptive_field, (left, top, right, bottom))


def shortcut_of(trace: Trace, block: LayerRecord) -> tuple[str, str]:
    """The kind of a block's shortcut, "" when it has none, and what it is: `1×1, /2`, `identity`."""
    row = trace.shortcut(block.path)
    return (row.shortcut_kind, shortcut_label(row, 1)) if row else ("", "")


def _blocks(trace: Trace, unfolded: Collection[str]) -> Iterator[Place]:
    folded = runs(trace)
    run_of = {block.path: run for run, blocks in folded.items() for block in blocks}
    for block in trace.blocks():
        run = run_of.get(block.path, "")
        first = run in ("", block.path)
        pictured = first or len(folded[run]) <= MAX_PICTURED
        yield Place(block, (), run, pictured, sent=first or (pictured and run in unfolded))


def _channels(capture: Capture, place: Place) -> tuple[int, ...]:
    if not place.sent:
        return ()
    return tuple(maps.top_variance_channels(capture[place.shown].values, THUMBNAILS))


def _station(trace: Trace, place: Place, channels: tuple[int, ...]) -> Station:
    row = place.row
    kind, label = shortcut_of(trace, row) if row.is_block else ("", "")
    facts = (
        formatting.shape(row.output_shape),
        formatting.count(row.params),
        formatting.short(row.macs),
        f"{row.receptive_field:,} px",
        (f"projection {label}" if kind == "projection" else label) or "none",
    )
    return Station(
        path=row.path,
        title=place.title,
        stage=row.stage,
        shape=facts[0],
        facts=facts if row.is_block else facts[:-1],
        sight=sight(trace, row),
        also=tuple(each.path for each in place.also),
        run=place.run,
        shortcut=kind,
        shortcut_label="" if kind == "identity" else label,
        thumbnails=min(THUMBNAILS, row.output_shape[0]) if place.pictured else 0,
        channels=channels,
    )


def _stage_title(trace: Trace, stage: LayerRecord) -> str:
    blocks = trace.blocks(stage.path)
    return f"Stage {stage.stage} · {blocks[0].kind} × {len(blocks)}"
