"""One unit of one layer, worked out: from the numbers that go in to the number in the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from resnet_viz.analysis.forward import check_unit, traced
from resnet_viz.analysis.records import LayerRecord, Outputs, Trace
from resnet_viz.analysis.worked_example.contributions import Contributions
from resnet_viz.analysis.worked_example.layers import CONTRIBUTIONS, WORKED, batch_norm, relu
from resnet_viz.analysis.worked_example.records import WorkedExample, WorkedWindow
from resnet_viz.analysis.worked_example.unit import Unit
from resnet_viz.analysis.worked_example.whole import Term, WorkedMean, WorkedScore
from resnet_viz.analysis.worked_example.windowed import (
    ChannelSum,
    Followed,
    WorkedConvolution,
    WorkedCopy,
    WorkedMaxPool,
    WorkedNorm,
    WorkedReLU,
    WorkedSum,
)
from resnet_viz.errors import PathError
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel

__all__ = [
    "ChannelSum",
    "Contributions",
    "Followed",
    "Term",
    "WorkedConvolution",
    "WorkedCopy",
    "WorkedExample",
    "WorkedMaxPool",
    "WorkedMean",
    "WorkedNorm",
    "WorkedReLU",
    "WorkedScore",
    "WorkedSum",
    "WorkedWindow",
    "contributions",
    "example_paths",
    "worked_example",
]

# What may follow a convolution or a sum place by place, so that it is worked out to the end.
_AFTER: Final[Mapping[str, Callable[[Unit], WorkedNorm | WorkedReLU]]] = {
    "BatchNorm2d": batch_norm,
    "ReLU": relu,
}
_FOLLOWED: Final = ("Conv2d", "Add")


def example_paths(trace: Trace, path: str) -> tuple[str, ...]:
    """The paths whose outputs `worked_example` has to see: the layer, what it reads, what follows it.

    Raises `PathError` for a path that the network does not have.
    """
    layer = _worked_out(trace, path)
    return (*trace.sources(layer.path), layer.path, *_after(trace, layer))


def worked_example(
    loaded: LoadedModel,
    seen: Outputs,
    path: str,
    channel: int,
    row: int = 0,
    column: int = 0,
    strongest: int = 6,
) -> WorkedExample:
    """Work out one unit of a layer's output; of a stage or block, of its last sum or layer.

    `seen` holds what the layers of its `example_paths` put out. What follows a convolution or a sum place by
    place is worked out with it, in `after`. `strongest` is how many input channels of a convolution
    (or of the classifier, on each side) are shown one by one; the others become one number.
    Raises `PathError` for a layer or a unit that the network does not have.
    """
    trace = traced(loaded)
    layer = _worked_out(trace, path)
    at = (channel, row, column)
    check_unit(layer, *at)
    if layer.kind not in WORKED:
        raise PathError(f"{layer.path} is a {layer.kind}; its values are not worked out here yet.")

    def forward(network: ResNet) -> WorkedExample:
        worked = WORKED[layer.kind](_unit(network, trace, seen, layer.path, at, strongest))
        if isinstance(worked, Followed):
            after = _after(trace, layer)
            told = (
                _AFTER[trace[path].kind](_unit(network, trace, seen, path, at)) for path in after
            )
            return replace(worked, after=tuple(told))
        return worked

    return loaded.run(forward)


def contributions(
    loaded: LoadedModel, seen: Outputs, path: str, channel: int, row: int = 0, column: int = 0
) -> Contributions:
    """What every input channel adds to one unit of a convolution or of the classifier.

    `seen` and errors as in `worked_example`; `PathError` too for a layer that does not sum over channels.
    """
    trace = traced(loaded)
    layer = _worked_out(trace, path)
    at = (channel, row, column)
    check_unit(layer, *at)
    if layer.kind not in CONTRIBUTIONS:
        raise PathError(f"{layer.path} is a {layer.kind} and does not sum over channels.")
    return loaded.run(
        lambda network: CONTRIBUTIONS[layer.kind](_unit(network, trace, seen, layer.path, at))
    )


def _unit(
    network: ResNet,
    trace: Trace,
    seen: Outputs,
    path: str,
    at: tuple[int, int, int],
    strongest: int = 0,
) -> Unit:
    """A unit of the layer at `path` with all that it comes from."""
    module, sources = network.get_submodule(path), trace.sources(path)
    inputs = tuple(seen[source].values for source in sources)
    return Unit(trace[path], module, sources, inputs, seen[path].values, at, strongest)


def _worked_out(trace: Trace, path: str) -> LayerRecord:
    """The layer that a path stands for: for a block or stage the sum before its last ReLU."""
    last = trace[trace.producer(path)]
    if last.path != path and last.kind == "ReLU":
        (source,) = trace.sources(last.path)
        return trace[source] if trace[source].kind == "Add" else last
    return last


def _after(trace: Trace, layer: LayerRecord) -> tuple[str, ...]:
    """The norm and the ReLU that a convolution or a sum goes through before anything else."""
    path, after = layer.path, tuple[str, ...]()
    while layer.kind in _FOLLOWED:
        readers = [target for source, target in trace.edges if source == path]
        if len(readers) != 1 or trace[readers[0]].kind not in _AFTER:
            break
        (path,) = readers
        after = (*after, path)
    return after
