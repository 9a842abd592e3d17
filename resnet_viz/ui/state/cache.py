"""Every answer that is kept, one function each, keyed by value and bounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from resnet_viz import images
from resnet_viz.analysis import ablation as ablations
from resnet_viz.analysis import capture as questions
from resnet_viz.analysis import effective_field as fields
from resnet_viz.analysis import filters
from resnet_viz.analysis import residual as decomposition
from resnet_viz.analysis import worked_example as cells
from resnet_viz.analysis.ablation import Ablation
from resnet_viz.analysis.effective_field import EffectiveField
from resnet_viz.analysis.filters import Histogram, WeightStatistics
from resnet_viz.analysis.records import Capture, Outputs
from resnet_viz.analysis.residual_records import BlockRatio, BlockView
from resnet_viz.analysis.trace import trace
from resnet_viz.analysis.worked_example import Contributions, WorkedExample
from resnet_viz.images import ImageInput
from resnet_viz.model.config import ResNetConfig
from resnet_viz.weights import sources
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.training_range import TrainingRange


@dataclass(frozen=True, slots=True)
class ModelKey:
    """Which network answers, and where: what every answer is kept by."""

    config: ResNetConfig
    weights: str  # as `load` wants them
    input_size: int  # pixels
    device: str


_BY_VALUE: Final[dict[str | type[Any], Callable[[Any], Any]]] = {
    ImageInput: lambda image: image.sha256
}


@st.cache_resource(max_entries=4, show_spinner="Building the network …")
def model(network: ModelKey) -> LoadedModel:
    """The network with its parameters; shared by everybody, never changed."""
    questions.check_runnable(trace(network.config, network.input_size))
    return sources.load(network.config, network.weights, network.input_size, network.device)


@st.cache_data(max_entries=200, show_spinner=False)
def is_sound(network: ModelKey) -> bool:
    """That a file could be read once; raises what `model` raises. Outlives the network itself."""
    model(network)
    return True


def training_range(network: ModelKey) -> TrainingRange | None:
    """The network's answers on its training images; the source keeps them."""
    return sources.training_range(network.config, network.weights, network.input_size)


@st.cache_data(max_size="400MB", show_spinner="Running the forward pass …", hash_funcs=_BY_VALUE)
def capture(network: ModelKey, image: ImageInput, paths: tuple[str, ...]) -> Capture:
    """One picture through the network, with the outputs of the layers at `paths`."""
    return questions.capture(model(network), image, paths)


@st.cache_data(max_size="100MB", show_spinner="Running the forward pass …", hash_funcs=_BY_VALUE)
def block_view(network: ModelKey, image: ImageInput, path: str) -> BlockView:
    """One block's input, branch, shortcut, sum and output."""
    return decomposition.block_view(model(network), image, path)


@st.cache_data(max_entries=256, show_spinner="Running the forward pass …", hash_funcs=_BY_VALUE)
def residual_ratios(network: ModelKey, image: ImageInput) -> tuple[BlockRatio, ...]:
    """What every block adds to its shortcut, in norms and angles."""
    return decomposition.residual_ratios(model(network), image)


@st.cache_data(max_size="100MB", show_spinner="Running the forward pass …", hash_funcs=_BY_VALUE)
def capture_ablated(
    network: ModelKey, image: ImageInput, ablation: Ablation, paths: tuple[str, ...]
) -> Capture:
    """One picture through the network after an ablation; the shared network stays as it is."""
    return ablations.capture_ablated(model(network), image, ablation, paths)


@st.cache_data(max_size="50MB", show_spinner="Running the forward pass …", hash_funcs=_BY_VALUE)
def effective_field(
    network: ModelKey, image: ImageInput, path: str, cell: tuple[int, int, int]
) -> EffectiveField:
    """How much each pixel moves one cell: its channel, row and column."""
    return fields.effective_field(model(network), image, path, *cell)


@st.cache_data(max_size="400MB", show_spinner="Running the forward pass …", hash_funcs=_BY_VALUE)
def example_outputs(network: ModelKey, image: ImageInput, path: str) -> Outputs:
    """What a layer puts out, and all that it takes to work out any of its cells by hand."""
    paths = cells.example_paths(trace(network.config, network.input_size), path)
    return questions.outputs(model(network), image, (path, *paths))


@st.cache_data(max_entries=512, show_spinner=False, hash_funcs=_BY_VALUE)
def worked_example(
    network: ModelKey, image: ImageInput, path: str, cell: tuple[int, int, int], strongest: int
) -> WorkedExample:
    """How one cell comes about: its channel, row and column."""
    seen = example_outputs(network, image, path)
    return cells.worked_example(model(network), seen, path, *cell, strongest=strongest)


@st.cache_data(max_entries=512, show_spinner=False, hash_funcs=_BY_VALUE)
def contributions(
    network: ModelKey, image: ImageInput, path: str, cell: tuple[int, int, int]
) -> Contributions:
    """What every input channel adds to one cell: its channel, row and column."""
    seen = example_outputs(network, image, path)
    return cells.contributions(model(network), seen, path, *cell)


@st.cache_data(max_entries=16, show_spinner="Reading the weights …")
def weight_statistics(network: ModelKey) -> tuple[WeightStatistics, ...]:
    """The numbers of every layer's weights."""
    return filters.weight_statistics(model(network))


@st.cache_data(max_entries=512, show_spinner="Reading the weights …")
def weight_histogram(network: ModelKey, path: str) -> Histogram:
    """How one layer's weights are spread."""
    return filters.weight_histogram(model(network), path)


@st.cache_resource(max_entries=32, show_spinner=False)
def sample(slug: str) -> ImageInput:
    """A sample picture, decoded."""
    return images.read_sample(slug)
