"""Which weights can be shown: the chosen ones when they can be read, else what suits best."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from resnet_viz.errors import ConfigError, WeightsError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.ui.state import cache
from resnet_viz.ui.state.cache import ModelKey
from resnet_viz.weights import sources
from resnet_viz.weights.bundled import BundledSource
from resnet_viz.weights.loaded import Weights
from resnet_viz.weights.random import RandomSource

_ALWAYS_SOUND = (RandomSource.slug, BundledSource.slug)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Weights that cannot be read, and why."""

    weights: str
    reason: str


@dataclass(frozen=True, slots=True)
class Usable:
    """The weights to show, and those that had to be passed over before."""

    shown: Weights
    choice: str  # as `load` wants it
    refused: tuple[Refusal, ...]


def usable_weights(config: ResNetConfig, wanted: str, input_size: int, device: str) -> Usable:
    """The wanted weights if they can be read, else the first that can; random ones always can."""
    refused: tuple[Refusal, ...] = ()
    choice = wanted or sources.default_weights(config)
    while True:
        try:
            return Usable(_checked(config, choice, input_size, device), choice, refused)
        except WeightsError as error:
            refused = (*refused, Refusal(choice, str(error)))
        choice = sources.default_weights(config, [refusal.weights for refusal in refused])


def _checked(config: ResNetConfig, choice: str, input_size: int, device: str) -> Weights:
    """What there is to say of weights, whose file has been read once.

    Raises:
        WeightsError: the file cannot be read or does not fit.
    """
    described = sources.describe(config, choice, input_size)
    if choice.partition(":")[0] not in _ALWAYS_SOUND:
        with suppress(ConfigError):  # too large to run: the pages say so, all else can be looked at
            cache.is_sound(ModelKey(config, described.key, input_size, device))
    return described
