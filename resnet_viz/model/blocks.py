"""The two residual blocks and their shortcut, with one module for every value that a page shows.

Parameter names are torchvision's, so that its checkpoints load with `strict=True`. What differs is on
purpose: each ReLU is its own module and not in place, the sum is a module, and so is the identity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_viz.errors import ConfigError
from resnet_viz.model.roles import Role

if TYPE_CHECKING:
    from resnet_viz.model.config import ResNetConfig


class Conv2d(nn.Conv2d):
    """torch's convolution, left uninitialised until `draw`."""

    def reset_parameters(self) -> None:
        pass

    def draw(self, generator: torch.Generator) -> None:
        """Draw all weights: He et al. 2015b by fan-out, as torchvision does."""
        nn.init.kaiming_normal_(self.weight, mode="fan_out", generator=generator)


class BatchNorm2d(nn.BatchNorm2d):
    """torch's batch normalisation, left uninitialised until `draw`."""

    def reset_parameters(self) -> None:
        pass

    def draw(self, generator: torch.Generator) -> None:
        """Scale by one and shift by nothing; no statistics yet."""
        self.reset_running_stats()
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)


class Linear(nn.Linear):
    """torch's fully connected layer, left uninitialised until `draw`."""

    def reset_parameters(self) -> None:
        pass

    def draw(self, generator: torch.Generator) -> None:
        """Draw matrix and bias as torch does by default."""
        bound = self.in_features**-0.5
        nn.init.uniform_(self.weight, -bound, bound, generator=generator)
        nn.init.uniform_(self.bias, -bound, bound, generator=generator)


class Add(nn.Module):
    """The sum of branch and shortcut: the row that other summaries lack."""

    def forward(self, branch: Tensor, shortcut: Tensor) -> Tensor:
        return branch + shortcut

    def terms(self, branch: Tensor, shortcut: Tensor) -> tuple[Tensor, Tensor]:
        """What the sum is made of: the part from the branch and the part from the shortcut."""
        return branch, shortcut


class ZeroPad(nn.Module):
    """Option A of the paper: take every second position, fill the new channels with zeros."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.new_channels = out_channels - in_channels
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]  # (N, C_in, H / stride, W / stride)
        return F.pad(x, (0, 0, 0, 0, 0, self.new_channels))  # (N, C_out, H / stride, W / stride)


def shortcut(kind: str, in_channels: int, out_channels: int, stride: int) -> nn.Module | None:
    """The path around a block's branch; `None` for the plain network, which has none."""
    if kind == "none":
        return None
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    if kind == "zero-pad":
        return ZeroPad(in_channels, out_channels, stride)
    return nn.Sequential(
        Conv2d(in_channels, out_channels, 1, stride, bias=False), BatchNorm2d(out_channels)
    )


class Block(nn.Module):
    """What all blocks share: how a branch meets the shortcut.

    A block is built from (config, stage, in_channels, stride) and says of itself what follows. What else
    is asked about it, `config.traits` finds by building one.
    """

    last_norm: ClassVar[str]  # the norm with whose scale at zero the branch gives zero: zero-init
    last_activation: ClassVar[str]  # the activation after the sum; empty where the sum is the end

    def __init__(self, config: ResNetConfig, stage: int, in_channels: int, stride: int) -> None:
        super().__init__()

    def add_shortcut(self, kind: str, in_channels: int, out_channels: int, stride: int) -> None:
        """Add shortcut and sum. The projection, which has parameters, has torchvision's name."""
        self.in_channels, self.out_channels, self.stride = in_channels, out_channels, stride
        path = shortcut(kind, in_channels, out_channels, stride)
        if path is not None:
            self.around = "downsample" if isinstance(path, nn.Sequential) else "shortcut"
            self.add_module(self.around, path)
            self.add = Add()

    def join(self, branch: Tensor, x: Tensor) -> Tensor:
        """`branch + shortcut(x)`; the branch alone where the network is plain."""
        if not hasattr(self, "add"):
            return branch
        total: Tensor = self.add(branch, self.get_submodule(self.around)(x))
        return total

    def role_of(self, name: str) -> Role:
        """The role of one of the block's own layers."""
        if isinstance(self.get_submodule(name), Add):
            return Role.SUM
        if name == self.last_activation:
            return Role.ACTIVATION
        return Role.SHORTCUT if name == getattr(self, "around", "") else Role.BRANCH

    def end(self, total: Tensor) -> Tensor:
        """The block's last activation on the sum; the sum itself where it has none."""
        if not self.last_activation:
            return total
        output: Tensor = self.get_submodule(self.last_activation)(total)
        return output

    def bypass(self, x: Tensor) -> Tensor:
        """What is left of the block without its branch: its last activation on the shortcut alone.

        Veit et al. 2016, section 4.1. A plain block has no shortcut: x goes on as it is, or as the
        parameter-free option A would bring it along where the block changes the shape.
        """
        return self.end(self.way_around()(x))  # (N, out_channels, H / stride, W / stride)

    def way_around(self) -> nn.Module:
        """The shortcut; of a plain block what option A would be."""
        if hasattr(self, "add"):
            return self.get_submodule(self.around)
        path = shortcut("zero-pad", self.in_channels, self.out_channels, self.stride)
        assert path
        return path


