"""Training images in shuffled batches, each image changed by the recipe's augmentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from torch import Tensor

from resnet_viz.images import Preprocessing
from resnet_viz.training.augmentation import Augmentation
from resnet_viz.training.dataset import ImageSet, Pixels

_ORDER: Final = 3  # spawn key of the shuffling, beside those of `rendered.Split`


def shuffled(
    images: ImageSet,
    size: int,
    seed: int,
    epoch: int,
    augmentation: Augmentation,
    device: torch.device | str = "cpu",
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of one epoch: changed images (size, 3, H, W) uint8 and their labels (size,).

    The order and the changes follow from seed and epoch alone, so that a resumed training sees
    what an uninterrupted one does. Images that fill no batch are left out of this epoch.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(_ORDER, epoch))
    rng = np.random.default_rng(sequence)
    order = rng.permutation(len(images))
    for start in range(0, len(order) - size + 1, size):
        chosen = order[start : start + size]
        batch = augmentation(as_batch(images.pixels(chosen)).to(device), rng)
        yield batch, torch.from_numpy(images.labels[chosen]).to(device)


def as_batch(rgb: Pixels) -> Tensor:
    """(N, H, W, 3) to (N, 3, H, W), uint8."""
    return torch.tensor(rgb).permute(0, 3, 1, 2)


def normalised(batch: Tensor, preparation: Preprocessing) -> Tensor:
    """(N, 3, H, W) uint8 to float32, as `to_tensor` does it for one image."""
    mean, std = (
        torch.tensor(each, device=batch.device) for each in (preparation.mean, preparation.std)
    )
    values = (batch.float() / 255 - mean[:, None, None]) / std[:, None, None]
    return values.contiguous(memory_format=torch.channels_last)
