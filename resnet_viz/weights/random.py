"""Untrained parameters, drawn from a seed: they show wiring, not knowledge.

A freshly drawn network in evaluation mode would not normalise at all (BatchNorm starts with mean 0 and
variance 1), and fifty blocks would blow its values up. So BatchNorm's statistics are measured once on
the sample photographs, which is what the first step of a training would see.
"""

from __future__ import annotations

import torch
from torch import nn

from resnet_viz.errors import WeightsError
from resnet_viz.images import PHOTOGRAPHS, Preprocessing, read_sample, to_tensor
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import ResNet, build_random
from resnet_viz.model.stems import STEMS
from resnet_viz.one_line import quoted
from resnet_viz.weights.loaded import Weights, stopping

MAX_SEED = 2**31 - 1
_LARGE = 100_000_000  # parameters; a network of more is measured on one photograph, not on all


class RandomSource:
    """Parameters from He's initialisation; the option is the seed."""

    slug = "random"
    title = "Untrained (random)"

    def options(self, config: ResNetConfig) -> tuple[str, ...]:
        """Any network can be drawn; the seed is asked for separately."""
        return ("",)

    def is_available(self, config: ResNetConfig, option: str) -> bool:
        """Nothing needs to be fetched."""
        return True

    def describe(self, config: ResNetConfig, input_size: int, option: str) -> Weights:
        """What the sidebar says; raises `WeightsError` for a bad seed."""
        seed = _parse_seed(option)
        return Weights(
            source=f"{self.slug}:{seed}",
            label=f"{self.title}, seed {seed}",
            trained=False,
            note="Untrained: shows wiring, not knowledge.",
            preprocessing=preprocessing(config, input_size),
            samples=PHOTOGRAPHS,
        )

    def build(self, config: ResNetConfig, option: str) -> ResNet:
        """The network on the CPU; raises `WeightsError` for a bad seed."""
        network = build_random(config, _parse_seed(option))
        _measure_batch_norm(network)
        return network


def preprocessing(config: ResNetConfig, input_size: int) -> Preprocessing:
    """As in training for the network's family: ImageNet's resize and crop, or the whole image."""
    if STEMS[config.stem].family == "ImageNet":
        return Preprocessing.imagenet(input_size)
    return Preprocessing.whole(input_size)


def _parse_seed(option: str) -> int:
    text = option or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_SEED):
        raise WeightsError(
            f"Seed {quoted(text, 20)} is not accepted; choose a whole number from 0 to {MAX_SEED:,}."
        )
    return int(text)


def _measure_batch_norm(network: ResNet) -> None:
    """Set every BatchNorm's mean and variance to those of the sample photographs."""
    preparation = Preprocessing.imagenet(STEMS[network.config.stem].measured_at)
    large = sum(parameter.numel() for parameter in network.parameters()) > _LARGE
    slugs = PHOTOGRAPHS[:1] if large else PHOTOGRAPHS
    images = torch.cat([to_tensor(read_sample(slug), preparation) for slug in slugs])
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0  # take this batch's statistics as they are
        norm.train()
    with torch.no_grad(), stopping(network):
        network(images)  # (N, 3, H, W)
    for norm in norms:
        norm.momentum = 0.1
        norm.eval()
