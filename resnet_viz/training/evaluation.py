"""How well a network tells its classes apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_viz.images import Preprocessing
from resnet_viz.model.resnet import ResNet, Stage
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.dataset import ImageSet
from resnet_viz.weights.training_range import Values, channel_statistics, compared_stage

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
    return torch.cat(list(_by_batch(network, images, preparation)))


def statistics_and_logits(
    network: ResNet, images: ImageSet, preparation: Preprocessing
) -> tuple[Values, Values]:
    """What `TrainingRange` compares: channel statistics (N, 2 × channels), and logits (N, classes)."""
    stages = [name for name, part in network.named_children() if isinstance(part, Stage)]
    seen: list[Values] = []
    hook = network.get_submodule(compared_stage(stages)).register_forward_hook(
        lambda _module, _inputs, maps: seen.append(channel_statistics(maps.float().cpu().numpy()))
    )
    try:
        scores = list(_by_batch(network, images, preparation))
    finally:
        hook.remove()
    return np.concatenate(seen), torch.cat(scores).numpy()


def _by_batch(network: ResNet, images: ImageSet, preparation: Preprocessing) -> Iterator[Tensor]:
    """Logits (batch, classes) on the CPU, batch by batch; the network is in evaluation mode then."""
    network.eval()
    device = next(network.parameters()).device
    for start in range(0, len(images), _BATCH):
        indices = range(start, min(start + _BATCH, len(images)))
        batch = normalised(as_batch(images.pixels(indices)).to(device), preparation)
        with torch.no_grad():
            batch_logits: Tensor = network(batch)
        yield batch_logits.float().cpu()
