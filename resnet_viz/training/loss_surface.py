"""The loss around a trained network, in a plane: Li et al. 2018 (arXiv 1712.09913), section 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_viz.images import Preprocessing
from resnet_viz.model.resnet import ResNet, build_meta
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.checkpoint import rounded
from resnet_viz.training.dataset import ImageSet, some_of
from resnet_viz.weights.loss_surface import LossSurface

IMAGES: Final = 256  # of a data set, of which the loss is the mean
POINTS: Final = 21  # along each direction; odd, so that the network itself is one of them
REACH: Final = 1.0
_STREAM: Final = 4  # spawn key, beside those of `rendered.Split` and `batches`
_AT_ONCE: Final = 128  # images in one forward pass

Direction = dict[str, Tensor]
Report = Callable[[int, int], None]  # points done, and of how many


def loss_surface(
    network: ResNet,
    images: ImageSet,
    preparation: Preprocessing,
    kind: str,
    report: Report,
    *,
    count: int = IMAGES,
    points: int = POINTS,
    seed: int = 0,
    evaluate: Callable[[ResNet, Tensor, Tensor], float] | None = None,
) -> LossSurface:
    """Measure the loss at every point of a square around the network's parameters.

    The network stays as it is. Two directions are drawn from the seed and normalised filter by filter;
    BatchNorm's own parameters and statistics, and biases, stay where they are.

    Args:
        network: trained; it is run in evaluation mode.
        images: of which `count` are drawn, the same for every network.
        preparation: what is done to an image before the network sees it.
        kind: what the images are: "training" or "held-out".
        report: called after every point.
        count: images of which the loss is the mean.
        points: along each direction; odd.
        seed: of the two directions.
        evaluate: how `mean_loss` is called; directly, if nothing else is given.
    """
    evaluate = evaluate or mean_loss
    batch, labels = _some(images, preparation, count)
    across, down = directions(network, seed)
    probe = build_meta(network.config).to_empty(device="cpu")
    probe.load_state_dict(network.state_dict())
    steps = tuple(float(step) for step in np.linspace(-REACH, REACH, points))
    losses: list[tuple[float, ...]] = []
    for b in steps:
        row = []
        for a in steps:
            _move(probe, network, ((a, across), (b, down)))
            row.append(rounded(evaluate(probe, batch, labels)))
            report(len(losses) * points + len(row), points * points)
        losses.append(tuple(row))
    places = tuple(map(rounded, steps))
    return LossSurface(network.config.name, len(labels), kind, seed, places, tuple(losses))


def directions(network: ResNet, seed: int) -> tuple[Direction, Direction]:
    """Two random directions, from a stream of their own.

    The seed itself would draw what the network's first parameters were drawn from: the way that it came.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(_STREAM,))
    generator = torch.Generator().manual_seed(int(sequence.generate_state(1)[0]))
    return filter_normalised(network, generator), filter_normalised(network, generator)


def filter_normalised(network: ResNet, generator: torch.Generator) -> Direction:
    """A random direction in which every filter is as long as the network's own.

    A filter is what makes one output channel: a slice of a convolution's weight, a row of the classifier's.
    """
    direction = {}
    for name, parameter in network.named_parameters():
        if parameter.ndim < 2:  # biases, and BatchNorm's scales
            continue
        own = parameter.detach().cpu()
        drawn = torch.randn(own.shape, generator=generator)
        direction[name] = drawn * _lengths(own) / _lengths(drawn)
    return direction


def _lengths(weight: Tensor) -> Tensor:
    """The L2 norm of each filter, in a shape that multiplies with the weight."""
    lengths: Tensor = weight.flatten(1).norm(dim=1)
    return lengths.reshape(-1, *[1] * (weight.ndim - 1))


def _some(images: ImageSet, preparation: Preprocessing, count: int) -> tuple[Tensor, Tensor]:
    """Some images (N, 3, H, W), normalised, and their labels (N,)."""
    some = some_of(images, count)
    batch = normalised(as_batch(some.pixels(range(len(some)))), preparation)
    return batch, torch.from_numpy(some.labels)


@torch.no_grad()
def _move(probe: ResNet, network: ResNet, moves: tuple[tuple[float, Direction], ...]) -> None:
    """Set the probe's parameters to those of the network and some steps."""
    own = dict(network.named_parameters())
    for name, parameter in probe.named_parameters():
        parameter.copy_(own[name])
        for step, direction in moves:
            if name in direction:
                parameter.add_(direction[name], alpha=step)


@torch.no_grad()
def mean_loss(network: ResNet, batch: Tensor, labels: Tensor) -> float:
    """The mean cross-entropy in nats."""
    scores = torch.cat(
        [network(batch[start : start + _AT_ONCE]) for start in range(0, len(batch), _AT_ONCE)]
    )
    return F.cross_entropy(scores.double(), labels).item()
