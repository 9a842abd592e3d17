"""The training itself, epoch by epoch; interrupted, it goes on where the last epoch ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_viz.errors import WeightsError
from resnet_viz.images import Preprocessing
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import ResNet, build_random
from resnet_viz.training.batches import normalised, shuffled
from resnet_viz.training.checkpoint import read_checkpoint, write_checkpoint
from resnet_viz.training.evaluation import evaluate
from resnet_viz.training.recipe import Recipe
from resnet_viz.training.sets import PictureSet

_MOMENTUM: Final = "momentum."  # before a parameter's name

Report = Callable[[int, float, float], None]  # epoch, share of it done, loss of the last batch


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides the parameters, apart from the pictures: equal plans, equal networks."""

    config: ResNetConfig
    recipe: Recipe
    seed: int

    @property
    def preparation(self) -> Preprocessing:
        """What is done to a picture before the network sees it."""
        return Preprocessing.whole(self.config.input_size)

    def record(self) -> dict[str, Any]:
        """The plan in plain values."""
        return {"network": self.config.name, "recipe": asdict(self.recipe), "seed": self.seed}


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One point of the training curves; losses are mean cross-entropies in nats."""

    epoch: int  # from 1
    train_loss: float  # over the epoch's changed pictures, while the network learns from them
    train_accuracy: float
    validation_loss: float  # after the epoch, on pictures never learned from
    validation_accuracy: float


class Training:
    """A network on its way: parameters, momentum, and the curves so far."""

    def __init__(self, plan: Plan, device: str = "cpu") -> None:
        self.plan = plan
        self.network = build_random(plan.config, plan.seed)
        self.network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = _optimizer(self.network, plan.recipe)
        self.curve: tuple[EpochRecord, ...] = ()

    @property
    def unfinished(self) -> bool:
        """Whether there are epochs to go."""
        return len(self.curve) < self.plan.recipe.epochs

    def run(
        self, pictures: PictureSet, validation: PictureSet, file: Path, report: Report
    ) -> ResNet:
        """Train to the end and return the network; `file` holds what is needed to resume."""
        while self.unfinished:
            loss, accuracy = self._epoch(pictures, report)
            seen = evaluate(self.network, validation, self.plan.preparation)
            done = EpochRecord(len(self.curve) + 1, loss, accuracy, seen.loss, seen.accuracy)
            self.curve = (*self.curve, done)
            self.save(file)
        return self.network.cpu().eval()

    def save(self, file: Path) -> None:
        """Write what is needed to go on after the last whole epoch."""
        momentum = {_MOMENTUM + name: buffer for name, buffer in self._momentum()}
        record = {"plan": self.plan.record(), "curve": [asdict(point) for point in self.curve]}
        write_checkpoint(file, self.network.state_dict() | momentum, record)

    def resume(self, file: Path) -> None:
        """Take over what `save` wrote.

        Raises:
            WeightsError: it was written by a training with another plan.
        """
        tensors, record = read_checkpoint(file)
        if record["plan"] != self.plan.record():
            raise WeightsError(f"“{file.name}” is of a training with other options; remove it.")
        self.curve = tuple(EpochRecord(**point) for point in record["curve"])
        buffers = {name: tensors.pop(name) for name in [*tensors] if name.startswith(_MOMENTUM)}
        self.network.load_state_dict(tensors)
        for name, parameter in self.network.named_parameters():
            buffer = torch.empty_like(parameter).copy_(buffers[_MOMENTUM + name])
            self.optimizer.state[parameter]["momentum_buffer"] = buffer

    def _epoch(self, pictures: PictureSet, report: Report) -> tuple[float, float]:
        """Learn from all pictures once; the mean loss and the accuracy on the way."""
        recipe, epoch, device = self.plan.recipe, len(self.curve), self._device
        batches = len(pictures) // recipe.batch
        losses, right = 0.0, 0
        self.network.train()
        for index, (batch, labels) in enumerate(
            shuffled(pictures, recipe.batch, self.plan.seed, epoch)
        ):
            self._set_rate(recipe.rate((epoch + index / batches) / recipe.epochs))
            inputs = normalised(batch.to(device), self.plan.preparation)
            loss, hits = self._step(inputs, labels.to(device))
            losses, right = losses + loss, right + hits
            report(epoch + 1, (index + 1) / batches, loss)
        return losses / batches, right / (batches * recipe.batch)

    def _step(self, inputs: Tensor, labels: Tensor) -> tuple[float, int]:
        """One step down the gradient; the cross-entropy before it, and how many were right."""
        scores = self.network(inputs)  # (N, classes)
        loss = F.cross_entropy(scores, labels, label_smoothing=self.plan.recipe.label_smoothing)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        hits = (scores.argmax(dim=1) == labels).sum()
        return F.cross_entropy(scores.detach(), labels).item(), int(hits)

    def _set_rate(self, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def _momentum(self) -> Iterator[tuple[str, Tensor]]:
        for name, parameter in self.network.named_parameters():
            yield name, self.optimizer.state[parameter]["momentum_buffer"]

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device


def _optimizer(network: ResNet, recipe: Recipe) -> torch.optim.SGD:
    """Weights decay, what shifts and scales channels does not (He et al. 2019, section 3.1)."""
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=0.0, momentum=recipe.momentum, nesterov=True)
