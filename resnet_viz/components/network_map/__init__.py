"""A whole network at a glance: the picture, the strongest channels of each block, the prediction."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from resnet_viz.components import declare, fired

_COMPONENT = declare(__file__)


@dataclass(frozen=True, slots=True)
class Station:
    """One column of the map: the stem, the max-pool, a block, or a run of equal blocks."""

    path: str  # what a click selects: "layer2.1"; in a run, its first block
    title: str  # "layer2.1"; "layer3.1 … 35" for a run
    stage: int  # 0 stem and head, 1 to 4
    shape: str  # "64 × 56 × 56"
    cost: str  # "73,984 parameters · 231 M MACs"
    repeats: int = 1  # how many blocks the run stands for
    shortcut: str = ""  # "" none, "identity", "projection"
    shortcut_label: str = ""  # "1×1, /2"
    thumbnails: int = 0  # how many of the sprite's squares are its own
    channels: tuple[int, ...] = ()  # the channel that each of them shows

    def holds(self, path: str) -> bool:
        """Whether that layer is the station itself, or inside its block or its run of blocks."""
        if path == self.path or path.startswith(f"{self.path}."):
            return True
        stage, _, first = self.path.rpartition(".")
        if self.repeats == 1 or not path.startswith(f"{stage}."):
            return False
        block = path.removeprefix(f"{stage}.").partition(".")[0]
        return block.isdecimal() and 0 <= int(block) - int(first) < self.repeats


@dataclass(frozen=True, slots=True)
class NetworkMap:
    """What the map shows; its text is set as it stands."""

    stations: tuple[Station, ...]
    stage_titles: tuple[str, ...]  # one per stage: "Stage 1 · BasicBlock × 2"
    picture: bytes  # PNG or JPEG, square: what the network sees
    sprite: bytes  # PNG: all thumbnails in one row, in the order of the stations
    thumbnail_size: int  # pixels
    input_shape: str  # "3 × 224 × 224"
    classes: tuple[tuple[str, float], ...]  # name and probability, the likeliest first
    trained: bool
    receptive_field: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom as fractions of the picture: what the selected cell sees."""


def network_map(
    content: NetworkMap,
    *,
    selected: str,
    stage_colours: Sequence[str],
    shortcut_colour: str,
    alt: str,
    on_select: Callable[[str], None],
    key: str,
) -> None:
    """Mount the map. `on_select` gets the path of the station that was clicked.

    `selected` may be any layer: the station that holds it is marked. `stage_colours` has the hue of
    stem and head first, then one for each stage.
    """
    _COMPONENT(
        key=key,
        data={
            **_as_json(content),
            "selected": _index(content.stations, selected),
            "stage_colours": list(stage_colours),
            "shortcut_colour": shortcut_colour,
            "alt": alt,
        },
        on_select_change=lambda: on_select(str(fired(key, "select"))),
    )


def _index(stations: Sequence[Station], path: str) -> int:
    """The number of the station that holds the layer, -1 when none does."""
    return next((i for i, station in enumerate(stations) if station.holds(path)), -1)


def _as_json(content: NetworkMap) -> dict[str, Any]:
    # Bytes inside a dict do not cross; a few tens of kilobytes of base64 do.
    return asdict(content) | {
        "picture": _image_uri(content.picture),
        "sprite": _image_uri(content.sprite),
    }


def _image_uri(image: bytes) -> str:
    kind = "jpeg" if image.startswith(b"\xff\xd8") else "png"
    return f"data:image/{kind};base64,{base64.b64encode(image).decode('ascii')}"
