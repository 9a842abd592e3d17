"""Training pictures in shuffled batches, each picture changed in ways that keep its shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from torch import Tensor

from resnet_viz.images import Preprocessing
from resnet_viz.training.pictures import Pixels
from resnet_viz.training.sets import PictureSet

_ORDER: Final = 3  # spawn key of the shuffling, beside those of `Split`


def shuffled(
    pictures: PictureSet, size: int, seed: int, epoch: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of one epoch: changed pictures (size, 3, H, W) uint8 and their labels (size,).

    The order and the changes follow from seed and epoch alone, so that a resumed training sees
    what an uninterrupted one does. Pictures that fill no batch are left out of this epoch.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(_ORDER, epoch))
    rng = np.random.default_rng(sequence)
    order = rng.permutation(len(pictures))
    for start in range(0, len(order) - size + 1, size):
        chosen = order[start : start + size]
        batch = changed(as_batch(pictures.rgb[chosen]), rng)
        yield batch, torch.from_numpy(pictures.labels[chosen])


def as_batch(rgb: Pixels) -> Tensor:
    """(N, H, W, 3) to (N, 3, H, W), uint8."""
    return torch.tensor(rgb).permute(0, 3, 1, 2)


def changed(batch: Tensor, rng: np.random.Generator) -> Tensor:
    """Turned, mirrored, recoloured: (N, 3, H, W) uint8, each picture by its own chance."""
    coins = rng.random((4, len(batch), 1, 1, 1)) < 0.5
    mirrored, upended, turned, inverted = torch.from_numpy(coins)
    batch = torch.where(mirrored, batch.flip(3), batch)
    batch = torch.where(upended, batch.flip(2), batch)
    batch = torch.where(turned, batch.transpose(2, 3), batch)
    batch = torch.where(inverted, 255 - batch, batch)
    channels = torch.from_numpy(rng.permuted(np.tile(np.arange(3), (len(batch), 1)), axis=1))
    return batch[torch.arange(len(batch))[:, None], channels]


def normalised(batch: Tensor, preparation: Preprocessing) -> Tensor:
    """(N, 3, H, W) uint8 to float32, as `to_tensor` does it for one picture."""
    mean, std = (
        torch.tensor(each, device=batch.device) for each in (preparation.mean, preparation.std)
    )
    values = (batch.float() / 255 - mean[:, None, None]) / std[:, None, None]
    return values.contiguous(memory_format=torch.channels_last)
