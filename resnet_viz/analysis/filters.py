"""What was learned, without an image: kernels, the statistics of weights, and BatchNorm's numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.analysis.forward import as_array, finite, traced
from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.analysis.sums import deviation, norm, pieces
from resnet_viz.errors import PathError
from resnet_viz.weights.loaded import LoadedModel

NEAR_ZERO: Final = 0.01  # of the layer's own largest weight


@dataclass(frozen=True, slots=True)
class WeightStatistics:
    """The numbers of one layer's weight tensor: filters, the classifier's matrix, or BatchNorm's γ."""

    path: str
    kind: str  # "Conv2d", "BatchNorm2d" or "Linear"
    shape: tuple[int, ...]
    mean: float
    std: float  # of the weights themselves, divided by n
    min: float
    max: float
    near_zero: float  # share of weights whose size is at most NEAR_ZERO of the largest
    norm: float  # L2: √Σw²

    @property
    def count(self) -> int:
        """How many weights there are."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How often weights fall between two edges; the last bin holds its upper edge too."""

    edges: np.ndarray = field(repr=False)  # (bins + 1,) float64
    counts: np.ndarray = field(repr=False)  # (bins,) int64


@dataclass(frozen=True, slots=True, eq=False)
class NormParameters:
    """One BatchNorm layer's four numbers for each channel, Ioffe and Szegedy 2015; (C,) float32 each."""

    weight: np.ndarray = field(repr=False)  # γ
    bias: np.ndarray = field(repr=False)  # β
    mean: np.ndarray = field(repr=False)  # running mean
    variance: np.ndarray = field(repr=False)  # running variance
    eps: float

    @property
    def dead(self) -> tuple[int, ...]:
        """Channels whose |γ| is at most NEAR_ZERO of the layer's largest: hardly more than β is left."""
        size = np.abs(self.weight)
        return tuple(int(channel) for channel in np.flatnonzero(size <= NEAR_ZERO * size.max()))


def stem_kernels(loaded: LoadedModel, *, one_scale: bool = False) -> np.ndarray:
    """The first layer's filters as colours from 0 to 1: (C, 3, k, k) float32, read-only.

    Each filter is 0.5 + w / (2 · max|w|), with the largest |w| of its own three channels: zero is the
    middle grey, and colours within a filter can be compared. On one scale the largest |w| is that of
    all filters, and they can be compared with each other. They act on the normalised image; the
    channels are red, green and blue, in whatever order the network reads them.
    """
    filters = _weight(loaded, first_layer(traced(loaded)), "Conv2d")  # (C, 3, k, k)
    if loaded.weights.preprocessing.order == "bgr":
        filters = filters[:, ::-1]
    axes = (0, 1, 2, 3) if one_scale else (1, 2, 3)
    largest = np.abs(filters).max(axis=axes, keepdims=True)  # (C, 1, 1, 1) or (1, 1, 1, 1)
    colours: np.ndarray = 0.5 + filters / (2 * np.where(largest, largest, 1))
    colours.setflags(write=False)
    return colours


def stem_lengths(loaded: LoadedModel) -> np.ndarray:
    """The L2 norm of each of the first layer's filters, over all its weights: (C,) float64."""
    filters = _weight(loaded, first_layer(traced(loaded)), "Conv2d").astype(np.float64)
    lengths: np.ndarray = np.sqrt((filters**2).sum(axis=(1, 2, 3)))
    return lengths


def first_layer(trace: Trace) -> str:
    """The layer that reads the image: the stem's convolution."""
    return trace.stem[0].path


def kernels(loaded: LoadedModel, path: str, out_channel: int) -> np.ndarray:
    """One filter of a convolution, a kernel for each input channel of its group, read-only.

    Returns:
        (C_in / groups, kh, kw) float32.

    Raises:
        PathError: the layer is no convolution, or has no such filter.
    """
    layer = _layer(loaded, path, "Conv2d")
    if not 0 <= out_channel < layer.output_shape[0]:
        raise PathError(f"{path} has filters 0 to {layer.output_shape[0] - 1}, not {out_channel}.")
    return loaded.run(lambda network: as_array(_parameter(network, layer)[out_channel]))


