"""Which network a checkpoint is of, read from nothing but the names and shapes of its tensors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Final

import torch

from resnet_viz.errors import ConfigError
from resnet_viz.model.blocks import BLOCKS
from resnet_viz.model.config import ResNetConfig, traits
from resnet_viz.model.customise import CUSTOM
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_meta
from resnet_viz.model.stems import STEMS
from resnet_viz.weights.tensor_file import COUNTER

Shape = tuple[int, ...]

_NETWORKS: Final = 8  # in one file; two are common
_ANCHORS: Final = 64  # that are looked at for them
# What training frameworks put before every name, for files in which that is not to be found.
_PREFIXES: Final = re.compile(r"(?:(?:module|model|backbone|_orig_mod)\.)*")
# How running averages of the parameters are called.
AVERAGED: Final = re.compile(
    r"(?:^|[._])(?:ema|averaged?|swa|shadow|teacher|momentum|target|encoder_k|key_encoder)|_ema|ema_",
    re.I,
)
_OWN: Final = re.compile(r"(?:conv1|bn1|fc|layer\d+\.\d+)\..+")
# What others call the same: the names of well-known programs for CIFAR, and of classifiers.
_SHORTCUT: Final = re.compile(r"(layer\d+\.\d+)\.(?:shortcut|skip|residual)\.")
_HEADS: Final = "linear|classifier|last_linear|head|output"
_CLASSIFIER: Final = re.compile(rf"(?:{_HEADS}|head\.fc|fc\.\d+)\.(weight|bias)")
# The same outside of the network's prefix: a “head.fc” beside the “backbone”.
_HEAD_BESIDE: Final = re.compile(rf"(?:^|\.)(?:fc|{_HEADS})(?:\.fc|\.\d+)?\.(?:weight|bias)$")
# Hugging Face's names, which begin anew at each part.
_HUGGING_FACE: Final = re.compile(
    r"embedder\.embedder\.(?P<stem>convolution|normalization)\."
    r"|encoder\.stages\.(?P<stage>\d)\.layers\.(?P<block>\d{1,3})\."
    r"(?:layer\.(?P<layer>\d)|shortcut)\.(?P<part>convolution|normalization)\."
)
_OF_ITS_OWN_SIZE: Final = "walkthrough"  # a ResNet-26 seen at 214 pixels, which no file is for
# Shortcuts without parameters, as the networks with such a stem have them.
_UNSEEN: Final = {"imagenet": "none", "cifar": "zero-pad"}
_BLOCK: Final = re.compile(r"layer([1-4])\.(\d{1,3})\.(.+)")
_FIRST: Final = "layer1.0."  # the block that every network has
_DOWNSAMPLE: Final = "downsample."  # of any block's projection


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A network that a checkpoint fits, and the sentence that says so."""

    config: ResNetConfig
    sentence: str


def suggest(shapes: Mapping[str, Shape]) -> Suggestion | None:
    """The network that tensors of these names and shapes belong to; a preset where there is one.

    Much leaves no trace in shapes (`assumptions` has the list). Of presets that look alike the first
    decides; a network of one's own has its stride in the 3×3 and, without projections, the shortcuts of
    its family: padded with zeros for 32 × 32 pixels, none else.
    """
    inferred = resembled(shapes)
    if inferred is None:
        return None
    same = [
        known
        for known in PRESETS.values()
        if _visible(known) == _visible(inferred) and known.name != _OF_ITS_OWN_SIZE
    ]
    config = replace(same[0] if same else inferred, num_classes=inferred.num_classes)
    if own_shapes(shapes) != parameter_shapes(config):
        return None
    twins = ", ".join(twin.name for twin in same[1:])
    also = f", or {twins}: shortcuts without parameters leave no trace in a file" if twins else ""
    return Suggestion(config, f"This file fits {words(config)}{also}.")


def resembled(shapes: Mapping[str, Shape]) -> ResNetConfig | None:
    """The network that the decisive shapes describe, whether or not all the others agree."""
    shapes = own_shapes(shapes)
    try:
        inferred = _infer(shapes)
    except (ConfigError, KeyError, IndexError, ZeroDivisionError):
        return None  # whatever it is, no network that can be described
    # Building it takes time: not for a few names that only look like many blocks.
    least = len(_tensors(inferred.block)) * sum(inferred.repeats)
    return inferred if len(shapes) >= least else None


@lru_cache(maxsize=32)
def parameter_shapes(config: ResNetConfig) -> Mapping[str, Shape]:
    """Every parameter and statistic that a network needs, by name, in the order of its layers.

    BatchNorm's counters are left out: they matter to nobody but a training that goes on.
    """
    state = build_meta(config).state_dict()
    return MappingProxyType(
        {name: tuple(tensor.shape) for name, tensor in state.items() if not name.endswith(COUNTER)}
    )


