"""The table of layer kinds: which window a layer moves over its input, and what its products cost.

A layer kind is the class of a module. What is said about a kind elsewhere hangs on its name: its
explanation in `texts/`, its formulas in `analysis.arithmetic`, its worked example in
`analysis.worked_example`, its words in `figures.diagram_labels`. `tests/test_kinds.py` goes over all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from torch import nn

from resnet_viz.errors import ConfigError
from resnet_viz.model import blocks
from resnet_viz.model.resnet import Stage

Pair = tuple[int, int]  # along rows, along columns
Window = tuple[Pair, Pair, Pair]  # kernel, stride, padding
Shape = tuple[int, ...]


def no_window(module: Any, input_shape: Shape) -> Window | None:
    """Position by position, or all of the input at once after flattening: no window moves."""
    return None


def own_window(module: Any, input_shape: Shape) -> Window:
    """The module's own kernel, stride and padding."""
    return _pair(module.kernel_size), _pair(module.stride), _pair(module.padding)


def whole_map(module: Any, input_shape: Shape) -> Window:
    """One window as large as the map: pooling to 1 × 1."""
    window = _pair(input_shape[1:])
    return window, window, (0, 0)


def every_nth(module: Any, input_shape: Shape) -> Window:
    """A window of one position that moves by the module's stride."""
    return (1, 1), _pair(module.stride), (0, 0)


def everywhere(module: Any, input_shape: Shape) -> Window | None:
    """No window moves, since every position reads the whole map, as in squeeze and excitation."""
    return None


@dataclass(frozen=True, slots=True)
class LayerKind:
    """One kind of layer that computes.

    Attributes:
        module: its class; the class's name is the kind's.
        window: kernel, stride and padding for an input of a shape (C, H, W), or none: one of the functions
            above. It has no default, since a wrong one makes a wrong receptive field.
        multiplies: whether each weight is used once for every output position.
        shortcut: what a shortcut of this one layer is called; empty where it is none by itself.
        passes_on: whether its output is its input's memory.
        saved: numbers that it keeps for the way back, for each that it puts out.
    """

    module: type[nn.Module]
    window: Callable[[Any, Shape], Window | None]
    multiplies: bool = False
    shortcut: str = ""
    passes_on: bool = False
    saved: int = 1

    @property
    def name(self) -> str:
        return self.module.__name__

    def macs(self, module: nn.Module, output_shape: Shape) -> int:
        """Multiply-adds for one image."""
        if not self.multiplies:
            return 0
        weight = module.get_parameter("weight")
        return weight.numel() * math.prod(output_shape[1:])


_ALL: Final = (
    LayerKind(blocks.Conv2d, own_window, multiplies=True),
    LayerKind(blocks.BatchNorm2d, no_window),
    LayerKind(nn.ReLU, no_window),
    LayerKind(nn.MaxPool2d, own_window, saved=3),  # where each maximum stood, in 64 bits
    LayerKind(blocks.Add, no_window),
    LayerKind(nn.Identity, no_window, shortcut="identity", passes_on=True),
    LayerKind(blocks.ZeroPad, every_nth, shortcut="zero-pad"),
    LayerKind(nn.AdaptiveAvgPool2d, whole_map),
    LayerKind(nn.Flatten, no_window, passes_on=True),
    LayerKind(blocks.Linear, no_window, multiplies=True),
)
KINDS: Final[Mapping[str, LayerKind]] = MappingProxyType({kind.name: kind for kind in _ALL})

# What holds layers: a stage, and every block that can be built.
CONTAINERS: Final = (Stage.__name__, *(block.__name__ for block in blocks.BLOCKS.values()))


def kind_of(module: nn.Module, path: str) -> LayerKind:
    """The kind of a module that computes.

    Raises:
        ConfigError: nobody has described it, so that its window and costs would be guessed.
    """
    kind = KINDS.get(type(module).__name__)
    if kind is None:
        raise ConfigError(
            f"{path} is of the kind {type(module).__name__}, which is not described; "
            "add it to resnet_viz/model/kinds.py."
        )
    return kind


def _pair(value: Any) -> Pair:
    height, width = value if isinstance(value, tuple) else (value, value)
    return int(height), int(width)