def class_weights(loaded: LoadedModel, index: int) -> np.ndarray:
    """What each channel counts for one class: (C,) float32, read-only; `PathError` for no class."""
    layer = _layer(loaded, traced(loaded).classifier.path, "Linear")
    classes = layer.output_shape[0]
    if not 0 <= index < classes:
        raise PathError(f"This network has classes 0 to {classes - 1}, not {index}.")
    return loaded.run(lambda network: as_array(_parameter(network, layer)[index]))


def weight_statistics(loaded: LoadedModel) -> tuple[WeightStatistics, ...]:
    """One row for each layer that has weights, in the order of execution."""
    layers = [layer for layer in traced(loaded).leaves() if layer.weights]

    def read(network: nn.Module) -> Iterator[WeightStatistics]:
        for layer in layers:
            yield _statistics(layer, _parameter(network, layer))

    return loaded.run(lambda network: tuple(read(network)))


def weight_histogram(loaded: LoadedModel, path: str, bins: int = 61) -> Histogram:
    """How a layer's weights are spread over `bins` equal bins; raises `PathError` when it has none."""
    layer = _layer(loaded, path)

    def count(network: nn.Module) -> Histogram:
        weight = _parameter(network, layer)
        ends = _ends(weight)
        counts = np.zeros(bins, np.int64)
        for values in pieces(weight):
            counts += np.histogram(values, bins, ends)[0]
        edges = np.histogram_bin_edges([], bins, ends)
        for array in (counts, edges):
            array.setflags(write=False)
        return Histogram(edges, counts)

    return loaded.run(count)


def norm_parameters(loaded: LoadedModel, path: str) -> NormParameters:
    """A BatchNorm layer's parameters and running statistics; raises `PathError` for another layer."""
    _layer(loaded, path, "BatchNorm2d")

    def forward(network: nn.Module) -> NormParameters:
        layer = network.get_submodule(path)
        assert isinstance(layer, nn.BatchNorm2d)
        assert layer.running_mean is not None
        assert layer.running_var is not None
        return NormParameters(
            weight=as_array(layer.weight),
            bias=as_array(layer.bias),
            mean=as_array(layer.running_mean),
            variance=as_array(layer.running_var),
            eps=layer.eps,
        )

    return loaded.run(forward)


def _layer(loaded: LoadedModel, path: str, kind: str = "") -> LayerRecord:
    layer = traced(loaded)[path]
    if not layer.weights or kind not in ("", layer.kind):
        raise PathError(f"{path} is a {layer.kind} and no {kind or 'layer with weights'}.")
    return layer


def _weight(loaded: LoadedModel, path: str, kind: str = "") -> np.ndarray:
    layer = _layer(loaded, path, kind)
    return loaded.run(lambda network: as_array(_parameter(network, layer)))


def _parameter(network: nn.Module, layer: LayerRecord) -> Tensor:
    """A layer's first parameter, which most kinds call its weight."""
    name, _ = layer.weights[0]
    return network.get_parameter(f"{layer.path}.{name}").detach()


def _statistics(layer: LayerRecord, weight: Tensor) -> WeightStatistics:
    low, high = _ends(weight)
    count, small = weight.numel(), NEAR_ZERO * max(-low, high)
    mean = math.fsum(float(values.sum()) for values in pieces(weight)) / count
    near = sum(np.count_nonzero(np.abs(values) <= small) for values in pieces(weight))
    return WeightStatistics(
        layer.path,
        layer.kind,
        tuple(weight.shape),
        mean=mean,
        std=deviation(weight),
        min=low,
        max=high,
        near_zero=near / count,
        norm=norm(weight),
    )


def _ends(weight: Tensor) -> tuple[float, float]:
    """The smallest and the largest weight; raises `WeightsError` as `finite` does."""
    low, high = finite(torch.stack(weight.aminmax()).cpu().numpy()).astype(np.float64)
    return float(low), float(high)
