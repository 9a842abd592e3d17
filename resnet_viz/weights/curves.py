"""The training curves of the bundled networks: loss, accuracy and gradients for every epoch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from resnet_viz.errors import WeightsError
from resnet_viz.one_line import quoted

FOLDER: Final = Path(__file__).with_name("bundled")
SUFFIX: Final = ".curves.json"


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One epoch; losses are mean cross-entropies in nats, gradients L2 norms, block by block.

    Training figures are means over the epoch, on augmented images, while the network learns from
    them. Gradients are measured after the epoch, on the same unchanged training images every time.
    """

    epoch: int  # from 1
    train_loss: float
    train_accuracy: float
    held_out_loss: float
    held_out_accuracy: float
    output_gradients: tuple[float, ...]  # with respect to each block's output
    weight_gradients: tuple[float, ...]  # with respect to each block's parameters


@dataclass(frozen=True, slots=True)
class TrainingCurves:
    """A training from its first epoch to its last.

    Attributes:
        network: the preset's name.
        held_out_kind: on which images the held-out figures were measured: "test" or "validation".
        held_out_images: how many of them.
        blocks: paths of the blocks that the gradients belong to; empty where none were measured.
        initial_output_gradients: as in `CurvePoint`, before the first step.
        initial_weight_gradients: likewise.
        points: one for each epoch, in order.
    """

    network: str
    held_out_kind: str
    held_out_images: int
    blocks: tuple[str, ...]
    initial_output_gradients: tuple[float, ...]
    initial_weight_gradients: tuple[float, ...]
    points: tuple[CurvePoint, ...]


def curve_names(folder: Path = FOLDER) -> tuple[str, ...]:
    """The networks that have training curves."""
    return tuple(sorted(file.name.removesuffix(SUFFIX) for file in folder.glob(f"*{SUFFIX}")))


def read_curves(name: str, folder: Path = FOLDER) -> TrainingCurves:
    """Read the curves of a network; raises `WeightsError` naming those that have some."""
    if name not in curve_names(folder):
        raise WeightsError(
            f"There are no training curves of {quoted(name)}; "
            f"there are some of {', '.join(curve_names(folder))}."
        )
    record: dict[str, Any] = json.loads((folder / f"{name}{SUFFIX}").read_text("utf-8"))
    return TrainingCurves(
        network=record["network"],
        held_out_kind=record["held_out"]["kind"],
        held_out_images=record["held_out"]["images"],
        blocks=tuple(record["blocks"]),
        initial_output_gradients=tuple(record["initial_output_gradients"]),
        initial_weight_gradients=tuple(record["initial_weight_gradients"]),
        points=tuple(_point(epoch) for epoch in record["epochs"]),
    )


def _point(record: dict[str, Any]) -> CurvePoint:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in record.items()}
    return CurvePoint(**values)
