"""The lesion study on a test set: remove each block in turn and count the errors.

Veit, Wilber and Belongie 2016 (arXiv 1605.06431), section 4.1 and figure 3, who used CIFAR-10 too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.images import Preprocessing
from resnet_viz.model.blocks import Block
from resnet_viz.model.kinds import KINDS
from resnet_viz.model.resnet import ResNet, Stage
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.dataset import ImageSet
from resnet_viz.weights.lesion_table import BlockLesion, LesionTable

Progress = Callable[[int, int], None]  # images done, images in all

_BATCH = 250


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
    parts = list(_parts(network))
    wrong = np.zeros(len(parts) + 1, np.int64)  # without each part; the last: with all
    for start in range(0, len(images), _BATCH):
        indices = range(start, min(start + _BATCH, len(images)))
        truth = torch.from_numpy(images.labels[indices.start : indices.stop]).to(device)
        x = normalised(as_batch(images.pixels(indices)).to(device), preparation)
        for place, (_, part) in enumerate(parts):
            if isinstance(part, Block):
                wrong[place] += _errors(part.bypass(x), parts[place + 1 :], truth)
            x = part(x)
        wrong[-1] += int((x.argmax(dim=1) != truth).sum())
        progress(indices.stop, len(images))
    return LesionTable(
        network.config.name,
        len(images),
        float(wrong[-1] / len(images)),
        tuple(
            BlockLesion(path, _kind(part), float(wrong[place] / len(images)))
            for place, (path, part) in enumerate(parts)
            if isinstance(part, Block)
        ),
    )


def _parts(network: ResNet) -> Iterator[tuple[str, nn.Module]]:
    """Stem, blocks and head in the order in which they run, with their paths."""
    for name, module in network.named_children():
        if isinstance(module, Stage):
            yield from ((f"{name}.{index}", block) for index, block in module.named_children())
        else:
            yield name, module


def _errors(x: Tensor, rest: list[tuple[str, nn.Module]], truth: Tensor) -> int:
    for _, part in rest:
        x = part(x)
    return int((x.argmax(dim=1) != truth).sum())


def _kind(block: Block) -> str:
    """What stands in for a removed block: "identity", "zero-pad", or else "projection"."""
    kind = KINDS.get(type(block.way_around()).__name__)
    return kind.shortcut if kind else "projection"
