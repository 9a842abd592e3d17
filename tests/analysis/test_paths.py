"""Path lengths by formula, and the gradient of single paths against networks that have no other."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from resnet_viz.analysis import paths
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.gradient_flow import answer_losses, gradient_flow
from resnet_viz.analysis.paths import PathLengths, path_lengths, path_shares, shortest_with
from resnet_viz.errors import ConfigError
from resnet_viz.images import to_tensor
from resnet_viz.weights.loaded import LoadedModel
from tests.analysis.networks import BASIC, CAT, PLAIN, network, snapshot, unchanged


def test_lengths_are_distributed_binomially():
    assert path_shares(2) == (0.25, 0.5, 0.25)
    shares = path_shares(54)  # ResNet-110: Veit et al. 2016, section 4.3 says 0.45 %
    assert sum(shares) == pytest.approx(1)
    assert round(100 * sum(shares[5:18]), 2) == 0.45
    assert sum(length * share for length, share in enumerate(shares)) == pytest.approx(27)


def test_the_narrowest_range_that_holds_a_share():
    assert shortest_with((0.0, 0.1, 0.5, 0.4, 0.0), 0.9) == (2, 3)
    assert shortest_with((1.0, 0.0), 0.95) == (0, 0)
    low, high = shortest_with(path_shares(54), 0.95)
    assert high - low == 14  # 15 lengths about the mean of 27
    assert sum(path_shares(54)[low : high + 1]) >= 0.95 > sum(path_shares(54)[low + 1 : high + 1])


def test_a_path_carries_the_gradient_of_a_network_that_has_only_this_path():
    loaded = network(BASIC)
    before = snapshot(loaded)
    blocks = [row.path for row in traced(loaded).blocks()]
    adds = [traced(loaded).parts(path).total for path in blocks]
    chosen = torch.tensor([[i % 2 == 0 for i in range(len(blocks))], [True] * len(blocks)])
    measured = paths._through(loaded, CAT, adds, chosen.numpy())
    assert unchanged(loaded, before)
    for norm, ways in zip(measured, chosen.tolist(), strict=True):
        assert norm == pytest.approx(_by_hand(loaded, blocks, ways), rel=1e-3)


def _by_hand(loaded: LoadedModel, blocks: list[str], ways: list[bool]) -> float:
    """Every value as in the whole network, but each block's gradient by one way only."""
    image = x = to_tensor(CAT, loaded.weights.preprocessing).requires_grad_()
    for name, module in loaded.module.named_children():
        if not name.startswith("layer"):
            x = module(x)
            continue
        for index, child in module.named_children():
            block: Any = child
            through = ways[blocks.index(f"{name}.{index}")]
            around = block.way_around()
            branch = block.bn2(block.conv2(block.relu1(block.bn1(block.conv1(x)))))
            shortcut = around(x)
            total = branch + shortcut.detach() if through else branch.detach() + shortcut
            x = block.relu2(total)
    losses, _ = answer_losses(x)
    (gradient,) = torch.autograd.grad(losses.sum(), image)
    return float(gradient.norm())


def test_all_paths_of_a_network_add_up_to_its_gradient():
    """Two blocks, four paths: the sum over all of them is what autograd gives for the whole."""
    loaded = network(BASIC)
    blocks = [row.path for row in traced(loaded).blocks()]
    found = path_lengths(loaded, CAT)
    assert found.blocks == len(blocks)
    assert len(found.gradients) == len(found.shares) == len(blocks) + 1
    assert sum(found.carried) == pytest.approx(1)
    assert all(math.isfinite(value) and value >= 0 for value in found.gradients)
    # Norms of sums are at most the sum of norms: the paths hold at least the whole gradient.
    whole = gradient_flow(loaded, CAT).image
    paths_in_all = 2 ** len(blocks)
    total = paths_in_all * sum(a * b for a, b in zip(found.shares, found.gradients, strict=True))
    assert total >= 0.9 * whole


def test_a_plain_network_has_one_path():
    with pytest.raises(ConfigError, match="single path"):
        path_lengths(network(PLAIN), CAT)


def test_without_any_gradient_nothing_is_carried():
    assert PathLengths(1, 1, (0.0, 0.0)).carried == (0.0, 0.0)
