"""The working of one cell written out: words for each kind of layer, and the maps that go with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from resnet_viz.analysis.by_hand import (
    Worked,
    WorkedConvolution,
    WorkedCopy,
    WorkedMaxPool,
    WorkedMean,
    WorkedNorm,
    WorkedReLU,
    WorkedScore,
    WorkedSum,
)
from resnet_viz.figures.working import whole, windowed
from resnet_viz.figures.working.records import Names, Step, Working

__all__ = ["Names", "Step", "Working", "working"]


def working(worked: Worked, names: Names) -> Working:
    """Write out the arithmetic of a cell and of those around it."""
    return _WRITTEN[type(worked)](worked, names)


_WRITTEN: Final[Mapping[type[Worked], Callable[[Any, Names], Working]]] = {
    WorkedConvolution: windowed.convolution,
    WorkedNorm: windowed.norm,
    WorkedReLU: windowed.relu,
    WorkedMaxPool: windowed.max_pool,
    WorkedMean: whole.mean,
    WorkedSum: windowed.add,
    WorkedCopy: windowed.copy,
    WorkedScore: whole.score,
}
