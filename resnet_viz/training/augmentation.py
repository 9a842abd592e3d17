"""Random changes of training images that keep their class; every image by its own chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor

Augmentation = Callable[[Tensor, np.random.Generator], Tensor]


def turned_and_recoloured(batch: Tensor, rng: np.random.Generator) -> Tensor:
    """Turned, mirrored, with colours inverted or exchanged: (N, 3, H, W) uint8, for drawn shapes."""
    coins = rng.random((4, len(batch), 1, 1, 1)) < 0.5
    mirrored, upended, turned, inverted = torch.from_numpy(coins)
    batch = torch.where(mirrored, batch.flip(3), batch)
    batch = torch.where(upended, batch.flip(2), batch)
    batch = torch.where(turned, batch.transpose(2, 3), batch)
    batch = torch.where(inverted, 255 - batch, batch)
    channels = torch.from_numpy(rng.permuted(np.tile(np.arange(3), (len(batch), 1)), axis=1))
    return batch[torch.arange(len(batch))[:, None], channels]


def cropped_and_flipped(batch: Tensor, rng: np.random.Generator) -> Tensor:
    """A random crop of the image padded by an eighth, mirrored half of the time, for photographs.

    He et al. 2015, section 4.2: four pixels on each side of 32. The margin repeats the image in
    reverse instead of black.

    Args:
        batch: (N, 3, H, W) uint8.
        rng: decides offsets and flips.
    """
    images = batch.permute(0, 2, 3, 1).numpy()  # (N, H, W, 3)
    number, height, width, _ = images.shape
    margin = height // 8
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode="reflect")
    windows = sliding_window_view(padded, (height, width), axis=(1, 2))  # (N, 2m+1, 2m+1, 3, H, W)
    down, across = rng.integers(0, 2 * margin + 1, (2, number))
    crops = torch.from_numpy(windows[np.arange(number), down, across])  # (N, 3, H, W)
    mirrored = torch.from_numpy(rng.random((number, 1, 1, 1)) < 0.5)
    return torch.where(mirrored, crops.flip(3), crops)


AUGMENTATIONS: Final[Mapping[str, Augmentation]] = MappingProxyType(
    {"turn-recolour": turned_and_recoloured, "crop-flip": cropped_and_flipped}
)
