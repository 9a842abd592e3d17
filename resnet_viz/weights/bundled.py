"""Networks that come with the explorer, trained by `resnet_viz.training`: nothing to fetch.

Each has in `bundled/`: `<preset>.safetensors`, its parameters; `<preset>.json`, its card;
`<preset>.curves.json`, its training; `<preset>.range.safetensors`, its answers on training images; and
`<preset>.lesions.json` where a lesion study was made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from resnet_viz.errors import WeightsError
from resnet_viz.images import Preprocessing
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.curves import FOLDER, curve_names
from resnet_viz.weights.loaded import Weights
from resnet_viz.weights.matching import network_from
from resnet_viz.weights.tensor_file import read_tensors
from resnet_viz.weights.training_range import RANGE_SUFFIX, TrainingRange


class BundledSource:
    """The bundled weights, for the presets that have some."""

    slug = "bundled"
    title = "Bundled weights"

    def options(self, config: ResNetConfig) -> tuple[str, ...]:
        """One for a preset with a card, as long as nothing in it is changed."""
        return ("",) if _is_preset(config) and config.name in cards() else ()

    def is_available(self, config: ResNetConfig, option: str) -> bool:
        """Always: it came with the package."""
        return bool(self.options(config))

    def describe(self, config: ResNetConfig, input_size: int, option: str) -> Weights:
        """What its card says; raises `WeightsError` when there is none for this network."""
        card = self._card(config)
        steps = card["preprocessing"]
        size = card["input_size"]
        note = f"{100 * card['accuracy']:.1f} % accuracy on {card['test_images']:,} held-out images"
        return Weights(
            source=self.slug,
            label=f"{self.title}: {_kinds(card)}",
            trained=True,
            note=f"{note} of {size} × {size} pixels." if input_size != size else f"{note}.",
            preprocessing=Preprocessing(
                round(steps["resize"] * input_size / steps["crop"]),
                input_size,
                tuple(steps["mean"]),
                tuple(steps["std"]),
            ),
            labels=tuple(card["classes"]),
            samples=tuple(card["samples"]),
            data=card["data"],
            licence=card["licence"],
            sha256=card["sha256"],
        )

    def build(self, config: ResNetConfig, option: str) -> ResNet:
        """The network on the CPU; raises `WeightsError` when there are none for it."""
        self._card(config)
        return network_from(config, read_tensors(FOLDER / f"{config.name}.safetensors"))

    def training_range(self, config: ResNetConfig, input_size: int) -> TrainingRange | None:
        """The answers on training images; `None` for another input size, where they do not hold."""
        card = self._card(config)
        return _range(config.name) if input_size == card["input_size"] else None

    def _card(self, config: ResNetConfig) -> Mapping[str, Any]:
        if not self.options(config):
            raise WeightsError(
                f"There are no bundled weights for {config.name}; "
                f"there are some for {', '.join(cards())}."
            )
        return cards()[config.name]


@cache
def cards() -> Mapping[str, Mapping[str, Any]]:
    """The model cards of the bundled networks, by preset: recipe, data, accuracy and more."""
    return read_cards(FOLDER)


def read_cards(folder: Path) -> dict[str, Any]:
    """The cards in a folder, by network: the `.json` files that have training curves beside them."""
    return {
        name: json.loads((folder / f"{name}.json").read_text("utf-8"))
        for name in curve_names(folder)
        if (folder / f"{name}.json").is_file()
    }


@cache
def _range(name: str) -> TrainingRange:
    return TrainingRange(**load_file(FOLDER / f"{name}{RANGE_SUFFIX}"))


def _is_preset(config: ResNetConfig) -> bool:
    return PRESETS.get(config.name) == config


def _kinds(card: Mapping[str, Any]) -> str:
    """What the network tells apart: "12 shapes", "CIFAR-10, 10 classes"."""
    count = len(card["classes"])
    return f"{count} shapes" if card["dataset"] == "shapes" else f"CIFAR-10, {count} classes"
