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
    def accuracy_by_class(self) -> tuple[float | None, ...]:
        """The same for the images of each class (recall); `None` for a class without images."""
        return tuple(
            row[i] / sum(row) if any(row) else None for i, row in enumerate(self.confusion)
        )


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
    return features_and_logits(network, images, preparation)[1]


@torch.no_grad()
def features_and_logits(
    network: ResNet, images: ImageSet, preparation: Preprocessing
) -> tuple[Tensor, Tensor]:
    """What the classifier reads, (N, features), and what it answers, (N, classes); on the CPU."""
    network.eval()
    device = next(network.parameters()).device
    *layers, classifier = network
    body = nn.Sequential(*layers)
    seen, answered = [], []
    for start in range(0, len(images), _BATCH):
        indices = range(start, min(start + _BATCH, len(images)))
        batch = normalised(as_batch(images.pixels(indices)).to(device), preparation)
        seen.append(body(batch))
        answered.append(classifier(seen[-1]))
    return torch.cat(seen).float().cpu(), torch.cat(answered).float().cpu()
