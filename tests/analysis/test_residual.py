"""The residual decomposition against a block run by hand, and its numbers against numpy's."""

import math

import numpy as np
import pytest

from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.residual import block_view, residual_ratios
from resnet_viz.analysis.residual_records import BlockRatio
from resnet_viz.errors import PathError
from tests.analysis.networks import (
    ALL,
    BASIC,
    BOTTLENECK,
    CAT,
    PLAIN,
    ZERO_PAD,
    network,
    snapshot,
    unchanged,
)


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)
def test_a_block_adds_its_branch_to_its_shortcut(config):
    loaded = network(config)
    trace, before = traced(loaded), snapshot(loaded)
    full = capture(loaded, CAT, trace.paths)
    for block in trace.blocks():
        view = block_view(loaded, CAT, block.path)
        previous = next(source for source, target in trace.edges if target.startswith(block.path))
        np.testing.assert_array_equal(view.input, full[previous].values)
        np.testing.assert_array_equal(view.output, full[block.path].values)
        np.testing.assert_array_equal(view.output, np.maximum(view.total, 0))
        if view.shortcut is None:
            assert (config, view.kind) == (PLAIN, "none")
            np.testing.assert_array_equal(view.total, view.branch)
        else:
            np.testing.assert_array_equal(view.total, view.branch + view.shortcut)
        if view.kind == "identity":
            np.testing.assert_array_equal(view.shortcut, view.input)
    assert unchanged(loaded, before)


@pytest.mark.parametrize(
    ("config", "kinds"),
    [
        (BASIC, ["identity", "identity", "projection", "identity", "projection", "projection"]),
        (BOTTLENECK, ["projection", "identity", "projection", "projection"]),
        (ZERO_PAD, ["identity", "identity", "zero-pad", "identity", "zero-pad"]),
        (PLAIN, []),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_ratios_are_those_of_the_maps(config, kinds):
    loaded = network(config)
    ratios = residual_ratios(loaded, CAT)
    assert [ratio.kind for ratio in ratios] == kinds
    for ratio in ratios:
        view = block_view(loaded, CAT, ratio.path)
        assert view.shortcut is not None
        f, x = view.branch.astype(float).ravel(), view.shortcut.astype(float).ravel()
        assert ratio.branch_norm == pytest.approx(np.linalg.norm(f), rel=1e-9)
        assert ratio.shortcut_norm == pytest.approx(np.linalg.norm(x), rel=1e-9)
        assert ratio.ratio == pytest.approx(np.linalg.norm(f) / np.linalg.norm(x), rel=1e-9)
        # The law of cosines, from the sum that the network itself made.
        total = np.linalg.norm(view.total.astype(float)) ** 2
        cosine = (total - ratio.branch_norm**2 - ratio.shortcut_norm**2) / (
            2 * ratio.branch_norm * ratio.shortcut_norm
        )
        assert ratio.angle is not None
        assert math.cos(math.radians(ratio.angle)) == pytest.approx(cosine, abs=1e-5)


def test_what_is_zero_has_no_angle():
    silent = BlockRatio("layer1.0", "identity", branch_norm=0.0, shortcut_norm=2.0, cosine=None)
    assert (silent.ratio, silent.angle) == (0, None)
    assert BlockRatio("layer1.0", "identity", 1.0, 0.0, None).ratio is None
    assert BlockRatio("layer1.0", "identity", 0.0, 0.0, None).ratio is None


@pytest.mark.parametrize("path", ["layer1", "conv1", "layer1.0.conv1"])
def test_what_is_no_block_is_refused_with_the_names_of_those_that_are(path):
    with pytest.raises(PathError, match=r"layer1\.0 to layer4\.0"):
        block_view(network(BASIC), CAT, path)
