"""What stands before the first stage, and for images of which kind it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Stem:
    """A convolution with BatchNorm and ReLU, and perhaps 3×3 max-pooling of stride 2.

    Attributes:
        kernel: side of the convolution's kernel, pixels.
        stride: of the convolution.
        pooled: whether max-pooling follows.
        family: the data set whose networks have it, whose preprocessing it therefore gets.
        input_size: side of that data set's images, as its networks see them, pixels.
        measured_at: side of the images on which untrained BatchNorms are measured, pixels: enough
            positions in the last stage, at the least cost.
    """

    kernel: int
    stride: int
    pooled: bool
    family: str
    input_size: int
    measured_at: int


STEMS: Final[Mapping[str, Stem]] = MappingProxyType(
    {
        "imagenet": Stem(7, 2, True, "ImageNet", input_size=224, measured_at=96),
        "cifar": Stem(3, 1, False, "CIFAR-10", input_size=32, measured_at=32),
    }
)