class BasicBlock(Block):
    """Two 3×3 convolutions, He et al. 2015 figure 5 left."""

    last_norm = "bn2"
    last_activation = "relu2"

    def __init__(self, config: ResNetConfig, stage: int, in_channels: int, stride: int) -> None:
        super().__init__(config, stage, in_channels, stride)
        planes = config.planes(stage)
        self.conv1 = Conv2d(in_channels, planes, 3, stride, padding=1, bias=False)
        self.bn1 = BatchNorm2d(planes)
        self.relu1 = nn.ReLU()
        self.conv2 = Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = BatchNorm2d(planes)
        self.add_shortcut(config.shortcut, in_channels, planes, stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.relu1(self.bn1(self.conv1(x)))  # (N, planes, H / stride, W / stride)
        out = self.bn2(self.conv2(out))
        return self.end(self.join(out, x))


class Bottleneck(Block):
    """1×1 down, 3×3 (in groups for ResNeXt), 1×1 up by four, He et al. 2015 figure 5 right."""

    last_norm = "bn3"
    last_activation = "relu3"

    def __init__(self, config: ResNetConfig, stage: int, in_channels: int, stride: int) -> None:
        super().__init__(config, stage, in_channels, stride)
        inner, out = config.inner_width(stage), 4 * config.planes(stage)
        first, second = (stride, 1) if config.stride_place == "1x1" else (1, stride)
        self.conv1 = Conv2d(in_channels, inner, 1, first, bias=False)
        self.bn1 = BatchNorm2d(inner)
        self.relu1 = nn.ReLU()
        self.conv2 = Conv2d(inner, inner, 3, second, 1, groups=config.groups, bias=False)
        self.bn2 = BatchNorm2d(inner)
        self.relu2 = nn.ReLU()
        self.conv3 = Conv2d(inner, out, 1, bias=False)
        self.bn3 = BatchNorm2d(out)
        self.add_shortcut(config.shortcut, in_channels, out, stride)
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.relu1(self.bn1(self.conv1(x)))
        out = self.relu2(self.bn2(self.conv2(out)))  # (N, inner, H / stride, W / stride)
        out = self.bn3(self.conv3(out))  # (N, 4 · planes, H / stride, W / stride)
        return self.end(self.join(out, x))


BLOCKS: dict[str, type[Block]] = {"basic": BasicBlock, "bottleneck": Bottleneck}


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw a module's own parameters, as its class says.

    Raises:
        ConfigError: its class does not say how they are drawn.
    """
    draw = getattr(module, "draw", None)
    if draw is not None:
        draw(generator)
    elif own := [name for name, _ in module.named_parameters(recurse=False)]:
        raise ConfigError(
            f"How {', '.join(own)} of {type(module).__name__} are drawn is not said yet; give its class in "
            "resnet_viz/model/blocks.py a method draw(generator)."
        )
