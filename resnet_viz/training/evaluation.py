"""How well a network tells its classes apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_viz.images import Preprocessing
from resnet_viz.model.resnet import ResNet
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.dataset import ImageSet

_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A network's answers to a set of images."""

    loss: float  # mean cross-entropy, nats
    confusion: tuple[tuple[int, ...], ...]  # images by true class (row) and answer (column)

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float(np.trace(self.confusion) / np.sum(self.confusion))

    @property
    def accuracy_by_class(self) -> tuple[float, ...]:
        """The same for the images of each class (recall)."""
        return tuple(float(row[i] / max(sum(row), 1)) for i, row in enumerate(self.confusion))


def evaluate(network: ResNet, images: ImageSet, preparation: Preprocessing) -> Evaluation:
    """Run a network, in evaluation mode afterwards, on every image."""
    scores = logits(network, images, preparation)  # (N, classes)
    truth = torch.from_numpy(images.labels)
    classes = scores.shape[1]
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (images.labels, scores.argmax(dim=1).numpy()), 1)
    return Evaluation(
        F.cross_entropy(scores, truth).item(), tuple(tuple(row) for row in confusion.tolist())
    )


def logits(network: ResNet, images: ImageSet, preparation: Preprocessing) -> Tensor:
    """(N, classes) float32 on the CPU."""
    return _outputs(network, network, images, preparation)


def features(network: ResNet, images: ImageSet, preparation: Preprocessing) -> Tensor:
    """(N, features) float32 on the CPU: what the classifier reads."""
    return _outputs(network, nn.Sequential(*[*network][:-1]), images, preparation)


@torch.no_grad()
def _outputs(
    network: ResNet, part: nn.Sequential, images: ImageSet, preparation: Preprocessing
) -> Tensor:
    """What a part of the network, from its beginning on, puts out for every image."""
    network.eval()
    device = next(network.parameters()).device
    starts = range(0, len(images), _BATCH)
    batches = (range(start, min(start + _BATCH, len(images))) for start in starts)
    outputs = [
        part(normalised(as_batch(images.pixels(indices)).to(device), preparation))
        for indices in batches
    ]
    return torch.cat(outputs).float().cpu()
