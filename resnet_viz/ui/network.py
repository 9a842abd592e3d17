"""The network as a row of stations: what the landing page's map shows of a trace and a capture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from resnet_viz.analysis.records import Capture, LayerRecord, Prediction, Trace
from resnet_viz.components.network_map import NetworkMap, Station
from resnet_viz.figures import maps, numbers
from resnet_viz.figures.diagrams import folds

MAX_BLOCKS: Final = 12  # more than that are folded, so that a network fits a projector
THUMBNAILS: Final = 4
THUMBNAIL_SIZE: Final = 56  # pixels


@dataclass(frozen=True, slots=True)
class Stop:
    """A place on the way through the network: a layer of the stem, a block, or several alike."""

    row: LayerRecord  # the one that is shown; of equal blocks the first
    repeats: int

    @property
    def shown(self) -> str:
        """The layer whose output stands for this place: the stem's convolution after its ReLU."""
        return "relu" if self.row.path == "conv1" else self.row.path

    @property
    def title(self) -> str:
        if self.row.path == "conv1":
            return "conv1 + ReLU"
        if self.repeats == 1:
            return self.row.path
        return f"{self.row.path} … {int(self.row.path.rpartition('.')[2]) + self.repeats - 1}"


def stops(trace: Trace) -> tuple[Stop, ...]:
    """Stem and blocks in order; runs of equal blocks are folded where there are many."""
    found = [Stop(layer, 1) for layer in trace.top() if layer.path in ("conv1", "maxpool")]
    fold = len(trace.blocks()) > MAX_BLOCKS
    for stage in trace.stages():
        runs = folds(trace, stage.path) if fold else [(b,) for b in trace.blocks(stage.path)]
        found += [Stop(run[0], len(run)) for run in runs]
    return tuple(found)


def station_paths(trace: Trace) -> tuple[str, ...]:
    """The layers whose outputs the map shows."""
    return tuple(stop.shown for stop in stops(trace))


def network_content(
    trace: Trace,
    capture: Capture,
    prediction: Prediction,
    picture: bytes,
    field: tuple[float, float, float, float],
    *,
    trained: bool,
) -> NetworkMap:
    """What the map shows; `picture` is a JPEG, `field` the selected cell's frame as fractions of it."""
    places = stops(trace)
    channels = [_channels(capture, place) for place in places]
    drawn = [
        capture[place.shown].values[channel]
        for place, chosen in zip(places, channels, strict=True)
        for channel in chosen
    ]
    return NetworkMap(
        stations=tuple(
            _station(trace, place, chosen) for place, chosen in zip(places, channels, strict=True)
        ),
        stage_titles=tuple(_stage_title(trace, stage) for stage in trace.stages()),
        picture=picture,
        sprite=maps.thumbnails(drawn, THUMBNAIL_SIZE),
        thumbnail_size=THUMBNAIL_SIZE,
        input_shape=numbers.shape(trace.input_shape),
        classes=tuple((score.label, score.probability) for score in prediction.top),
        trained=trained,
        receptive_field=field,
    )


def shortcut_of(trace: Trace, block: LayerRecord) -> tuple[str, str]:
    """A block's shortcut, "identity", "projection" or "", and what to write at a projection."""
    path = [layer for layer in trace.inside(block.path) if layer.on_shortcut]
    if not path:
        return "", ""
    first = path[0]
    if first.kind == "Identity":
        return "identity", ""
    stride = f", /{first.stride[0]}" if first.stride and first.stride[0] > 1 else ""
    return "projection", ("1×1" if first.kind == "Conv2d" else "zero-pad") + stride


def _channels(capture: Capture, place: Stop) -> tuple[int, ...]:
    return tuple(maps.strongest(capture[place.shown].values, THUMBNAILS))


def _station(trace: Trace, place: Stop, channels: tuple[int, ...]) -> Station:
    row = place.row
    kind, label = shortcut_of(trace, row) if row.is_block else ("", "")
    cost = f"{row.params:,} parameters · {numbers.short(row.macs)} multiply-adds"
    return Station(
        path=row.path,
        title=place.title,
        stage=row.stage,
        shape=numbers.shape(row.output_shape),
        cost=cost + (f" · each of {place.repeats}" if place.repeats > 1 else ""),
        repeats=place.repeats,
        shortcut=kind,
        shortcut_label=label,
        thumbnails=len(channels),
        channels=channels,
    )


def _stage_title(trace: Trace, stage: LayerRecord) -> str:
    blocks = trace.blocks(stage.path)
    return f"Stage {stage.stage} · {blocks[0].kind} × {len(blocks)}"
