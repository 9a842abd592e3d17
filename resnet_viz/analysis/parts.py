"""What passes through stem, blocks and head of a network, layer by layer: without the whole network.

For the blocks of the papers by formula, in microseconds; a stem and any other block is built without
memory behind its parameters and run once.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor, nn

from resnet_viz.model.blocks import BLOCKS, BasicBlock, Block, Bottleneck
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.kinds import kind_of
from resnet_viz.model.resnet import stem_layers

BYTES: Final = 4  # of a float32


@dataclass(frozen=True, slots=True)
class Map:
    """What a layer puts out: channels, and the side of a map in pixels."""

    channels: int
    side: int

    @property
    def values(self) -> int:
        return self.channels * self.side**2


@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer takes."""

    values: int  # numbers that it puts out
    params: int = 0  # numbers that are learned
    macs: int = 0  # multiply-adds
    buffers: int = 0  # bytes of a norm's statistics


@dataclass(frozen=True, slots=True)
class Part:
    """The stem, a block or the head, so often: its layers, and what is alive at its worst moment."""

    layers: tuple[Layer, ...]
    alive: int  # numbers
    times: int = 1


def parts_of(config: ResNetConfig, size: int) -> Iterator[Part]:
    """Stem, blocks and head for an image of that side; the equal blocks of a stage stand together."""
    stem, before = _stem(_without_what_changes_no_block(config), size)
    yield stem
    for stage, repeats in enumerate(config.repeats):
        stride, side = (2, _halved(before.side)) if stage else (1, before.side)
        after = Map(config.planes(stage) * config.expansion, side)
        first = _block(config, stage, before, after, stride)
        # The stage's own input is held until its last block is through.
        rest = _block(config, stage, after, after, 1)
        yield first
        if repeats > 1:
            yield replace(rest, alive=rest.alive + before.values, times=repeats - 1)
        before = after
    pooled, classes = before.channels, config.num_classes
    matrix = pooled * classes
    classifier = Layer(classes, matrix + classes, matrix)
    yield Part((Layer(pooled), Layer(pooled), classifier), before.values + pooled)


