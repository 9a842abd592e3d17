"""How much of the gradient arrives at every block: what shortcuts were invented for."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_viz.model.blocks import Block
from resnet_viz.model.resnet import ResNet


@dataclass(frozen=True, slots=True)
class BlockGradients:
    """L2 norms of the gradient of a batch's mean cross-entropy, one for each block from the stem on.

    Attributes:
        outputs: with respect to the block's output: what the blocks behind it send back.
        weights: with respect to all parameters of the block: what its own step follows.
    """

    outputs: tuple[float, ...]
    weights: tuple[float, ...]


def block_paths(network: ResNet) -> tuple[str, ...]:
    """The blocks in the order in which they run: `("layer1.0", "layer1.1", …)`."""
    return tuple(path for path, module in network.named_modules() if isinstance(module, Block))


def block_gradients(network: ResNet, inputs: Tensor, labels: Tensor) -> BlockGradients:
    """Measure the gradient at every block in training mode, on a copy: the network stays as it is.

    Args:
        network: in any mode.
        inputs: (N, 3, H, W) normalised images.
        labels: (N,) their classes.
    """
    probe = copy.deepcopy(network).train()
    blocks = [module for module in probe.modules() if isinstance(module, Block)]
    outputs: list[Tensor] = []
    for block in blocks:
        block.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    loss = F.cross_entropy(probe(inputs), labels)
    parameters = [list(block.parameters()) for block in blocks]
    flat = [parameter for group in parameters for parameter in group]
    gradients = torch.autograd.grad(loss, [*outputs, *flat])
    at_outputs, at_weights = gradients[: len(blocks)], list(gradients[len(blocks) :])
    weights = []
    for group in parameters:
        own, at_weights = at_weights[: len(group)], at_weights[len(group) :]
        weights.append(_norm(own))
    return BlockGradients(tuple(_norm([each]) for each in at_outputs), tuple(weights))


def _norm(tensors: list[Tensor]) -> float:
    """The L2 norm of all values of some tensors together."""
    return float(torch.stack([tensor.norm() for tensor in tensors]).norm())
