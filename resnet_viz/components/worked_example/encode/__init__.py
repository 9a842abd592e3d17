"""The working of one cell written out: words for each kind of layer, and the maps that go with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from resnet_viz.analysis.worked_example import (
    WorkedConvolution,
    WorkedCopy,
    WorkedExample,
    WorkedMaxPool,
    WorkedMean,
    WorkedNorm,
    WorkedReLU,
    WorkedScore,
    WorkedSum,
)
from resnet_viz.components.worked_example.encode import whole, windowed
from resnet_viz.components.worked_example.encode.records import Names, Step, WrittenExample

__all__ = ["Names", "Step", "WrittenExample", "write_out"]


def write_out(worked: WorkedExample, names: Names) -> WrittenExample:
    """Write out the arithmetic of a cell and of those around it."""
    return _WRITTEN[type(worked)](worked, names)


_WRITTEN: Final[Mapping[type[WorkedExample], Callable[[Any, Names], WrittenExample]]] = {
    WorkedConvolution: windowed.convolution,
    WorkedNorm: windowed.norm,
    WorkedReLU: windowed.relu,
    WorkedMaxPool: windowed.max_pool,
    WorkedMean: whole.mean,
    WorkedSum: windowed.add,
    WorkedCopy: windowed.copy,
    WorkedScore: whole.score,
}
