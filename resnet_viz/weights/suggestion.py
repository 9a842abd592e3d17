"""Which network a checkpoint is of, read from nothing but the names and shapes of its tensors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from resnet_viz.errors import ConfigError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_meta
from resnet_viz.weights.tensor_file import COUNTER

Shape = tuple[int, ...]

# What DataParallel, training frameworks and torch.compile put before every name, in any order.
_PREFIXES: Final = re.compile(r"(?:(?:module|model|backbone|_orig_mod)\.)*")
_BLOCK: Final = re.compile(r"layer([1-4])\.(\d{1,3})\.conv1\.weight")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A network that a checkpoint fits, and the sentence that says so."""

    config: ResNetConfig
    sentence: str


def suggest(shapes: Mapping[str, Shape]) -> Suggestion | None:
    """The network that tensors of these names and shapes belong to; a preset where there is one.

    Two things leave no trace in shapes: whether a bottleneck halves in its 1×1 or its 3×3, and
    whether a network without projections is plain or pads with zeros. The preset decides, or else
    the usual choice: 3×3 and plain.
    """
    shapes = own_shapes(shapes)
    try:
        inferred = _infer(shapes)
    except (ConfigError, KeyError, IndexError, ZeroDivisionError):
        return None  # whatever it is, no network that can be described
    same = [known for known in PRESETS.values() if _visible(known) == _visible(inferred)]
    preset = same[0] if same else inferred
    config = replace(preset, num_classes=inferred.num_classes)
    if shapes != parameter_shapes(config):
        return None
    twins = ", ".join(twin.name for twin in same[1:])
    also = f", or {twins}: shortcuts without parameters leave no trace in a file" if twins else ""
    return Suggestion(config, f"This file fits {_words(config)}{also}.")


@lru_cache(maxsize=32)
def parameter_shapes(config: ResNetConfig) -> Mapping[str, Shape]:
    """Every parameter and statistic that a network needs, by name, in the order of its layers.

    BatchNorm's counters are left out: they matter to nobody but a training that goes on.
    """
    state = build_meta(config).state_dict()
    return MappingProxyType(
        {name: tuple(tensor.shape) for name, tensor in state.items() if not name.endswith(COUNTER)}
    )


def prefix_of(names: Iterable[str]) -> str:
    """What most names begin with without being a layer's: `"module."`, `"model.backbone."` or `""`."""
    prefixes = Counter(match.group() for name in names if (match := _PREFIXES.match(name)))
    return prefixes.most_common(1)[0][0] if prefixes else ""


def own_names(names: Collection[str]) -> dict[str, str]:
    """What this package calls each tensor of a checkpoint, by the checkpoint's name; no counters.

    A name keeps its prefix where the name without it is taken.
    """
    taken = set(names)
    prefix = prefix_of(taken)
    return {
        name: name if (own := name.removeprefix(prefix)) in taken else own
        for name in names
        if not name.endswith(COUNTER)
    }


def own_shapes(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """The shapes under our names."""
    return {own: shapes[name] for name, own in own_names(shapes).items()}


def _infer(shapes: Mapping[str, Shape]) -> ResNetConfig:
    """The network that the decisive shapes describe; the others are still to be compared.

    Raises:
        ConfigError, KeyError, IndexError, ZeroDivisionError: they describe none.
    """
    width, kernel = shapes["conv1.weight"][0], shapes["conv1.weight"][-1]
    bottleneck = "layer1.0.conv3.weight" in shapes
    groups, width_per_group = 1, 64
    if bottleneck:
        inner, channels_per_group = shapes["layer1.0.conv2.weight"][:2]
        groups = inner // channels_per_group
        width_per_group = channels_per_group * 64 // width
    return ResNetConfig(
        name="custom",
        block="bottleneck" if bottleneck else "basic",
        repeats=_repeats(shapes),
        stem="imagenet" if kernel == 7 else "cifar",
        width=width,
        groups=groups,
        width_per_group=width_per_group,
        shortcut="projection" if "layer2.0.downsample.0.weight" in shapes else "none",
        num_classes=shapes["fc.weight"][0],
        input_size=224 if kernel == 7 else 32,
    )


def _repeats(names: Iterable[str]) -> tuple[int, ...]:
    """Blocks in each stage; a hole in the count shows when all shapes are compared."""
    blocks = Counter(match[1] for name in names if (match := _BLOCK.fullmatch(name)))
    return tuple(blocks[stage] for stage in sorted(blocks))


def _visible(config: ResNetConfig) -> tuple[object, ...]:
    """What shapes show of a network: all but names, strides, initial values and picture sizes."""
    return (
        config.block,
        config.repeats,
        config.stem,
        config.width,
        config.groups,
        config.width_per_group,
        config.shortcut == "projection",
    )


def _words(config: ResNetConfig) -> str:
    classes = f"{config.num_classes:,} {'class' if config.num_classes == 1 else 'classes'}"
    if config.name in PRESETS:
        return f"{config.name} with {classes}"
    stem = "a 7×7" if config.stem == "imagenet" else "a 3×3"
    shortcut = "projections" if config.shortcut == "projection" else "no projections"
    grouped = (
        f", {config.groups} groups of width {config.width_per_group}" if config.grouped else ""
    )
    return (
        f"a network of your own with {config.block} blocks {', '.join(map(str, config.repeats))}, "
        f"{stem} stem, width {config.width}{grouped}, {shortcut} and {classes}"
    )
