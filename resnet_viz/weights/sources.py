"""The places where parameters come from. A new one is a class and an entry here, nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol, runtime_checkable
from urllib.parse import parse_qsl, urlencode

import torch

from resnet_viz.errors import WeightsError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.devices import check_device
from resnet_viz.model.resnet import ResNet
from resnet_viz.one_line import quoted
from resnet_viz.weights.bundled import BundledSource
from resnet_viz.weights.folder import FolderSource
from resnet_viz.weights.imagenet import Checkpoint, ImageNetSource
from resnet_viz.weights.loaded import FELL_BACK, LoadedModel, Weights, at_work
from resnet_viz.weights.own import prepared
from resnet_viz.weights.preparation import NAMES, Preparation, prepared_as
from resnet_viz.weights.random import RandomSource
from resnet_viz.weights.shared import shared
from resnet_viz.weights.training_range import TrainingRange
from resnet_viz.weights.uploads import UploadSource


class Source(Protocol):
    """A place where parameters come from."""

    slug: str  # what stands before the colon in "random:0"
    title: str

    def options(self, config: ResNetConfig) -> tuple[str, ...]:
        """What it has for this network; `("",)` for one thing without a name, `()` for nothing."""
        ...

    def is_available(self, config: ResNetConfig, option: str) -> bool:
        """Whether it can be built at once, without a download."""
        ...

    def describe(self, config: ResNetConfig, input_size: int, option: str) -> Weights:
        """What there is to say before anything is read; raises `WeightsError`."""
        ...

    def build(self, config: ResNetConfig, option: str) -> ResNet:
        """The network with its parameters, on the CPU; raises `WeightsError`."""
        ...


@runtime_checkable
class Downloadable(Protocol):
    """A source whose files have to be fetched first."""

    def checkpoint(self, config: ResNetConfig, option: str) -> Checkpoint:
        """The file for a network; raises `WeightsError`."""
        ...


@runtime_checkable
class Ranged(Protocol):
    """A source that knows the range of its networks' answers on their training images."""

    def training_range(self, config: ResNetConfig, input_size: int) -> TrainingRange | None:
        """The range; `None` for an input size that it was not measured at."""
        ...


_HASH: Final = re.compile(r"#[0-9a-f]{8,16}$")  # as `Weights.key` adds it
_PREPARED: Final = re.compile(
    rf"\?((?:{'|'.join(NAMES)})=[^?#]*)$"
)  # as `with_preparation` adds it
# What suits a network best comes first: the first that is at hand is what a newcomer sees.
_ALL: Final[tuple[Source, ...]] = (
    BundledSource(),
    ImageNetSource(),
    UploadSource(),
    FolderSource(),
    RandomSource(),
)
SOURCES: Final[Mapping[str, Source]] = MappingProxyType({s.slug: s for s in _ALL})


def choices(config: ResNetConfig) -> tuple[str, ...]:
    """All that there is for a network, written as `load` wants it; what suits best first."""
    return tuple(
        f"{source.slug}:{option}" if option else source.slug
        for source in SOURCES.values()
        for option in source.options(config)
    )


def default_weights(config: ResNetConfig, without: Collection[str] = ()) -> str:
    """The first choice that needs no download, but none of those that turned out to be unusable."""
    for weights in choices(config):
        if weights not in without and is_available(config, weights):
            return weights
    return RandomSource.slug


def describe(config: ResNetConfig, weights: str, input_size: int) -> Weights:
    """What there is to say about weights, without reading them; raises `WeightsError`.

    Behind a `?` may stand how images are to be prepared for a file of one's own, as in a link.
    """
    source, option = _source(weights)
    found = source.describe(config, input_size, option)
    texts = _prepared(weights)
    if not texts:
        return found
    if found.file is None:
        raise WeightsError(
            "Preprocessing can be chosen for a file of your own; others have theirs."
        )
    chosen = prepared_as(dict(parse_qsl(texts)))
    return replace(
        prepared(found, config, input_size, chosen), source=with_preparation(found.source, chosen)
    )


def with_preparation(weights: str, chosen: Preparation) -> str:
    """Weights of one's own, as `load` wants them, with how images are to be prepared."""
    return f"{weights}?{urlencode(chosen.as_texts())}" if chosen.stated else weights


def is_available(config: ResNetConfig, weights: str) -> bool:
    """Whether `load` can begin at once, without a download."""
    source, option = _source(weights)
    return source.is_available(config, option)


def checkpoint(config: ResNetConfig, weights: str) -> Checkpoint | None:
    """The file behind weights that can be downloaded; `None` for all others."""
    source, option = _source(weights)
    return source.checkpoint(config, option) if isinstance(source, Downloadable) else None


def training_range(config: ResNetConfig, weights: str, input_size: int) -> TrainingRange | None:
    """The answers of a network on its training images; `None` where nobody measured them."""
    source, _ = _source(weights)
    return source.training_range(config, input_size) if isinstance(source, Ranged) else None


def load(config: ResNetConfig, weights: str, input_size: int, device: str = "cpu") -> LoadedModel:
    """Build a network with parameters from `weights`, written `source` or `source:option`.

    Raises:
        WeightsError: there is no such source, or it has nothing for this network.
        DeviceError: the device is not there.
    """
    source, option = _source(weights)
    device = check_device(device)
    description = describe(config, weights, input_size)
    origin = f"{_PREPARED.sub('', description.source)}#{description.sha256}"
    build = partial(at_work, source.build, config, option)
    # An upload is known to one process, and nothing of it is to be left when its visit ends.
    is_own = source.slug == UploadSource.slug
    network = build() if is_own else shared(config, origin, build)
    return ready(config, description, network, device)


def ready(
    config: ResNetConfig, description: Weights, network: ResNet, device: str = "cpu"
) -> LoadedModel:
    """A network with its parameters moved to a device of this machine; to the CPU if that is full."""
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    try:
        return LoadedModel(config, description, network.to(device), device)
    except torch.OutOfMemoryError:
        return LoadedModel(config, description, network.to("cpu"), "cpu", FELL_BACK)


def _prepared(weights: str) -> str:
    """What stands behind the `?`."""
    found = _PREPARED.search(_HASH.sub("", weights))
    return found[1] if found else ""


def _source(weights: str) -> tuple[Source, str]:
    slug, _, option = _PREPARED.sub("", _HASH.sub("", weights)).partition(":")
    if slug not in SOURCES:
        raise WeightsError(
            f"There are no weights {quoted(slug, 40)}; choose one of {', '.join(SOURCES)}."
        )
    return SOURCES[slug], option
