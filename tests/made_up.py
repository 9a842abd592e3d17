"""Kinds of layers and blocks that a stranger could add, as CONTRIBUTING tells them to."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from resnet_viz.model.blocks import BasicBlock, BatchNorm2d, Block, Bottleneck, Conv2d
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.kinds import LayerKind, everywhere, no_window


class MeanPool(nn.AvgPool2d):
    """A kind of layer that nobody has described."""


class Scale(nn.Module):
    """A kind with a parameter whose class does not say how it is drawn."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((channels, 1, 1), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma


class Scaled(BasicBlock):
    """A basic block whose branch ends in a scale for each channel."""

    def __init__(self, config: ResNetConfig, stage: int, in_channels: int, stride: int) -> None:
        super().__init__(config, stage, in_channels, stride)
        self.scale = Scale(config.planes(stage))

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu1(self.bn1(self.conv1(x)))
        return self.end(self.join(self.scale(self.bn2(self.conv2(out))), x))


class Wide(BasicBlock):
    """A basic block whose second convolution sees 5 × 5."""

    def __init__(self, config: ResNetConfig, stage: int, in_channels: int, stride: int) -> None:
        super().__init__(config, stage, in_channels, stride)
        planes = config.planes(stage)
        self.conv2 = Conv2d(planes, planes, 5, padding=2, bias=False)


class ActivationFirst(Block):
    """Norm, ReLU, convolution, twice; the sum is the end (He et al. 2016, figure 1b)."""

    last_norm = "norm2"
    last_activation = ""

    def __init__(self, config: ResNetConfig, stage: int, in_channels: int, stride: int) -> None:
        super().__init__(config, stage, in_channels, stride)
        planes = config.planes(stage)
        self.norm1, self.act1 = BatchNorm2d(in_channels), nn.ReLU()
        self.first = Conv2d(in_channels, planes, 3, stride, padding=1, bias=False)
        self.norm2, self.act2 = BatchNorm2d(planes), nn.ReLU()
        self.second = Conv2d(planes, planes, 3, padding=1, bias=False)
        self.add_shortcut(config.shortcut, in_channels, planes, stride)

    def forward(self, x: Tensor) -> Tensor:
        out = self.first(self.act1(self.norm1(x)))
        return self.end(self.join(self.second(self.act2(self.norm2(out))), x))


class WideInside(Bottleneck):
    """A bottleneck with another 3×3 inside; it obeys groups and the place of the stride."""

    def __init__(self, config: ResNetConfig, stage: int, in_channels: int, stride: int) -> None:
        super().__init__(config, stage, in_channels, stride)
        inner = config.inner_width(stage)
        self.conv4 = Conv2d(inner, inner, 3, 1, 1, groups=config.groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu1(self.bn1(self.conv1(x)))
        out = self.conv4(self.relu2(self.bn2(self.conv2(out))))
        return self.end(self.join(self.bn3(self.conv3(out)), x))


class Swish(BasicBlock):
    """A basic block that ends in another activation."""

    def __init__(self, config: ResNetConfig, stage: int, in_channels: int, stride: int) -> None:
        super().__init__(config, stage, in_channels, stride)
        self.relu2 = nn.Hardswish()  # type: ignore[assignment]


class GroupNorm(nn.GroupNorm):
    """Norm over four groups of channels (Wu and He 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__(4, channels)

    def reset_parameters(self) -> None:
        pass

    def draw(self, generator: torch.Generator) -> None:
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)


class Strange(ActivationFirst):
    """The norm, the activation and the order are others than those of the papers."""

    def __init__(self, config: ResNetConfig, stage: int, in_channels: int, stride: int) -> None:
        super().__init__(config, stage, in_channels, stride)
        self.norm1, self.norm2 = GroupNorm(in_channels), GroupNorm(config.planes(stage))  # type: ignore[assignment]
        self.act1, self.act2 = nn.Hardswish(), nn.Hardswish()  # type: ignore[assignment]


# The lines of its kinds in the table: a norm over groups takes the mean of the whole map.
STRANGE = {
    "GroupNorm": LayerKind(GroupNorm, everywhere),
    "Hardswish": LayerKind(nn.Hardswish, no_window),
}
