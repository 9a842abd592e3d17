"""A slice through a network's loss surface, as it was measured once and stored."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from resnet_viz.weights.curves import FOLDER

SUFFIX: Final = ".surface.json"


@dataclass(frozen=True, slots=True)
class LossSurface:
    """The loss around trained parameters θ, in a plane through them (Li et al. 2018, section 4).

    Attributes:
        network: the preset's name.
        images: how many images the loss is the mean of.
        kind: which: "training" or "held-out" images.
        seed: of the two directions.
        steps: how far is gone along each direction, in lengths of the filters, from −reach to reach.
        losses: mean cross-entropies in nats at θ + a · δ + b · η: a row for each b, a column for each a.
    """

    network: str
    images: int
    kind: str
    seed: int
    steps: tuple[float, ...]
    losses: tuple[tuple[float, ...], ...]

    @property
    def centre(self) -> float:
        """The loss of the network itself."""
        middle = len(self.steps) // 2
        return self.losses[middle][middle]


def read_surface(name: str, folder: Path = FOLDER) -> LossSurface | None:
    """Read the stored slice of a network; `None` where none was made."""
    file = folder / f"{name}{SUFFIX}"
    if not file.is_file():
        return None
    record: dict[str, Any] = json.loads(file.read_text("utf-8"))
    losses = tuple(tuple(row) for row in record.pop("losses"))
    return LossSurface(steps=tuple(record.pop("steps")), losses=losses, **record)


def as_json(surface: LossSurface) -> str:
    """The slice as `read_surface` reads it, a line for each row."""
    record = asdict(surface)
    rows = ",\n  ".join(json.dumps(row) for row in record.pop("losses"))
    return json.dumps(record)[:-1] + f', "losses": [\n  {rows}\n ]}}\n'