def prefixes(names: Iterable[str]) -> tuple[str, ...]:
    """What stands before the names of each network in a checkpoint, running averages last."""
    first = first_tensors()
    found = (
        name.removesuffix(anchor)
        for name in map(_usual, names)
        for anchor in first
        if name.endswith(anchor)
    )
    once = dict.fromkeys(islice(found, _ANCHORS))
    return tuple(sorted(once, key=lambda prefix: bool(AVERAGED.search(prefix))))[:_NETWORKS]


def first_tensors() -> tuple[str, ...]:
    """What the first block's first tensor is called, for every kind of block.

    Every ResNet has one of them: whatever stands before it stands before all names of that network.
    """
    return tuple(dict.fromkeys(_FIRST + _tensors(block)[0] for block in BLOCKS))


def prefix_of(names: Iterable[str]) -> str:
    """What the names of the network begin with: `"module."`, `"net.backbone."` or `""`."""
    names = tuple(names)
    if found := prefixes(names):
        return found[0]
    common = Counter(match.group() for name in names if (match := _PREFIXES.match(name)))
    return common.most_common(1)[0][0] if common else ""


def own_names(names: Collection[str]) -> dict[str, str]:
    """What this package calls each tensor of a checkpoint, by the checkpoint's name.

    Counters are left out, and so is what does not belong to the network: where its names have a prefix,
    those that have another one and are no parameters of a ResNet. A name stays as it is where its own
    one is taken.
    """
    usual = {_usual(name): name for name in names}
    if len(usual) < len(names):
        usual = {name: name for name in names}
    return {usual[name]: own for name, own in _own_names(usual).items()}


def _usual(name: str) -> str:
    """Hugging Face's name of a parameter as torchvision has it, with its prefix; all others as they are."""
    if "embedder." in name or "encoder." in name:
        return _HUGGING_FACE.sub(_as_torchvision, name, count=1)
    return name


def _as_torchvision(found: re.Match[str]) -> str:
    is_norm = "normalization" in (found["stem"], found["part"])
    if found["stem"]:
        return "bn1." if is_norm else "conv1."
    block = f"layer{int(found['stage']) + 1}.{found['block']}"
    if found["layer"] is None:
        return f"{block}.downsample.{int(is_norm)}."
    return f"{block}.{'bn' if is_norm else 'conv'}{int(found['layer']) + 1}."


def _own_names(names: Collection[str]) -> dict[str, str]:
    prefix, others = prefix_of(names), prefixes(names)[1:]
    inside = {
        name: name.removeprefix(prefix)
        for name in names
        if not name.endswith(COUNTER)
        and (name.startswith(prefix) or ("" not in others and _OWN.fullmatch(name)))
        and not any(name.startswith(other) and len(other) > len(prefix) for other in others)
    }
    taken = set(names)
    plain = {name: name if own in taken and own != name else own for name, own in inside.items()}
    found = _translated(plain)
    return found | _head_beside(names, found)


def _head_beside(names: Iterable[str], found: Mapping[str, str]) -> dict[str, str]:
    """Our names for the one classifier that does not stand under the prefix of its network."""
    if not found or any(own.startswith("fc.") for own in found.values()):
        return {}
    outside = {name for name in names if name not in found and not AVERAGED.search(name)}
    heads = {name.rpartition(".")[0] for name in outside if _HEAD_BESIDE.search(name)}
    whole = [head for head in heads if {f"{head}.weight", f"{head}.bias"} <= outside]
    if len(whole) != 1:
        return {}
    return {f"{whole[0]}.{part}": f"fc.{part}" for part in ("weight", "bias")}


def left_out(names: Collection[str], own: Collection[str]) -> tuple[str, ...]:
    """The tensors that do not belong to the network, whose names are `own`; counters do belong."""
    return tuple(name for name in names if name not in own and not name.endswith(COUNTER))


def _translated(plain: Mapping[str, str]) -> dict[str, str]:
    """torchvision's names for shortcuts and classifier, where nothing has them yet."""
    taken = set(plain.values())
    heads = [own for own in taken if _CLASSIFIER.fullmatch(own)]
    has_head = "fc.weight" in taken or len(heads) > 2

    def ours(own: str) -> str:
        new = _SHORTCUT.sub(r"\1.downsample.", own)
        if not has_head and (head := _CLASSIFIER.fullmatch(own)):
            new = f"fc.{head[1]}"
        return own if new in taken else new

    new = {name: ours(own) for name, own in plain.items()}
    count = Counter(new.values())
    return {name: own if count[own] == 1 else plain[name] for name, own in new.items()}


