"""Covered squares on crops: to the last digit what the whole covered image gives."""

import numpy as np
import pytest

from resnet_viz.analysis.attribution import patches
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.occlusion import Occlusion
from resnet_viz.analysis.attribution.patches import find_cut
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.trace import trace
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.sources import load
from tests.analysis.networks import ALL, CAT, network

ODD = load(PRESETS["shapes"], "bundled", 97)  # no size on the way is half of the one before


@pytest.mark.parametrize(
    "loaded",
    [*map(network, ALL), ODD],
    ids=lambda loaded: f"{loaded.config.name} {loaded.weights.preprocessing.crop}",
)
@pytest.mark.parametrize(("patch", "stride"), [(0, 0), (5, 5), (11, 9)])
def test_crops_give_what_whole_images_give(loaded, patch, stride, monkeypatch):
    """Also at the image's borders, where padding is, and where the last squares are cut off."""
    method = Occlusion(patch, stride, baseline="white")
    cut = find_cut(traced(loaded), method.window(loaded.weights.preprocessing.crop).size)
    assert cut is not None
    quick = attribute(loaded, CAT, method, target=1, precise=True).values
    monkeypatch.setattr(patches, "find_cut", lambda *_: None)
    slow = attribute(loaded, CAT, method, target=1, precise=True).values
    np.testing.assert_allclose(quick, slow, rtol=0, atol=1e-13)
    assert np.abs(slow).max() > 1e-3


def test_the_cut_lies_where_crops_are_worth_it():
    cut = find_cut(trace(PRESETS["resnet18"], 224), 32)
    assert cut is not None
    # Field of 43 pixels, 4 apart: 32 + 2 · 42 + 3 pixels, and one more to end where the image does.
    assert (cut.path, cut.field.size, cut.crop) == ("layer1.1", 43, 120)
    assert find_cut(trace(PRESETS["resnet18"], 224), 224) is None
