"""Layer responses against the standard deviation of what the norms put out."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.responses import branch_norms, layer_responses
from tests.analysis.networks import ALL, BASIC, CAT, network


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)
def test_a_response_is_the_deviation_of_a_norm_in_a_branch(config):
    loaded = network(config)
    found = layer_responses(loaded, CAT)
    paths = branch_norms(traced(loaded))
    assert [path for path, _ in found] == list(paths)
    assert len(paths) == sum(config.repeats) * (2 if config.block == "basic" else 3)
    seen = capture(loaded, CAT, paths)
    for path, deviation in found:
        assert deviation == pytest.approx(float(np.std(seen[path].values.astype(float))), rel=1e-5)


def test_norms_of_stem_and_projection_are_no_branch():
    names = branch_norms(traced(network(BASIC)))
    assert all(name.startswith("layer") and "downsample" not in name for name in names)
