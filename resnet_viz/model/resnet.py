"""The network itself, from the image to the class scores: it reads like the paper's table 1."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import torch
from torch import nn

from resnet_viz import jobs
from resnet_viz.model.blocks import BLOCKS, BatchNorm2d, Block, Conv2d, Linear, initialise
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.roles import STAGE_NAME, Role
from resnet_viz.model.stems import STEMS


class Stage(nn.Sequential):
    """Blocks that share a resolution and a width; the first may halve the one and change the other."""


class ResNet(nn.Sequential):
    """Stem, stages, head: modules in the order in which they run, named as torchvision names them.

    Takes images (N, 3, H, W), gives class scores (N, num_classes). Parameters are uninitialised
    until `initialise` or `load_state_dict`.
    """

    def __init__(self, config: ResNetConfig) -> None:
        head = ("avgpool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten())
        classifier = Linear(_out_channels(config), config.num_classes)
        super().__init__(
            OrderedDict([*stem_layers(config), *_stages(config), *head, ("fc", classifier)])
        )
        self.config = config

    def initialise(self, seed: int) -> None:
        """Draw all parameters from one seeded generator; the global random state is not touched."""
        generator = torch.Generator().manual_seed(seed)
        for module in self.modules():
            jobs.check()
            initialise(module, generator)
        for module in self.modules():  # after all, since a block comes before its own norms
            if self.config.zero_init and isinstance(module, Block):
                nn.init.zeros_(module.get_submodule(module.last_norm).weight)  # type: ignore[arg-type]

    def steps(self) -> Iterator[tuple[str, nn.Module]]:
        """Stem layer by layer, blocks and head in the order in which they run, with their paths."""
        for name, module in self.named_children():
            if isinstance(module, Stage):
                yield from ((f"{name}.{index}", block) for index, block in module.named_children())
            else:
                yield name, module

    def roles(self) -> dict[str, Role]:
        """The role of every stage, block and layer, by its path; what is inside a shortcut is one."""
        roles: dict[str, Role] = {}
        outside_stages = Role.STEM
        for name, module in self.named_children():
            if isinstance(module, Stage):
                roles[name], outside_stages = Role.STAGE, Role.HEAD
                for index, block in module.named_children():
                    roles |= _block_roles(f"{name}.{index}", block)
            else:
                roles[name] = Role.CLASSIFIER if isinstance(module, Linear) else outside_stages
        return roles


def _block_roles(path: str, block: nn.Module) -> dict[str, Role]:
    assert isinstance(block, Block)
    roles = {path: Role.BLOCK}
    for name, _ in block.named_modules():
        if name:
            roles[f"{path}.{name}"] = block.role_of(name.partition(".")[0])
    return roles


def build_meta(config: ResNetConfig) -> ResNet:
    """The network without memory behind its parameters, for questions about shapes only."""
    with torch.device("meta"):
        return ResNet(config).eval()


def build_random(config: ResNetConfig, seed: int) -> ResNet:
    """The network with parameters drawn from `seed`, on the CPU, in evaluation mode."""
    network = build_meta(config).to_empty(device="cpu")
    network.initialise(seed)
    return network.eval()


def stem_layers(config: ResNetConfig) -> Iterator[tuple[str, nn.Module]]:
    """What stands before the first stage, by its names, in the order in which it runs."""
    stem = STEMS[config.stem]
    padding = stem.kernel // 2
    yield "conv1", Conv2d(3, config.width, stem.kernel, stem.stride, padding, bias=False)
    yield "bn1", BatchNorm2d(config.width)
    yield "relu", nn.ReLU()
    if stem.pooled:
        yield "maxpool", nn.MaxPool2d(3, stride=2, padding=1)


def _stages(config: ResNetConfig) -> Iterator[tuple[str, nn.Module]]:
    block = BLOCKS[config.block]
    in_channels = config.width
    for stage, repeats in enumerate(config.repeats):
        blocks = []
        for index in range(repeats):
            stride = 2 if stage > 0 and index == 0 else 1
            blocks.append(block(config, stage, in_channels, stride))
            in_channels = config.planes(stage) * config.expansion
        yield STAGE_NAME.format(stage + 1), Stage(*blocks)


def _out_channels(config: ResNetConfig) -> int:
    return config.planes(len(config.repeats) - 1) * config.expansion
