"""The gradient's way back through the blocks: how much arrives at each, and by which of its two ways.

At a sum the gradient goes on unchanged into the shortcut and into the branch (He et al. 2016, section 2);
what comes of both meets at the block's input, where the two add up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_viz.analysis import price
from resnet_viz.analysis.forward import ModuleIO, finite, record_io, run_forward, traced
from resnet_viz.analysis.records import Trace
from resnet_viz.analysis.sums import dot, norm
from resnet_viz.images import ImageInput
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel


@dataclass(frozen=True, slots=True)
class BlockGradient:
    """The gradient of the loss at one block, as L2 norms over all values of a tensor.

    Attributes:
        path: the block.
        kind: its shortcut: "identity", "projection", "zero-pad" or "none".
        output: ‖∂loss/∂y‖ at what the block puts out.
        total: ‖∂loss/∂(F(x) + shortcut)‖ before the last activation.
        input: ‖∂loss/∂x‖ at what the block is given.
        by_branch: the norm of the part of ∂loss/∂x that came through F.
        by_shortcut: the norm of the part that came through the shortcut; 0 without one.
        branch_share: how much of ∂loss/∂x the part through F is, along it: the rest is the shortcut's. It
            may be above 1 or below 0, where the two parts point against each other; `None` where
            ∂loss/∂x is zero.
    """

    path: str
    kind: str
    output: float
    total: float
    input: float
    by_branch: float
    by_shortcut: float
    branch_share: float | None

    @property
    def shortcut_share(self) -> float | None:
        """The other part: both shares add up to 1."""
        return None if self.branch_share is None else 1 - self.branch_share


@dataclass(frozen=True, slots=True)
class GradientFlow:
    """One backward pass of one image.

    Attributes:
        target: the class whose cross-entropy is the loss: the answer itself.
        loss: in nats.
        image: ‖∂loss/∂image‖, of the normalised image.
        blocks: in the order in which they run.
    """

    target: int
    loss: float
    image: float
    blocks: tuple[BlockGradient, ...]


def gradient_flow(loaded: LoadedModel, image: ImageInput) -> GradientFlow:
    """Run an image forward and the gradient of its loss back, with the norms of a trained network.

    The network is in evaluation mode: BatchNorm uses its running statistics.

    Raises:
        ConfigError: the backward pass would need too much memory.
    """
    trace = traced(loaded)
    price.check(trace.config, trace.input_size, price.price_of_flow(trace))

    def forward(network: ResNet, input_tensor: Tensor) -> GradientFlow:
        input_tensor.requires_grad_()
        with torch.enable_grad(), record_io(network, _watched(trace)) as seen:
            losses, answers = answer_losses(network(input_tensor))
            return GradientFlow(
                int(answers), losses.item(), *_backward(trace, seen, losses.sum(), input_tensor)
            )

    return run_forward(loaded, image, forward)


def _watched(trace: Trace) -> list[str]:
    """Blocks, their sums and their last activations."""
    parts = ((row.path, trace.parts(row.path)) for row in trace.blocks())
    return [each for path, part in parts for each in (path, part.total, part.activation) if each]


def answer_losses(scores: Tensor) -> tuple[Tensor, Tensor]:
    """The cross-entropy of each image's own answer, (N,) in nats, and the answers, (N,).

    In float64, in which a probability near 1 is not 1. One logit stands for a class and its absence, as
    in `predict`.
    """
    scores = scores.double()  # (N, num_classes)
    if scores.shape[1] == 1:
        scores = torch.cat([scores, torch.zeros_like(scores)], dim=1)
    answers = scores.argmax(dim=1)
    return F.cross_entropy(scores, answers, reduction="none"), answers


def _backward(
    trace: Trace, seen: dict[str, ModuleIO], loss: Tensor, input_tensor: Tensor
) -> tuple[float, tuple[BlockGradient, ...]]:
    """‖∂loss/∂image‖, and the gradient at every block."""
    blocks = [row.path for row in trace.blocks()]
    inputs = [seen[path].inputs[0] for path in blocks]
    totals = [_total(trace, seen, path) for path in blocks]
    outputs = [seen[path].output for path in blocks]
    at_image, *found = torch.autograd.grad(
        loss, [input_tensor, *inputs, *totals, *outputs], retain_graph=True
    )
    count = len(blocks)
    at_inputs, at_totals, at_outputs = found[:count], found[count : 2 * count], found[2 * count :]
    return _norm(at_image), tuple(
        _block(trace, seen, *one)
        for one in zip(blocks, at_inputs, at_totals, at_outputs, strict=True)
    )


def _total(trace: Trace, seen: dict[str, ModuleIO], path: str) -> Tensor:
    """What a block's last activation is given; its output where none follows."""
    last = trace.parts(path).activation
    return seen[last].inputs[0] if last else seen[path].output


def _block(
    trace: Trace,
    seen: dict[str, ModuleIO],
    path: str,
    at_input: Tensor,
    at_total: Tensor,
    at_output: Tensor,
) -> BlockGradient:
    """The gradient at one block; what did not come by the shortcut came through the branch."""
    by_shortcut = torch.zeros_like(at_input)
    if add := trace.parts(path).total:
        _, shortcut = seen[add].inputs
        (by_shortcut,) = torch.autograd.grad(
            shortcut, seen[path].inputs[0], at_total, retain_graph=True
        )
    by_branch = at_input - by_shortcut
    whole, along = dot(at_input, at_input), dot(by_branch, at_input)
    return BlockGradient(
        path,
        trace.shortcut_kind(path),
        output=_norm(at_output),
        total=_norm(at_total),
        input=_norm(at_input),
        by_branch=_norm(by_branch),
        by_shortcut=_norm(by_shortcut),
        branch_share=along / whole if whole else None,
    )


def _norm(tensor: Tensor) -> float:
    """The L2 norm; raises `WeightsError` where it is no number."""
    return float(finite(np.array(norm(tensor))))
