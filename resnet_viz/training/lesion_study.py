"""The lesion study on a test set: remove blocks, or exchange two, and count the errors.

Veit, Wilber and Belongie 2016 (arXiv 1605.06431), section 4, figures 3 and 5, who used CIFAR-10 too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from resnet_viz.images import Preprocessing
from resnet_viz.model.blocks import Block
from resnet_viz.model.kinds import KINDS
from resnet_viz.model.resnet import ResNet
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.dataset import ImageSet
from resnet_viz.weights.lesion_table import BlockLesion, LesionTable

Progress = Callable[[int, int], None]  # images done, images in all

_BATCH = 250


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One part of a network on an image's way: stem layer, block, or layer of the head."""

    path: str
    removed: bool = False  # a block of which only the shortcut is left


Route = tuple[Step, ...]  # all parts, in the order in which an image goes through them


def without(network: ResNet, *blocks: str) -> Route:
    """The way through a network from which some blocks are removed; the whole way without any."""
    return tuple(Step(path, path in blocks) for path, _ in network.steps())


def exchanged(network: ResNet, block: str, other: str) -> Route:
    """The way through a network in which two blocks of the same shapes have changed places."""
    places = {block: other, other: block}
    return tuple(Step(places.get(path, path)) for path, _ in network.steps())


def removable(network: ResNet) -> dict[str, str]:
    """What stands in for each block once it is removed: "identity", "zero-pad", or "projection"."""
    return {path: _kind(part) for path, part in network.steps() if isinstance(part, Block)}


def right_answers(
    network: ResNet, images: Tensor, truth: Tensor, routes: Sequence[Route]
) -> npt.NDArray[np.int64]:
    """How many images of a batch each way through the network classifies right.

    Ways that begin alike are gone together as far as that: what comes before a removed block runs once.

    Args:
        network: in evaluation mode.
        images: (N, 3, H, W), normalised.
        truth: (N,) int64, the true classes.
        routes: ways through the network, of equal length.

    Returns:
        (len(routes),) int64.
    """
    parts = dict(network.steps())
    right = np.zeros(len(routes), np.int64)

    def go(x: Tensor, numbers: list[int], begin: int) -> None:
        """Take the routes of these numbers on, from where the first `begin` steps have led them."""
        for at in range(begin, len(routes[numbers[0]])):
            *others, (step, numbers) = _parting(routes, numbers, at)
            for other, leaving in others:
                go(_gone(parts[other.path], other, x), leaving, at + 1)
            x = _gone(parts[step.path], step, x)
        right[numbers] = int((x.argmax(dim=1) == truth).sum())

    go(images, list(range(len(routes))), 0)
    return right


@torch.inference_mode()
def lesion_table(
    network: ResNet, images: ImageSet, preparation: Preprocessing, progress: Progress
) -> LesionTable:
    """Classify every image with the whole network, and with each block removed in turn.

    What comes before a block is the same with and without it and runs once, so that the study costs
    half a forward pass for each block.

    Args:
        network: on any device; in evaluation mode afterwards.
        images: with their true labels.
        preparation: what is done to an image before the network sees it.
        progress: told after every batch.
    """
    network.eval()
    device = next(network.parameters()).device
    kinds = removable(network)
    routes = [without(network), *(without(network, block) for block in kinds)]
    right = np.zeros(len(routes), np.int64)
    for start in range(0, len(images), _BATCH):
        indices = range(start, min(start + _BATCH, len(images)))
        truth = torch.from_numpy(images.labels[indices.start : indices.stop]).to(device)
        batch = normalised(as_batch(images.pixels(indices)).to(device), preparation)
        right += right_answers(network, batch, truth, routes)
        progress(indices.stop, len(images))
    whole, *each = ((len(images) - right) / len(images)).tolist()
    return LesionTable(
        network.config.name,
        len(images),
        whole,
        tuple(
            BlockLesion(path, kind, error)
            for (path, kind), error in zip(kinds.items(), each, strict=True)
        ),
    )


def _parting(
    routes: Sequence[Route], numbers: Collection[int], at: int
) -> list[tuple[Step, list[int]]]:
    """The steps that routes take at a place, and which routes take them; the most travelled last."""
    parting: dict[Step, list[int]] = {}
    for number in numbers:
        parting.setdefault(routes[number][at], []).append(number)
    return sorted(parting.items(), key=lambda each: len(each[1]))


def _gone(part: nn.Module, step: Step, x: Tensor) -> Tensor:
    if step.removed:
        assert isinstance(part, Block)
        return part.bypass(x)
    out: Tensor = part(x)
    return out


def _kind(block: Block) -> str:
    kind = KINDS.get(type(block.way_around()).__name__)
    return kind.shortcut if kind else "projection"
