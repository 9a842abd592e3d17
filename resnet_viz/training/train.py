"""The training itself, epoch by epoch; interrupted, it goes on where the last epoch ended."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from resnet_viz.errors import ConfigError, WeightsError
from resnet_viz.images import Preprocessing
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import ResNet, build_random
from resnet_viz.training.augmentation import AUGMENTATIONS
from resnet_viz.training.batch_gradient import Answers, BatchGradient, CapturedGradient
from resnet_viz.training.batches import as_batch, normalised, shuffled
from resnet_viz.training.checkpoint import read_checkpoint, write_checkpoint
from resnet_viz.training.dataset import Dataset, ImageSet, some_of
from resnet_viz.training.evaluation import evaluate
from resnet_viz.training.gradients import BlockGradients, block_gradients
from resnet_viz.training.recipe import Recipe

GRADIENT_IMAGES: Final = 128  # training images, the same every time, for `BlockGradients`
_MOMENTUM: Final = "momentum."  # before a parameter's name
_READ_EVERY: Final = 50  # batches, on a GPU


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides the parameters, apart from the images: on a CPU equal plans make equal networks."""

    config: ResNetConfig
    recipe: Recipe
    seed: int

    @property
    def preparation(self) -> Preprocessing:
        """What is done to an image before the network sees it."""
        return Preprocessing.whole(self.config.input_size)

    def record(self) -> dict[str, Any]:
        """The plan in plain values, as they come back from JSON."""
        config = asdict(self.config) | {"repeats": list(self.config.repeats)}
        return {"config": config, "recipe": asdict(self.recipe), "seed": self.seed}


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One point of the training curves; losses are mean cross-entropies in nats."""

    epoch: int  # from 1
    train_loss: float  # over the epoch's changed images, while the network learns from them
    train_accuracy: float
    held_out_loss: float  # after the epoch, on images never learned from: `Dataset.held_out`
    held_out_accuracy: float
    gradients: BlockGradients  # after the epoch, on the same training images every time
    seconds: float = field(compare=False)  # that the epoch took, its test included


@dataclass(frozen=True, slots=True)
class Step:
    """How far a training is, after one batch."""

    epoch: int  # from 1
    share: float  # of the epoch that is done
    loss: float  # of the batch
    seconds_left: float  # until the last epoch ends, at the speed of this epoch so far


Report = Callable[[Step], None]


class Training:
    """A network on its way: parameters, momentum, and the curves so far."""

    def __init__(self, plan: Plan, device: str = "cpu") -> None:
        self.plan, self.device = plan, device
        self.network = build_random(plan.config, plan.seed)
        self.network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = _optimizer(self.network, plan.recipe)
        self._gradient: BatchGradient | CapturedGradient = BatchGradient(self.network, plan.recipe)
        self.curve: tuple[EpochRecord, ...] = ()
        self.initial_gradients: BlockGradients | None = None  # before the first step

    @property
    def unfinished(self) -> bool:
        """Whether there are epochs to go."""
        return len(self.curve) < self.plan.recipe.epochs

    def run(self, dataset: Dataset, file: Path, report: Report) -> ResNet:
        """Train to the end and return the network; `file` holds what is needed to resume.

        Raises:
            ConfigError: there are fewer training images than one batch takes, or the loss has ceased
            to be a number.
        """
        if len(dataset.train) < self.plan.recipe.batch:
            raise ConfigError(
                f"The data set has {len(dataset.train):,} training images, fewer than one batch of "
                f"{self.plan.recipe.batch}; choose a smaller --batch, or more images."
            )
        fingerprint = dataset.fingerprint()
        if self.initial_gradients is None:
            self.initial_gradients = self._gradients(dataset.train)
        while self.unfinished:
            start = time.monotonic()
            loss, accuracy = self._epoch(dataset.train, report)
            seen = evaluate(self.network, dataset.held_out, self.plan.preparation)
            gradients, seconds = self._gradients(dataset.train), time.monotonic() - start
            epoch = len(self.curve) + 1
            done = EpochRecord(epoch, loss, accuracy, seen.loss, seen.accuracy, gradients, seconds)
            self.curve = (*self.curve, done)
            self.save(file, fingerprint)
        return self.network.cpu().eval()

    def save(self, file: Path, fingerprint: str) -> None:
        """Write what is needed to go on after the last whole epoch."""
        momentum = {_MOMENTUM + name: buffer for name, buffer in self._momentum()}
        record = {
            "plan": self.plan.record(),
            "dataset": fingerprint,
            "curve": [asdict(point) for point in self.curve],
            "initial_gradients": self.initial_gradients and asdict(self.initial_gradients),
        }
        write_checkpoint(file, self.network.state_dict() | momentum, record)

    def resume(self, file: Path, dataset: Dataset) -> None:
        """Take over what `save` wrote.

        Raises:
            WeightsError: it was written by a training with another plan or on other images.
        """
        tensors, record = read_checkpoint(file)
        if record["plan"] != self.plan.record():
            raise WeightsError(f"“{file.name}” is of a training with other options; remove it.")
        if record["dataset"] != dataset.fingerprint():
            raise WeightsError(f"“{file.name}” is of a training on other images; remove it.")
        self.curve = tuple(
            EpochRecord(**point | {"gradients": _gradients(point["gradients"])})
            for point in record["curve"]
        )
        self.initial_gradients = _gradients(record["initial_gradients"])
        buffers = {name: tensors.pop(name) for name in [*tensors] if name.startswith(_MOMENTUM)}
        self.network.load_state_dict(tensors)
        for name, parameter in self.network.named_parameters():
            buffer = torch.empty_like(parameter).copy_(buffers[_MOMENTUM + name])
            self.optimizer.state[parameter]["momentum_buffer"] = buffer

    def _epoch(self, images: ImageSet, report: Report) -> tuple[float, float]:
        """Learn from all images once; the mean loss and the accuracy on the way."""
        recipe, epoch = self.plan.recipe, len(self.curve)
        batches = len(images) // recipe.batch
        change = AUGMENTATIONS[recipe.augmentation]
        losses, right = 0.0, 0
        start = time.monotonic()
        self.network.train()
        unread: list[Answers] = []
        for index, (batch, labels) in enumerate(
            shuffled(images, recipe.batch, self.plan.seed, epoch, change, self._device)
        ):
            self._set_rate(recipe.rate((epoch + index / batches) / recipe.epochs))
            unread.append(self._step(normalised(batch, self.plan.preparation), labels))
            if len(unread) < self._read_every and index + 1 < batches:
                continue
            for loss, hits in _numbers(unread):
                losses, right = losses + loss, right + hits
            unread.clear()
            if not math.isfinite(losses):
                raise ConfigError(
                    f"The training diverged: in epoch {epoch + 1} the loss is no longer a number. "
                    "Begin anew with another --recipe, --batch or --seed."
                )
            share = (index + 1) / batches
            left = (time.monotonic() - start) / share * (recipe.epochs - epoch - share)
            report(Step(epoch + 1, share, loss, left))
        return losses / batches, right / (batches * recipe.batch)

    def _step(self, inputs: Tensor, labels: Tensor) -> Answers:
        """One step down the gradient; the answers before it."""
        if inputs.is_cuda and isinstance(self._gradient, BatchGradient):
            self._gradient = CapturedGradient(self._gradient, self.network, (inputs, labels))
        answers = self._gradient(inputs, labels)
        self.optimizer.step()
        return answers

    def _gradients(self, images: ImageSet) -> BlockGradients:
        """On some training images, without augmentation."""
        some = some_of(images, GRADIENT_IMAGES)
        batch = as_batch(some.pixels(range(len(some)))).to(self._device)
        labels = torch.from_numpy(some.labels).to(self._device)
        return block_gradients(self.network, normalised(batch, self.plan.preparation), labels)

    def _set_rate(self, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def _momentum(self) -> Iterator[tuple[str, Tensor]]:
        for name, parameter in self.network.named_parameters():
            yield name, self.optimizer.state[parameter]["momentum_buffer"]

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device

    @property
    def _read_every(self) -> int:
        """Batches after which the answers are read: a GPU would wait for the reader each time."""
        return _READ_EVERY if self._device.type == "cuda" else 1


def _gradients(record: dict[str, Any]) -> BlockGradients:
    return BlockGradients(tuple(record["outputs"]), tuple(record["weights"]))


def _numbers(answers: list[Answers]) -> list[tuple[float, int]]:
    """Losses and counts, read from the device together."""
    losses, right = (torch.stack(each).tolist() for each in zip(*answers, strict=True))
    return list(zip(losses, right, strict=True))


def _optimizer(network: ResNet, recipe: Recipe) -> torch.optim.SGD:
    """Weights decay; what shifts and scales channels only where the recipe says so.

    Leaving those out is advice of He et al. 2019, section 3.1.
    """
    parameters = list(network.parameters())
    decay = recipe.weight_decay if recipe.decay_norms else 0.0
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": decay},
    ]
    return torch.optim.SGD(groups, lr=0.0, momentum=recipe.momentum, nesterov=recipe.nesterov)