def own_shapes(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """The shapes under our names."""
    return {own: shapes[name] for name, own in own_names(shapes).items()}


def _infer(shapes: Mapping[str, Shape]) -> ResNetConfig:
    """The network that the decisive shapes describe; the others are still to be compared.

    Raises:
        ConfigError, KeyError, IndexError, ZeroDivisionError: they describe none.
    """
    first = {name.removeprefix(_FIRST): s for name, s in shapes.items() if name.startswith(_FIRST)}
    first = {name: shape for name, shape in first.items() if not name.startswith(_DOWNSAMPLE)}
    likeness = {slug: _likeness(_tensors(slug), first) for slug in BLOCKS}
    most = max(likeness.values())
    alike = [slug for slug, value in likeness.items() if value == most]
    candidates = [config for slug in alike for config in _of_block(slug, shapes, first)]
    if not candidates:
        raise ConfigError("These shapes describe no network.")
    return max(candidates, key=lambda each: _likeness(_first_block(each).items(), first.items()))


def _of_block(
    slug: str, shapes: Mapping[str, Shape], first: Mapping[str, Shape]
) -> Iterator[ResNetConfig]:
    """The networks of such blocks that the decisive shapes allow; `first` are the first block's.

    One for every way to divide channels into groups that a weight of the first block shows.
    """
    width, kernel = shapes["conv1.weight"][0], shapes["conv1.weight"][-1]
    stem = next((name for name, each in STEMS.items() if each.kernel == kernel), "cifar")
    projects = f"layer2.0.{_DOWNSAMPLE}0.weight" in shapes
    groups = [(1, 64)]
    if traits(BLOCKS[slug]).grouped:
        known = [first.get(name, ()) for name in _tensors(slug)]  # a file may have any number more
        weights = [shape for shape in known if len(shape) == 4]
        groups = [(inner // each, each * 64 // width) for inner, each, *_ in weights]
    for cardinality, width_per_group in dict.fromkeys(groups):
        with suppress(ConfigError):
            yield ResNetConfig(
                name=CUSTOM,
                block=slug,
                repeats=_repeats(shapes, _tensors(slug)[0]),
                stem=stem,
                width=width,
                groups=cardinality,
                width_per_group=width_per_group,
                shortcut="projection" if projects else _UNSEEN[stem],
                num_classes=shapes["fc.weight"][0],
                input_size=STEMS[stem].input_size,
            )


def _first_block(config: ResNetConfig) -> dict[str, Shape]:
    """The shapes of a network's first block, without its shortcut."""
    with torch.device("meta"):
        state = BLOCKS[config.block](config, 0, config.width, 1).state_dict()
    return {name: tuple(state[name].shape) for name in _tensors(config.block)}


def _tensors(block: str) -> tuple[str, ...]:
    """What tells a block of that kind: its tensors but the counters."""
    return tuple(name for name in traits(BLOCKS[block]).tensors if not name.endswith(COUNTER))


def _likeness(some: Iterable[object], others: Iterable[object]) -> float:
    """What two sets have in common, as a share of both together."""
    one, other = set(some), set(others)
    return len(one & other) / len(one | other)


def _repeats(names: Iterable[str], first: str) -> tuple[int, ...]:
    """Blocks in each stage, by their first tensors; a hole shows when all shapes are compared."""
    found = (match for name in names if (match := _BLOCK.fullmatch(name)))
    blocks = Counter(match[1] for match in found if match[3] == first)
    return tuple(blocks[stage] for stage in sorted(blocks))


def _visible(config: ResNetConfig) -> tuple[object, ...]:
    """What shapes show of a network: all but names, strides, initial values and image sizes."""
    return (
        config.block,
        config.repeats,
        config.stem,
        config.width,
        config.groups,
        config.width_per_group,
        config.shortcut == "projection",
    )


def words(config: ResNetConfig) -> str:
    """A network in words: its preset's name, or what shapes show of it."""
    classes = f"{config.num_classes:,} {'class' if config.num_classes == 1 else 'classes'}"
    if config.name in PRESETS:
        return f"{config.name} with {classes}"
    kernel = STEMS[config.stem].kernel
    shortcut = "projections" if config.shortcut == "projection" else "no projections"
    family = "Plain" if config.shortcut == "none" else "ResNet"
    groups = "1 group" if config.groups == 1 else f"{config.groups} groups"
    is_usual = (config.groups, config.width_per_group) == (1, 64)
    grouped = (
        "" if is_usual or not config.grouped else f", {groups} of width {config.width_per_group}"
    )
    return (
        f"{family}-{config.depth}, a network of your own with {config.block} blocks "
        f"{', '.join(map(str, config.repeats))}, "
        f"a {kernel}×{kernel} stem, width {config.width}{grouped}, {shortcut} and {classes}"
    )
