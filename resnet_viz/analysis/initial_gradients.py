"""The gradient at every block before any training, with and without shortcuts, at any depth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import torch

from resnet_viz import jobs
from resnet_viz.images import Preprocessing
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_random
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.gradients import block_gradients
from resnet_viz.training.rendered import Split, rendered
from resnet_viz.training.shapes import SHAPES
from resnet_viz.weights.loaded import at_work

DEPTHS: Final = (8, 20, 32, 44, 56, 110)  # 6n + 2 layers: He et al. 2015, section 4.2
IMAGES: Final = 24  # rendered, two of each shape


@dataclass(frozen=True, slots=True)
class InitialGradients:
    """‖∂loss/∂y‖ at the output of every block, of two networks that differ in their shortcuts only.

    Attributes:
        depth: layers with weights.
        seed: of the parameters.
        images: in the batch whose mean cross-entropy is the loss.
        residual: of the network with shortcuts, in the order in which the blocks run.
        plain: of the one without.
    """

    depth: int
    seed: int
    images: int
    residual: tuple[float, ...]
    plain: tuple[float, ...]


def initial_gradients(depth: int, seed: int) -> InitialGradients:
    """Draw both networks from the seed and run one batch of rendered shapes forward and back.

    In training mode, as in the first step: BatchNorm uses the batch's own statistics.
    """
    residual = at_depth(depth)
    images = rendered(Split.TRAINING, 0, IMAGES, residual.input_size)
    pixels = as_batch(images.pixels(range(IMAGES)))
    batch = normalised(pixels, Preprocessing.whole(residual.input_size))
    labels = torch.from_numpy(images.labels)
    norms = []
    for config in (residual, replace(residual, shortcut="none")):
        jobs.check()
        network = build_random(config, seed)
        norms.append(at_work(block_gradients, network, batch, labels).outputs)
    return InitialGradients(depth, seed, IMAGES, *norms)


def at_depth(depth: int) -> ResNetConfig:
    """The residual network for 32 × 32 pixels with so many layers: three stages of equal length."""
    blocks = (depth - 2) // 6
    return replace(
        PRESETS["resnet20"], name="custom", repeats=(blocks,) * 3, num_classes=len(SHAPES)
    )
