"""Random changes of training images that keep their class; every image by its own chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Augmentation = Callable[[Tensor, np.random.Generator], Tensor]


def turned_and_recoloured(batch: Tensor, rng: np.random.Generator) -> Tensor:
    """Turned, mirrored, with colours inverted or exchanged: (N, 3, H, W) uint8, for drawn shapes."""
    coins = rng.random((4, len(batch), 1, 1, 1)) < 0.5
    mirrored, upended, turned, inverted = torch.from_numpy(coins).to(batch.device)
    batch = torch.where(mirrored, batch.flip(3), batch)
    batch = torch.where(upended, batch.flip(2), batch)
    batch = torch.where(turned, batch.transpose(2, 3), batch)
    batch = torch.where(inverted, 255 - batch, batch)
    channels = torch.from_numpy(rng.permuted(np.tile(np.arange(3), (len(batch), 1)), axis=1))
    return batch[torch.arange(len(batch))[:, None], channels.to(batch.device)]


def cropped_and_flipped(batch: Tensor, rng: np.random.Generator) -> Tensor:
    """A random crop of the image padded by an eighth, mirrored half of the time, for photographs.

    He et al. 2015, section 4.2: four pixels on each side of 32. The margin repeats the image in
    reverse instead of black.

    Args:
        batch: (N, 3, H, W) uint8.
        rng: decides offsets and flips.
    """
    number, _, height, width = batch.shape
    margin = height // 8
    down, across = rng.integers(0, 2 * margin + 1, (2, number, 1))
    mirrored = rng.random((number, 1)) < 0.5
    rows = _reflected(down - margin + np.arange(height), height)  # (N, H)
    columns = _reflected(across - margin + np.arange(width), width)  # (N, W)
    columns = np.where(mirrored, columns[:, ::-1], columns)
    picked = (np.arange(number)[:, None, None], rows[:, :, None], columns[:, None, :])
    where = [torch.from_numpy(each).to(batch.device) for each in picked]
    crops = batch.permute(0, 2, 3, 1)[where[0], where[1], where[2]]  # (N, H, W, 3)
    return crops.permute(0, 3, 1, 2)


def _reflected(indices: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
    """Indices beyond either end, as those that mirror them; the end itself is not repeated."""
    last = length - 1
    reflected: npt.NDArray[np.int64] = last - np.abs(last - np.abs(indices))
    return reflected


AUGMENTATIONS: Final[Mapping[str, Augmentation]] = MappingProxyType(
    {"turn-recolour": turned_and_recoloured, "crop-flip": cropped_and_flipped}
)
