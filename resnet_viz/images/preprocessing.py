"""From a picture to the square of numbers that a network was trained to see, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from PIL import Image

from resnet_viz.images.decode import View
from resnet_viz.images.reading import resized_crop
from resnet_viz.images.records import ImageInput, Pixels, read_only

# torch is imported where a tensor is made: the processes that decode files start without it.
if TYPE_CHECKING:
    import torch

Channels = tuple[float, float, float]

# Mean and standard deviation of the training pictures' red, green and blue, on a scale of 0 to 1.
IMAGENET_MEAN: Channels = (0.485, 0.456, 0.406)
IMAGENET_STD: Channels = (0.229, 0.224, 0.225)
CIFAR10_MEAN: Channels = (0.4914, 0.4822, 0.4465)
CIFAR10_STD: Channels = (0.2470, 0.2435, 0.2616)
IMAGENET_CROP_SHARE = 0.875  # 224 of 256 pixels: Krizhevsky et al. 2012, and torchvision's recipes


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Resize, centre crop, normalise: x ↦ (x / 255 − mean) / std for each channel.

    Attributes:
        resize: the shorter side after resizing, pixels.
        crop: the side of the centre square that the network sees, pixels.
        mean: subtracted from red, green, blue on a scale of 0 to 1.
        std: divided by, same scale.

    Raises:
        ValueError: the crop is larger than the resized picture, or a std is not positive.
    """

    resize: int
    crop: int
    mean: Channels
    std: Channels

    def __post_init__(self) -> None:
        if not 1 <= self.crop <= self.resize:
            raise ValueError(f"A crop of {self.crop} px needs a resize of at least as many.")
        if min(self.std) <= 0:
            raise ValueError(f"Each std must be positive, not {self.std}.")

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
    all its pixels: bilinear with antialiasing, and the same rounding of the longer side and of the
    crop's corner. JPEGs above 40 million pixels are read at half their size; `docs/correctness.md`
    says how much that is.
    """
    size, corner = _resized_size(image, p), _crop_offset(image, p)
    return resized_crop(image, View(size, corner, (p.crop, p.crop), Image.Resampling.BILINEAR))


def to_tensor(image: ImageInput, p: Preprocessing) -> torch.Tensor:
    """(1, 3, crop, crop) float32, normalised."""
    import torch

    values = torch.from_numpy(as_seen(image, p).astype(np.float32) / 255)  # (H, W, 3)
    normalised = (values - torch.tensor(p.mean)) / torch.tensor(p.std)
    return normalised.permute(2, 0, 1).unsqueeze(0).contiguous()  # (1, 3, H, W)


def from_tensor(tensor: torch.Tensor, p: Preprocessing) -> Pixels:
    """The picture that a normalised tensor stands for.

    Args:
        tensor: (3, H, W) or (1, 3, H, W); values beyond black or white are clipped.

    Returns:
        (H, W, 3) uint8, read-only.
    """
    import torch

    chw = tensor.detach().float().cpu().reshape(tensor.shape[-3:])  # (3, H, W)
    hwc = chw.permute(1, 2, 0) * torch.tensor(p.std) + torch.tensor(p.mean)  # (H, W, 3)
    pixels: Pixels = (hwc * 255).round().clamp(0, 255).to(torch.uint8).numpy()
    return read_only(pixels)


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
