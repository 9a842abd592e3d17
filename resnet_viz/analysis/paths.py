"""The paths through a residual network: Veit, Wilber and Belongie 2016 (arXiv 1605.06431), sections 3 and 5.

Multiplied out, n blocks are a sum of 2ⁿ paths: each goes through a branch or past it. Their lengths are
distributed binomially; how much gradient a path of each length carries is measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from resnet_viz.analysis.forward import run_forward, traced
from resnet_viz.analysis.gradient_flow import answer_losses
from resnet_viz.analysis.lesions import removable
from resnet_viz.errors import ConfigError
from resnet_viz.images import ImageInput
from resnet_viz.model.blocks import Add
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel

SAMPLES: Final = 8  # paths of each length
AT_ONCE: Final = 16  # paths in one backward pass


@dataclass(frozen=True, slots=True)
class PathLengths:
    """What the paths of each length, 0 to n, carry.

    Attributes:
        blocks: n, the blocks with a shortcut.
        samples: paths that were drawn of each length.
        gradients: mean ‖∂loss/∂image‖ through one path, by its length.
    """

    blocks: int
    samples: int
    gradients: tuple[float, ...]

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of all paths that have each length."""
        return path_shares(self.blocks)

    @property
    def carried(self) -> tuple[float, ...]:
        """The share of all gradient that paths of each length carry: their number times the mean of one."""
        products = [a * b for a, b in zip(self.shares, self.gradients, strict=True)]
        total = sum(products)
        return tuple(product / total if total else 0.0 for product in products)


def path_shares(blocks: int) -> tuple[float, ...]:
    """The share of the 2ⁿ paths through n blocks that go through k branches, for k = 0 to n."""
    return tuple(math.comb(blocks, k) / 2**blocks for k in range(blocks + 1))


def shortest_with(values: tuple[float, ...], share: float) -> tuple[int, int]:
    """The narrowest range of lengths that holds this share of the whole, both ends included."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ranges = (
        (high - low, low, high)
        for low in range(len(values))
        for high in range(low, len(values))
        if sums[high + 1] - sums[low] >= share * sums[-1]
    )
    _, low, high = min(ranges)
    return low, high


def path_lengths(loaded: LoadedModel, image: ImageInput) -> PathLengths:
    """Measure the gradient of one image's loss through single paths of every length.

    Forward, the image goes through the whole network. Back, the gradient goes through the branches of k
    blocks, drawn anew each time, and past all others (section 5).

    Raises:
        ConfigError: the network has no shortcut.
    """
    blocks = removable(traced(loaded))
    if not blocks:
        raise ConfigError("A plain network has a single path; choose a network with shortcuts.")
    rng = np.random.default_rng(0)
    lengths = np.repeat(np.arange(len(blocks) + 1), SAMPLES)
    chosen = np.stack([rng.permutation(len(blocks)) < k for k in lengths])  # (paths, blocks)
    adds = [traced(loaded).parts(path).total for path in blocks]
    norms: list[float] = []
    for start in range(0, len(lengths), AT_ONCE):
        norms += _through(loaded, image, adds, chosen[start : start + AT_ONCE])
    means = np.reshape(norms, (-1, SAMPLES)).mean(axis=1)
    return PathLengths(len(blocks), SAMPLES, tuple(means.tolist()))


def _through(
    loaded: LoadedModel, image: ImageInput, adds: list[str], chosen: np.ndarray
) -> list[float]:
    """‖∂loss/∂image‖ through each of some paths; `chosen` (paths, blocks) says which branches."""

    def forward(network: ResNet, input_tensor: Tensor) -> list[float]:
        batch = input_tensor.repeat(len(chosen), 1, 1, 1).requires_grad_()  # (paths, 3, H, W)
        with torch.enable_grad(), _one_way(network, adds, torch.from_numpy(chosen)):
            losses, _ = answer_losses(network(batch))
            (gradient,) = torch.autograd.grad(losses.sum(), batch)
        norms: list[float] = gradient.double().flatten(1).norm(dim=1).tolist()
        return norms

    return run_forward(loaded, image, forward)


@contextmanager
def _one_way(network: ResNet, adds: list[str], chosen: Tensor) -> Iterator[None]:
    """Let the gradient of each image in a batch through one of the two ways at every sum.

    The sums stay what they are: only the way back is closed.
    """
    handles = []
    for number, path in enumerate(adds):
        module = network.get_submodule(path)
        assert isinstance(module, Add)
        through = chosen[:, number, None, None, None]  # (paths, 1, 1, 1)

        def split(
            _: torch.nn.Module, inputs: tuple[Tensor, Tensor], through: Tensor = through
        ) -> tuple[Tensor, Tensor]:
            branch, shortcut = inputs
            mask = through.to(branch.device)
            return (
                torch.where(mask, branch, branch.detach()),
                torch.where(mask, shortcut.detach(), shortcut),
            )

        handles.append(module.register_forward_pre_hook(split))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
