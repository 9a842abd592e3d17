"""The places where parameters come from. A new one is a class and an entry here, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

import torch

from resnet_viz.errors import WeightsError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.devices import check_device
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import FELL_BACK, LoadedModel, Weights, at_work
from resnet_viz.weights.random import RandomSource

DEFAULT_WEIGHTS: Final = "random:0"


class Source(Protocol):
    """A place where parameters come from."""

    slug: str  # what stands before the colon in "random:0"
    title: str

    def build(self, config: ResNetConfig, input_size: int, option: str) -> tuple[ResNet, Weights]:
        """The network with its parameters, on the CPU, and where they come from."""
        ...


SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {source.slug: source for source in (RandomSource(),)}
)


def load(config: ResNetConfig, weights: str, input_size: int, device: str = "cpu") -> LoadedModel:
    """Build a network with parameters from `weights`, written `source` or `source:option`.

    Raises:
        WeightsError: there is no such source, or it has nothing for this network.
        DeviceError: the device is not there.
    """
    slug, _, option = weights.partition(":")
    if slug not in SOURCES:
        raise WeightsError(
            f"There are no weights “{slug[:40]}”; choose one of {', '.join(SOURCES)}."
        )
    device = check_device(device)
    network, description = at_work(SOURCES[slug].build, config, input_size, option)
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    try:
        return LoadedModel(config, description, network.to(device), device)
    except torch.OutOfMemoryError:
        return LoadedModel(config, description, network.to("cpu"), "cpu", FELL_BACK)
