"""A residual network in a dozen numbers: everything that decides its layers, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import torch
from torch import nn

from resnet_viz.errors import ConfigError
from resnet_viz.model.blocks import BLOCKS, Block
from resnet_viz.model.roles import Role
from resnet_viz.model.stems import STEMS
from resnet_viz.one_line import quoted

SHORTCUTS: Final = ("projection", "zero-pad", "none")
STRIDE_PLACES: Final = ("3x3", "1x1")

# Wide enough for every network of the papers (ResNet-1202 has 200 blocks a stage), narrow enough
# that a slip of the finger cannot ask for a network that no machine can hold.
LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "repeats": (1, 200),
    "width": (1, 512),
    "groups": (1, 256),
    "width_per_group": (1, 1024),
    "num_classes": (1, 100_000),
}
INPUT_SIZES: Final = (32, 1024)  # pixels, both included


@dataclass(frozen=True, slots=True)
class ResNetConfig:
    """One network of the ResNet family, valid from birth and hashable: it is the cache key.

    Terms are those of He et al. 2015 (arXiv 1512.03385) and, for `groups` and `width_per_group`,
    Xie et al. 2016 (ResNeXt) and Zagoruyko and Komodakis 2016 (wide ResNet).

    Raises:
        ConfigError: when the numbers describe no network; the message names the value.
    """

    name: str
    block: str = "basic"  # one of BLOCKS
    repeats: tuple[int, ...] = (2, 2, 2, 2)  # blocks in each of 3 or 4 stages
    stem: str = "imagenet"  # one of STEMS: 7×7/2 and max-pool, or "cifar": 3×3/1
    width: int = 64  # channels of the stem and planes of the first stage
    groups: int = 1  # of the 3×3 in a bottleneck: the cardinality of ResNeXt
    width_per_group: int = 64  # inner channels per group in stage 1, at width 64
    shortcut: str = "projection"  # option B; "zero-pad": option A; "none": the plain network
    stride_place: str = "3x3"  # where a bottleneck halves: "1x1" is the paper's, "3x3" v1.5
    zero_init: bool = False  # the last norm of each block starts at zero (Goyal et al. 2017)
    num_classes: int = 1000
    input_size: int = 224  # side of the square image that it was designed for, pixels

    def __post_init__(self) -> None:
        self._check_choice("block", tuple(BLOCKS))
        self._check_choice("stem", tuple(STEMS))
        self._check_choice("shortcut", SHORTCUTS)
        self._check_choice("stride_place", STRIDE_PLACES)
        if len(self.repeats) not in (3, 4):
            raise ConfigError(
                f"Blocks per stage {_listed(self.repeats)}: a ResNet has 3 or 4 stages, not "
                f"{len(self.repeats)}; write for instance 3, 4, 6, 3."
            )
        for repeat in self.repeats:
            _check_range("repeats", repeat)
        for field in ("width", "groups", "width_per_group", "num_classes"):
            _check_range(field, getattr(self, field))
        check_input_size(self.input_size)
        self._check_inner_width()

    @property
    def depth(self) -> int:
        """Weighted layers as the paper counts them: stem, convolutions of the branches, classifier."""
        return 2 + traits(BLOCKS[self.block]).convolutions * sum(self.repeats)

    @property
    def expansion(self) -> int:
        """Output channels of a block per plane: 1 for basic, 4 for bottleneck."""
        return traits(BLOCKS[self.block]).expansion

    @property
    def grouped(self) -> bool:
        """Whether `groups` and `width_per_group` change anything."""
        return traits(BLOCKS[self.block]).grouped

    @property
    def places_stride(self) -> bool:
        """Whether `stride_place` changes anything."""
        return traits(BLOCKS[self.block]).places_stride

    def planes(self, stage: int) -> int:
        """Planes of a stage (0 is the first): the width doubles where the image halves."""
        return self.width << stage

    def inner_width(self, stage: int) -> int:
        """Channels inside a bottleneck of a stage; torchvision's formula, but exact."""
        return self.planes(stage) * self.width_per_group // 64 * self.groups

    def _check_choice(self, field: str, accepted: tuple[str, ...]) -> None:
        value = getattr(self, field)
        if value not in accepted:
            raise ConfigError(f"{_words(field)} “{value}” is not one of {', '.join(accepted)}.")

    def _check_inner_width(self) -> None:
        if (self.groups, self.width_per_group) != (1, 64) and not self.grouped:
            raise ConfigError(
                f"{self.block.capitalize()} blocks have 1 group of width 64, not {self.groups} of "
                f"{self.width_per_group}; choose bottleneck blocks for ResNeXt and wide networks."
            )
        if self.width * self.width_per_group % 64:
            raise ConfigError(
                f"Width {self.width} with width per group {self.width_per_group} gives "
                f"{self.width * self.width_per_group / 64:g} channels per group; "
                "width × width per group must be a multiple of 64."
            )


