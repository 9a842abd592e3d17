"""One cell of one layer, worked out: from the numbers that go in to the number in the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from resnet_viz.analysis.by_hand.cell import Cell
from resnet_viz.analysis.by_hand.layers import WORKED, batch_norm, relu
from resnet_viz.analysis.by_hand.records import (
    ChannelSum,
    Followed,
    Term,
    Worked,
    WorkedConvolution,
    WorkedCopy,
    WorkedMaxPool,
    WorkedMean,
    WorkedNorm,
    WorkedReLU,
    WorkedScore,
    WorkedSum,
    WorkedWindow,
)
from resnet_viz.analysis.question import ask, check_cell, run_to, traced, watching
from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.images import ImageInput
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel

__all__ = [
    "ChannelSum",
    "Followed",
    "Term",
    "Worked",
    "WorkedConvolution",
    "WorkedCopy",
    "WorkedMaxPool",
    "WorkedMean",
    "WorkedNorm",
    "WorkedReLU",
    "WorkedScore",
    "WorkedSum",
    "WorkedWindow",
    "by_hand",
]

# What may follow a convolution or a sum place by place, so that its story is told to the end.
_AFTER: Final[Mapping[str, Callable[[Cell], WorkedNorm | WorkedReLU]]] = {
    "BatchNorm2d": batch_norm,
    "ReLU": relu,
}
_FOLLOWED: Final = ("Conv2d", "Add")


def by_hand(
    loaded: LoadedModel,
    image: ImageInput,
    path: str,
    channel: int,
    row: int = 0,
    column: int = 0,
    strongest: int = 6,
) -> Worked:
    """Work out one cell of a layer's output; of a stage or block, of its last sum or layer.

    What follows a convolution or a sum place by place is worked out with it, in `after`.
    `strongest` is how many input channels of a convolution (or of the classifier, on each side) are
    shown one by one; the others become one number. The network runs once, up to that layer.
    Raises `PathError` for a layer or a cell that the network does not have.
    """
    trace = traced(loaded)
    layer = _worked_out(trace, path)
    check_cell(layer, channel, row, column)
    after = _after(trace, layer.path) if layer.kind in _FOLLOWED else ()
    at, paths = (channel, row, column), (layer.path, *after)

    def question(network: ResNet, picture: Tensor) -> Worked:
        with torch.inference_mode(), watching(network, paths) as seen:
            run_to(network, picture, paths[-1])

            def cell(path: str) -> Cell:
                module, sources = network.get_submodule(path), trace.sources(path)
                return Cell(trace[path], module, seen[path], at, strongest, sources)

            worked = WORKED[layer.kind](cell(layer.path))
            if isinstance(worked, Followed):
                told = tuple(_AFTER[trace[path].kind](cell(path)) for path in after)
                return replace(worked, after=told)
            return worked

    return ask(loaded, image, question)


def _worked_out(trace: Trace, path: str) -> LayerRecord:
    """The layer that a path stands for: for a block or stage the sum before its last ReLU."""
    last = trace[trace.producer(path)]
    if last.path != path and last.kind == "ReLU":
        (source,) = trace.sources(last.path)
        return trace[source] if trace[source].kind == "Add" else last
    return last


def _after(trace: Trace, path: str) -> tuple[str, ...]:
    """The norm and the ReLU that a layer's output goes through before anything else."""
    readers = [target for source, target in trace.edges if source == path]
    if len(readers) != 1 or trace[readers[0]].kind not in _AFTER:
        return ()
    return (readers[0], *_after(trace, readers[0]))
