"""Gradients before training: what they are of, and the order that theory gives them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viz.analysis.initial_gradients import DEPTHS, at_depth, initial_gradients
from resnet_viz.model.presets import PRESETS


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_depth_is_the_papers_network_of_that_depth(depth):
    config = at_depth(depth)
    assert config.depth == depth
    if (known := PRESETS.get(f"resnet{depth}")) and known.input_size == 32:
        assert config.repeats == known.repeats
        assert replace(config, name=known.name, num_classes=known.num_classes) == known


def test_without_shortcuts_the_gradient_grows_with_depth_and_with_them_hardly():
    """Yang et al. 2019: behind BatchNorm it explodes in plain networks, whatever the initialisation."""
    found = {depth: initial_gradients(depth, 0) for depth in (8, 20, 32)}
    for depth, one in found.items():
        assert len(one.plain) == len(one.residual) == (depth - 2) // 2
    growth = {depth: one.plain[0] / one.plain[-1] for depth, one in found.items()}
    assert growth[8] < growth[20] < growth[32]
    assert growth[32] > 3 * found[32].residual[0] / found[32].residual[-1]