def shapes_only(network: nn.Module) -> None:
    """Let layers that keep the shape do just that: half of a run on meta is BatchNorm's arithmetic."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.ReLU):
            module.forward = torch.empty_like  # type: ignore[method-assign]


def _block(config: ResNetConfig, stage: int, before: Map, after: Map, stride: int) -> Part:
    """A block by its input and output."""
    block = BLOCKS[config.block]
    if convolutions := _CONVOLUTIONS.get(block):
        return _of_the_papers(config, tuple(convolutions(config, stage, before, after)))
    plain = _without_what_changes_no_block(config)
    return _measured_block(block, plain, stage, before, stride)  # type: ignore[arg-type]  # a class is hashable


# --- measured -------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _measured_block(
    block: type[Block], config: ResNetConfig, stage: int, before: Map, stride: int
) -> Part:
    """Any block, run once on an input like `before`."""
    with torch.device("meta"):
        built = block(config, stage, before.channels, stride)
    return _measured(built, before)[0]


@lru_cache(maxsize=256)
def _stem(config: ResNetConfig, size: int) -> tuple[Part, Map]:
    """The stem and what it puts out."""
    with torch.device("meta"):
        stem = nn.Sequential(OrderedDict(stem_layers(config)))
    return _measured(stem, Map(3, size))


def _without_what_changes_no_block(config: ResNetConfig) -> ResNetConfig:
    """Equal for all networks with the same stem and the same first two blocks of each stage."""
    return replace(config, name="", repeats=(1, 1, 1, 1), num_classes=1, input_size=224)


def _measured(module: nn.Module, before: Map) -> tuple[Part, Map]:
    """Run on the meta device, note every layer, and the most values that are alive behind one."""
    layers: list[Layer] = []
    made: list[weakref.ref[Tensor]] = []
    moments: list[int] = []

    def note(path: str, layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        made.append(weakref.ref(output))
        layers.append(_layer(path, layer, output))
        read = inputs[0].numel() if isinstance(layer, nn.Conv2d) else 0
        moments.append(_alive(made) + (max(read, output.numel()) if read else 0))

    for path, layer in module.named_modules():
        if next(layer.children(), None) is None:
            layer.register_forward_hook(
                lambda layer, inputs, output, path=path: note(path, layer, inputs, output)
            )
    shapes_only(module.eval())
    with torch.no_grad():
        x = torch.empty(1, before.channels, before.side, before.side, device="meta")
        made.append(weakref.ref(x))
        after = module(x)  # (1, C, H, W)
    return Part(tuple(layers), max(moments)), Map(after.shape[1], after.shape[2])


def _layer(path: str, layer: nn.Module, output: Tensor) -> Layer:
    return Layer(
        values=output.numel(),
        params=sum(each.numel() for each in layer.parameters()),
        macs=kind_of(layer, path).macs(layer, tuple(output.shape[1:])),
        buffers=sum(each.numel() * each.element_size() for each in layer.buffers()),
    )


def _alive(made: list[weakref.ref[Tensor]]) -> int:
    """Numbers in all tensors that somebody still holds, each block of memory once."""
    tensors = [tensor for each in made if (tensor := each()) is not None]
    storages = [tensor.untyped_storage() for tensor in tensors]
    return sum({each._cdata: each.nbytes() // BYTES for each in storages}.values())


# --- by formula -----------------------------------------------------------------------------------


def _of_the_papers(config: ResNetConfig, convolutions: tuple[tuple[Map, Map, int], ...]) -> Part:
    """A block by what each convolution of its branch reads, makes and weighs.

    A norm follows each of them, a ReLU all but the last, and one more the sum.
    """
    before, after = convolutions[0][0], convolutions[-1][1]
    layers, moments = [], []
    for read, made, weight in convolutions:
        layers += [_convolution(made, weight), _norm(made)]
        moments.append(_while_convolving(read, made))
        # A norm's input and output beside the input of its convolution, which still has its name.
        moments.append(read.values + 2 * made.values)
    layers += [Layer(made.values) for _, made, _ in convolutions[:-1]]
    plain, kept = config.shortcut == "none", Layer(after.values)
    if config.shortcut == "projection" and before != after:
        layers += [_convolution(after, before.channels * after.channels), _norm(after), kept]
        moments.append(after.values + _while_convolving(before, after))  # while the branch waits
    else:
        layers += [] if plain else [kept, kept]
    moments.append(3 * after.values)  # branch, shortcut or sum, and what comes of them
    return Part((*layers, kept), before.values + max(moments))


def _basic(
    config: ResNetConfig, stage: int, before: Map, after: Map
) -> Iterator[tuple[Map, Map, int]]:
    yield before, after, 9 * before.channels * after.channels
    yield after, after, 9 * after.channels**2


def _bottleneck(
    config: ResNetConfig, stage: int, before: Map, after: Map
) -> Iterator[tuple[Map, Map, int]]:
    inner = config.inner_width(stage)
    first = Map(inner, after.side if config.stride_place == "1x1" else before.side)
    second = Map(inner, after.side)
    yield before, first, before.channels * inner
    yield first, second, 9 * inner * inner // config.groups
    yield second, after, inner * after.channels


# No subclass has its class's formula: it was made to differ.
_Convolutions = Callable[[ResNetConfig, int, Map, Map], Iterator[tuple[Map, Map, int]]]
_CONVOLUTIONS: Final[Mapping[type[Block], _Convolutions]] = MappingProxyType(
    {BasicBlock: _basic, Bottleneck: _bottleneck}
)


def _convolution(made: Map, weight: int) -> Layer:
    return Layer(made.values, weight, weight * made.side**2)


def _norm(made: Map) -> Layer:
    """Scale and shift; mean, variance and the number of batches beside them."""
    return Layer(made.values, 2 * made.channels, 0, BYTES * 2 * made.channels + 8)


def _while_convolving(read: Map, made: Map) -> int:
    """Input and output, and one of them once more in the order that oneDNN wants."""
    return read.values + made.values + max(read.values, made.values)


def _halved(side: int) -> int:
    """The side after a window that moves by 2, padded to its middle."""
    return (side - 1) // 2 + 1
