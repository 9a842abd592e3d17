"""From an image to the square of numbers that a network was trained to see, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from PIL import Image

from resnet_viz.images.decode import View
from resnet_viz.images.reading import resized_crop
from resnet_viz.images.records import ImageInput, Pixels, read_only

# torch is imported where a tensor is made: the processes that decode files start without it.
if TYPE_CHECKING:
    import torch

Channels = tuple[float, float, float]

# Mean and standard deviation of the training images' red, green and blue, on a scale of 0 to 1.
IMAGENET_MEAN: Channels = (0.485, 0.456, 0.406)
IMAGENET_STD: Channels = (0.229, 0.224, 0.225)
CIFAR10_MEAN: Channels = (0.4914, 0.4822, 0.4465)
CIFAR10_STD: Channels = (0.2470, 0.2435, 0.2616)
IMAGENET_CROP_SHARE = 0.875  # 224 of 256 pixels: Krizhevsky et al. 2012, and torchvision's recipes

INTERPOLATIONS: Final[Mapping[str, Image.Resampling]] = MappingProxyType(
    {
        "bilinear": Image.Resampling.BILINEAR,
        "bicubic": Image.Resampling.BICUBIC,
        "nearest": Image.Resampling.NEAREST,
        "lanczos": Image.Resampling.LANCZOS,
        "box": Image.Resampling.BOX,
    }
)
ORDERS: Final = ("rgb", "bgr")
WHITES: Final = (1, 255)


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Resize, centre crop, normalise: x ↦ (x · white / 255 − mean) / std for each channel.

    Attributes:
        resize: the shorter side after resizing, pixels.
        crop: the side of the centre square that the network sees, pixels.
        mean: subtracted from each channel, in the network's order, on a scale of 0 to `white`.
        std: divided by, same scale.
        white: what a channel's highest value is before that: 1, or 255 as Caffe has it.
        order: in which order the network reads the channels: "rgb", or "bgr" as OpenCV has them.
        interpolation: one of `INTERPOLATIONS`, with antialiasing but for "nearest".

    Raises:
        ValueError: the crop is larger than the resized image, a std is not positive, or there is no
            such scale, order or interpolation.
    """

    resize: int
    crop: int
    mean: Channels
    std: Channels
    white: int = 1
    order: str = "rgb"
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        if not 1 <= self.crop <= self.resize:
            raise ValueError(f"A crop of {self.crop} px needs a resize of at least as many.")
        if min(self.std) <= 0:
            raise ValueError(f"Each std must be positive, not {self.std}.")
        if self.white not in WHITES or self.order not in ORDERS:
            raise ValueError(f"There is no scale to {self.white} or order “{self.order}”.")
        if self.interpolation not in INTERPOLATIONS:
            raise ValueError(f"There is no interpolation “{self.interpolation}”.")

    @property
    def channels(self) -> tuple[str, ...]:
        """The colours of the network's input channels, in its order."""
        names = ("red", "green", "blue")
        return names if self.order == "rgb" else names[::-1]

    @property
    def words(self) -> str:
        """What is done to an image, in one sentence without its full stop."""
        mean, std = (", ".join(f"{value:g}" for value in each) for each in (self.mean, self.std))
        how = "" if self.interpolation == "bilinear" else f" ({self.interpolation})"
        turned = (
            "" if self.order == "rgb" else f", channels put in the order {', '.join(self.channels)}"
        )
        return (
            f"shorter side resized to {self.resize} px{how}, centre {self.crop} × {self.crop} px kept"
            f"{turned}, then (value − mean) / std per channel, values from 0 to {self.white}: "
            f"mean {mean}; std {std}"
        )

    @classmethod
    def imagenet(cls, crop: int) -> Self:
        """As torchvision's ImageNet weights were trained: 256 for 224."""
        return cls(round(crop / IMAGENET_CROP_SHARE), crop, IMAGENET_MEAN, IMAGENET_STD)

    @classmethod
    def whole(cls, crop: int) -> Self:
        """The whole shorter side, with CIFAR-10's statistics: 32 × 32 networks, drawn shapes."""
        return cls(crop, crop, CIFAR10_MEAN, CIFAR10_STD)


def crop_box(image: ImageInput, p: Preprocessing) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what the network sees, in pixels of `image.rgb`."""
    height, width, _ = image.rgb.shape
    (new_width, new_height), (left, top) = _resized_size(image, p), _crop_offset(image, p)
    across, down = width / new_width, height / new_height  # source pixels for one resized pixel
    return left * across, top * down, (left + p.crop) * across, (top + p.crop) * down


def as_seen(image: ImageInput, p: Preprocessing) -> Pixels:
    """(crop, crop, 3) uint8, read-only: what the network sees, before normalising.

    Equal to torchvision's `Resize(p.resize)` and `CenterCrop(p.crop)` on the upright PIL image, of
    all its pixels: the same interpolation, with antialiasing, and the same rounding of the longer side
    and of the crop's corner. JPEGs above 40 million pixels are read at half their size;
    `docs/correctness.md` says how much that is.
    """
    size, corner = _resized_size(image, p), _crop_offset(image, p)
    filter_ = INTERPOLATIONS[p.interpolation]
    return resized_crop(image, View(size, corner, (p.crop, p.crop), filter_))


def to_tensor(image: ImageInput, p: Preprocessing) -> torch.Tensor:
    """(1, 3, crop, crop) float32, normalised, the channels in the network's order."""
    import torch

    pixels = _reordered(as_seen(image, p), p)
    values = torch.from_numpy(pixels.astype(np.float32) / (255 / p.white))  # (H, W, 3)
    normalised = (values - torch.tensor(p.mean)) / torch.tensor(p.std)
    return normalised.permute(2, 0, 1).unsqueeze(0).contiguous()  # (1, 3, H, W)


def from_tensor(tensor: torch.Tensor, p: Preprocessing) -> Pixels:
    """The image that a normalised tensor stands for.

    Args:
        tensor: (3, H, W) or (1, 3, H, W); values beyond black or white are clipped.

    Returns:
        (H, W, 3) uint8, read-only.
    """
    import torch

    chw = tensor.detach().float().cpu().reshape(tensor.shape[-3:])  # (3, H, W)
    hwc = chw.permute(1, 2, 0) * torch.tensor(p.std) + torch.tensor(p.mean)  # (H, W, 3)
    pixels: Pixels = (hwc * (255 / p.white)).round().clamp(0, 255).to(torch.uint8).numpy()
    return read_only(_reordered(pixels, p))


def _reordered(pixels: Pixels, p: Preprocessing) -> Pixels:
    """Red, green, blue in the network's order, or the other way round."""
    return pixels if p.order == "rgb" else np.ascontiguousarray(pixels[..., ::-1])


def _resized_size(image: ImageInput, p: Preprocessing) -> tuple[int, int]:
    """(width, height) after resizing; torchvision cuts the longer side down to a whole pixel."""
    width, height = image.original_size
    if width <= height:
        return p.resize, int(p.resize * height / width)
    return int(p.resize * width / height), p.resize


def _crop_offset(image: ImageInput, p: Preprocessing) -> tuple[int, int]:
    """(left, top) of the centre square; halves go to the even pixel, as in torchvision."""
    width, height = _resized_size(image, p)
    return round((width - p.crop) / 2), round((height - p.crop) / 2)
