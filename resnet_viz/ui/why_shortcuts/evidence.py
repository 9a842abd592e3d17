"""The bundled networks that the argument rests on, and what was measured on them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.bundled import cards
from resnet_viz.weights.curves import TrainingCurves, read_curves
from resnet_viz.weights.lesion_table import LesionTable, read_lesions
from resnet_viz.weights.loss_surface import LossSurface, read_surface

SHALLOW: Final = ("plain20", "resnet20")
DEEP: Final = ("plain56", "resnet56")
NETWORKS: Final = (*SHALLOW, *DEEP)


def name(network: str) -> str:
    """`plain56` as the paper writes it: plain-56; `resnet56`: ResNet-56."""
    depth = PRESETS[network].depth
    return f"{'ResNet' if is_residual(network) else 'plain'}-{depth}"


def is_residual(network: str) -> bool:
    """Whether it has shortcuts."""
    return PRESETS[network].shortcut != "none"


def card(network: str) -> Mapping[str, Any]:
    """Its model card."""
    return cards()[network]


@cache
def curves(network: str) -> TrainingCurves:
    """Its training, epoch by epoch."""
    return read_curves(network)


@cache
def lesions(network: str) -> LesionTable:
    """Its error without each of its blocks."""
    table = read_lesions(network)
    assert table
    return table


@cache
def surface(network: str) -> LossSurface:
    """The slice through its loss surface."""
    found = read_surface(network)
    assert found
    return found
