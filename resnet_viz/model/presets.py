"""The networks of the papers, by the names that everybody uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from resnet_viz.errors import ConfigError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.one_line import quoted


def _cifar(name: str, blocks_per_stage: int, shortcut: str = "zero-pad") -> ResNetConfig:
    """The 6n + 2 networks for 32 × 32 images, He et al. 2015 section 4.2."""
    return ResNetConfig(
        name,
        repeats=(blocks_per_stage,) * 3,
        stem="cifar",
        width=16,
        shortcut=shortcut,
        num_classes=10,
        input_size=32,
    )


_SHAPES = ResNetConfig("shapes", width=16, num_classes=12, input_size=128)

_ALL = (
    _SHAPES,
    ResNetConfig("resnet18"),
    ResNetConfig("resnet34", repeats=(3, 4, 6, 3)),
    ResNetConfig("resnet50", "bottleneck", (3, 4, 6, 3)),
    ResNetConfig("resnet101", "bottleneck", (3, 4, 23, 3)),
    ResNetConfig("resnet152", "bottleneck", (3, 8, 36, 3)),
    ResNetConfig("resnext50_32x4d", "bottleneck", (3, 4, 6, 3), groups=32, width_per_group=4),
    ResNetConfig("resnext101_32x8d", "bottleneck", (3, 4, 23, 3), groups=32, width_per_group=8),
    ResNetConfig("resnext101_64x4d", "bottleneck", (3, 4, 23, 3), groups=64, width_per_group=4),
    ResNetConfig("wide_resnet50_2", "bottleneck", (3, 4, 6, 3), width_per_group=128),
    ResNetConfig("wide_resnet101_2", "bottleneck", (3, 4, 23, 3), width_per_group=128),
    ResNetConfig("walkthrough", "bottleneck", (2, 2, 2, 2), input_size=214),
    replace(_SHAPES, name="shapes_plain", shortcut="none"),
    ResNetConfig("plain18", shortcut="none"),
    ResNetConfig("plain34", repeats=(3, 4, 6, 3), shortcut="none"),
    _cifar("resnet20", 3),
    _cifar("resnet32", 5),
    _cifar("resnet44", 7),
    _cifar("resnet56", 9),
    _cifar("resnet110", 18),
    _cifar("plain20", 3, "none"),
    _cifar("plain32", 5, "none"),
    _cifar("plain44", 7, "none"),
    _cifar("plain56", 9, "none"),
)

PRESETS: Final[Mapping[str, ResNetConfig]] = MappingProxyType({c.name: c for c in _ALL})

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "shapes": "ResNet-18 for shapes (¼ width)",
        "resnet18": "ResNet-18",
        "resnet34": "ResNet-34",
        "resnet50": "ResNet-50",
        "resnet101": "ResNet-101",
        "resnet152": "ResNet-152",
        "resnext50_32x4d": "ResNeXt-50 32×4d",
        "resnext101_32x8d": "ResNeXt-101 32×8d",
        "resnext101_64x4d": "ResNeXt-101 64×4d",
        "wide_resnet50_2": "Wide ResNet-50-2",
        "wide_resnet101_2": "Wide ResNet-101-2",
        "walkthrough": "ResNet-26 (the walkthrough)",
        "shapes_plain": "Plain-18 for shapes (¼ width)",
        "plain18": "Plain-18 (no shortcuts)",
        "plain34": "Plain-34 (no shortcuts)",
        "resnet20": "ResNet-20 (32 × 32)",
        "resnet32": "ResNet-32 (32 × 32)",
        "resnet44": "ResNet-44 (32 × 32)",
        "resnet56": "ResNet-56 (32 × 32)",
        "resnet110": "ResNet-110 (32 × 32)",
        "plain20": "Plain-20 (32 × 32, no shortcuts)",
        "plain32": "Plain-32 (32 × 32, no shortcuts)",
        "plain44": "Plain-44 (32 × 32, no shortcuts)",
        "plain56": "Plain-56 (32 × 32, no shortcuts)",
    }
)


def preset(name: str) -> ResNetConfig:
    """The preset of that name; raises `ConfigError` with the names that exist."""
    if name not in PRESETS:
        raise ConfigError(
            f"There is no network {quoted(name)}; choose one of {', '.join(PRESETS)}."
        )
    return PRESETS[name]


def title(config: ResNetConfig) -> str:
    """What a page calls the network: its preset's title, or its depth when it is customised."""
    family = "Plain" if config.shortcut == "none" else "ResNet"
    return TITLES.get(config.name, f"Custom {family}-{config.depth}")
