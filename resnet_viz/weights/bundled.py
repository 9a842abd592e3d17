"""Networks that come with the explorer, trained by `resnet_viz.training`: nothing to fetch.

Each is two files in `bundled/`: `<preset>.safetensors` and `<preset>.json`, its card.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from resnet_viz.errors import WeightsError
from resnet_viz.images import Preprocessing
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import Weights
from resnet_viz.weights.matching import network_from
from resnet_viz.weights.tensor_file import read_tensors

FOLDER: Final = Path(__file__).with_name("bundled")


class BundledSource:
    """The parameters in the box, for the presets that have some."""

    slug = "bundled"
    title = "In the box"

    def options(self, config: ResNetConfig) -> tuple[str, ...]:
        """One for a preset with a card, as long as nothing in it is changed."""
        return ("",) if _is_preset(config) and config.name in cards() else ()

    def at_hand(self, config: ResNetConfig, option: str) -> bool:
        """Always: it came with the package."""
        return bool(self.options(config))

    def describe(self, config: ResNetConfig, input_size: int, option: str) -> Weights:
        """What its card says; raises `WeightsError` when there is none for this network."""
        card = self._card(config)
        steps = card["preprocessing"]
        size = card["input_size"]
        note = f"{100 * card['accuracy']:.1f} % right on {card['test_pictures']:,} fresh pictures"
        return Weights(
            source=self.slug,
            label=f"{self.title}: {len(card['classes'])} shapes",
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

    def _card(self, config: ResNetConfig) -> Mapping[str, Any]:
        if not self.options(config):
            raise WeightsError(
                f"No trained parameters for {config.name} are in the box; "
                f"there are some for {', '.join(cards())}."
            )
        return cards()[config.name]


@cache
def cards() -> Mapping[str, Mapping[str, Any]]:
    """The model cards in the box, by preset: recipe, accuracy, training curves and more."""
    return {
        file.stem: json.loads(file.read_text("utf-8")) for file in sorted(FOLDER.glob("*.json"))
    }


def _is_preset(config: ResNetConfig) -> bool:
    return PRESETS.get(config.name) == config