@dataclass(frozen=True, slots=True)
class Traits:
    """What the class of a block does not say and a built one shows."""

    convolutions: int  # in its branch: what a network's depth counts
    expansion: int  # output channels per plane
    grouped: bool  # whether `groups` and `width_per_group` change anything
    places_stride: bool  # whether `stride_place` does
    tensors: tuple[str, ...]  # names of parameters and statistics, without those of the shortcut


def traits(block: type[Block]) -> Traits:
    """What can be asked about a block before a network is built of it."""
    return _traits(block)  # type: ignore[arg-type]  # any class can be a key


@cache
def _traits(block: type[Block]) -> Traits:
    """Build one without memory behind its parameters, and note what it asks its configuration for."""
    config = ResNetConfig(block.__name__)
    asked = _Asked(config)
    with torch.device("meta"):
        built = block(asked, 0, config.width, 1)  # type: ignore[arg-type]  # it answers as one
    branch = {
        name: module
        for name, module in built.named_modules()
        if name and built.role_of(name.partition(".")[0]) is Role.BRANCH
    }
    return Traits(
        convolutions=sum(isinstance(module, nn.Conv2d) for module in branch.values()),
        expansion=built.out_channels // config.planes(0),
        grouped=not asked.fields.isdisjoint({"groups", "width_per_group", "inner_width"}),
        places_stride="stride_place" in asked.fields,
        tensors=tuple(
            name for name in built.state_dict() if not name.startswith(f"{built.around}.")
        ),
    )


class _Asked:
    """A configuration that remembers which of its fields were read."""

    def __init__(self, config: ResNetConfig) -> None:
        self.fields: set[str] = set()
        self._config = config

    def __getattr__(self, name: str) -> Any:
        self.fields.add(name)
        return getattr(self._config, name)


def check_input_size(size: int) -> int:
    """Return `size` when images of that side, in pixels, are accepted; raise `ConfigError` else."""
    low, high = INPUT_SIZES
    if not low <= size <= high:
        raise ConfigError(f"Input size {size} is not accepted; choose {low} to {high:,} pixels.")
    return size


def parse_repeats(text: str) -> tuple[int, ...]:
    """Read `"3, 4, 6, 3"` (commas, blanks or hyphens) as blocks per stage; raise `ConfigError`."""
    if not re.fullmatch(r"\s*\d{1,5}([\s,-]+\d{1,5})*\s*", text, re.ASCII):
        raise ConfigError(
            f"Blocks per stage {quoted(text, 40)} cannot be read; write 3 or 4 whole numbers, "
            "for instance 3, 4, 6, 3."
        )
    return tuple(int(part) for part in re.findall(r"\d+", text))


def _check_range(field: str, value: int) -> None:
    low, high = LIMITS[field]
    if not low <= value <= high:
        raise ConfigError(f"{_words(field)} {value:,} is not accepted; choose {low} to {high:,}.")


def _words(field: str) -> str:
    if field == "repeats":
        return "Blocks per stage"
    return field.replace("_", " ").capitalize()


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers)) or "(none)"
