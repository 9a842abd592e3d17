"""The error of a network without each of its blocks, measured on a whole test set."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from resnet_viz.weights.curves import FOLDER

SUFFIX: Final = ".lesions.json"


@dataclass(frozen=True, slots=True)
class BlockLesion:
    """The network without one block: only its shortcut is left (Veit et al. 2016, section 4.1)."""

    path: str
    kind: str  # what stood in for the block: "identity", "projection" or "zero-pad"
    error: float  # share of images that are classified wrong


@dataclass(frozen=True, slots=True)
class LesionTable:
    """A lesion study on a test set.

    Attributes:
        network: the preset's name.
        images: how many test images were classified, with each block removed in turn.
        error: of the whole network, on the same images.
        blocks: in the order in which they run.
    """

    network: str
    images: int
    error: float
    blocks: tuple[BlockLesion, ...]


def read_lesions(name: str, folder: Path = FOLDER) -> LesionTable | None:
    """Read the stored study of a network; `None` where none was made."""
    file = folder / f"{name}{SUFFIX}"
    if not file.is_file():
        return None
    record: dict[str, Any] = json.loads(file.read_text("utf-8"))
    blocks = tuple(BlockLesion(**block) for block in record.pop("blocks"))
    return LesionTable(blocks=blocks, **record)


def as_json(table: LesionTable) -> str:
    """The study as `read_lesions` reads it."""
    return json.dumps(asdict(table), indent=1) + "\n"
