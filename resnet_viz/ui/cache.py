"""Every answer that is kept, one function each, keyed by value and bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from resnet_viz import images
from resnet_viz.analysis import capture as questions
from resnet_viz.analysis.records import Capture
from resnet_viz.analysis.trace import trace
from resnet_viz.images import ImageInput
from resnet_viz.model.config import ResNetConfig
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load

_BY_VALUE: Final[dict[str | type[Any], Callable[[Any], Any]]] = {
    ImageInput: lambda image: image.sha256
}


@st.cache_resource(max_entries=4, show_spinner="Building the network …")
def model(config: ResNetConfig, weights: str, input_size: int, device: str) -> LoadedModel:
    """The network with its parameters; shared by everybody, never changed."""
    questions.check_runnable(trace(config, input_size))
    return load(config, weights, input_size, device)


@st.cache_data(max_size="400MB", show_spinner="Asking the network …", hash_funcs=_BY_VALUE)
def capture(
    config: ResNetConfig,
    weights: str,
    input_size: int,
    device: str,
    image: ImageInput,
    paths: tuple[str, ...],
) -> Capture:
    """One picture through the network, with the outputs of the layers at `paths`."""
    return questions.capture(model(config, weights, input_size, device), image, paths)


@st.cache_resource(max_entries=32, show_spinner=False)
def sample(slug: str) -> ImageInput:
    """A sample picture, decoded."""
    return images.read_sample(slug)
