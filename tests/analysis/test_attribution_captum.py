"""The same maps by captum, to the last digits. It is no requirement of this project's: see the skip."""

from typing import Any

import numpy as np
import pytest

from resnet_viz.analysis.attribution import make_method
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.occlusion import on_pixels
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.analysis.double import in_double
from resnet_viz.analysis.forward import traced
from resnet_viz.images import to_tensor
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load
from tests.analysis.networks import CAT

captum = pytest.importorskip(
    "captum.attr",
    reason="captum is a second opinion and no requirement: it brings matplotlib and pandas. To hear it, "
    "install captum in an environment that has this project's packages, and run this file there. "
    "What it says is also held by tests that need no captum: its published numbers, plain autograd.",
)
pytestmark = pytest.mark.filterwarnings("ignore")  # captum's own

CLASS = 7


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load(PRESETS["resnet18"], "random:0", 96)


@pytest.fixture(scope="module")
def twin(loaded):
    return in_double(loaded).module


@pytest.fixture(scope="module")
def input_tensor(loaded):
    return to_tensor(CAT, loaded.weights.preprocessing).double()


def ours(
    loaded: LoadedModel, slug: str, layer: str = "", part: str = "", **options: Any
) -> Heatmap:
    return attribute(loaded, CAT, make_method(slug, options), layer, part, CLASS, precise=True)


def colours(found: Heatmap) -> np.ndarray:
    assert found.colours is not None
    return found.colours


@pytest.mark.parametrize(
    "path", ["conv1", "maxpool", "layer1", "layer2", "layer3", "layer4", "layer2.0.add"]
)
def test_grad_cam_and_hires_cam_at_every_stage(loaded, twin, input_tensor, path):
    module = twin.get_submodule(path)
    assert path in traced(loaded)
    theirs = captum.LayerGradCam(twin, module)
    found = ours(loaded, "grad_cam", path)
    for values, relu in ((found.values, False), (found.positive, True)):
        expected = theirs.attribute(input_tensor, CLASS, relu_attributions=relu)[0, 0].detach()
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-9)
    product = captum.LayerGradientXActivation(twin, module).attribute(input_tensor, CLASS)[0].sum(0)
    hires = ours(loaded, "hires_cam", path)
    np.testing.assert_allclose(hires.values, product.detach(), rtol=0, atol=1e-9)


def test_gradients_of_the_image(loaded, twin, input_tensor):
    saliency = captum.Saliency(twin).attribute(input_tensor, CLASS, abs=False)[0]
    np.testing.assert_allclose(colours(ours(loaded, "gradient")), saliency, rtol=0, atol=1e-9)
    product = captum.InputXGradient(twin).attribute(input_tensor, CLASS)[0].detach()
    np.testing.assert_allclose(
        colours(ours(loaded, "input_x_gradient")), product, rtol=0, atol=1e-9
    )
    whole = captum.IntegratedGradients(twin).attribute(
        input_tensor, target=CLASS, n_steps=20, internal_batch_size=5
    )
    found = ours(loaded, "integrated_gradients", steps=20)
    np.testing.assert_allclose(colours(found), whole[0].detach(), rtol=0, atol=1e-9)


def test_occlusion(loaded, twin, input_tensor):
    """captum keeps the fall of the logit in float32 whatever the network computes in."""
    size, stride = 24, 13
    theirs = captum.Occlusion(twin).attribute(
        input_tensor, (3, size, size), (3, stride, stride), target=CLASS, perturbations_per_eval=4
    )
    found = ours(loaded, "occlusion", patch=size, stride=stride)
    np.testing.assert_allclose(on_pixels(found), theirs[0, 0], rtol=1e-6, atol=1e-8)
