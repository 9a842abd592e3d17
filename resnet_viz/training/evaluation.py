"""How well a network tells the shapes apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_viz.images import Preprocessing
from resnet_viz.model.resnet import ResNet
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.forms import SHAPES
from resnet_viz.training.sets import PictureSet

_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A network's answers to a set of pictures."""

    loss: float  # mean cross-entropy, nats
    confusion: tuple[tuple[int, ...], ...]  # pictures by true class (row) and answer (column)

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float(np.trace(self.confusion) / np.sum(self.confusion))

    @property
    def accuracy_by_class(self) -> tuple[float, ...]:
        """The same for the pictures of each class (recall)."""
        return tuple(float(row[i] / sum(row)) for i, row in enumerate(self.confusion))


def evaluate(network: ResNet, pictures: PictureSet, preparation: Preprocessing) -> Evaluation:
    """Ask a network, in evaluation mode afterwards, about every picture."""
    scores = logits(network, pictures, preparation)  # (N, classes)
    truth = torch.from_numpy(pictures.labels)
    confusion = np.zeros((len(SHAPES), len(SHAPES)), np.int64)
    np.add.at(confusion, (pictures.labels, scores.argmax(dim=1).numpy()), 1)
    return Evaluation(
        F.cross_entropy(scores, truth).item(), tuple(tuple(row) for row in confusion.tolist())
    )


@torch.no_grad()
def logits(network: ResNet, pictures: PictureSet, preparation: Preprocessing) -> Tensor:
    """(N, classes) float32 on the CPU."""
    network.eval()
    device = next(network.parameters()).device
    answers = [
        network(normalised(as_batch(pictures.rgb[start : start + _BATCH]).to(device), preparation))
        for start in range(0, len(pictures), _BATCH)
    ]
    return torch.cat(answers).float().cpu()
