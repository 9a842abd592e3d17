"""An image is made ready for a network once, for all questions, and none of them changes it."""

from collections.abc import Callable
from functools import partial

import pytest
import torch

from resnet_viz.analysis.attribution import METHODS, make_method
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.faithfulness import faithfulness
from resnet_viz.analysis.attribution.split import split_logit
from resnet_viz.analysis.capture import capture, outputs
from resnet_viz.analysis.double import in_double
from resnet_viz.analysis.effective_field import effective_field
from resnet_viz.analysis.forward import prepared
from resnet_viz.analysis.gradient_flow import gradient_flow
from resnet_viz.analysis.paths import path_lengths
from resnet_viz.analysis.records import INPUT
from resnet_viz.analysis.residual import block_view, residual_ratios
from resnet_viz.analysis.responses import layer_responses
from resnet_viz.images import to_tensor
from resnet_viz.store import STORE
from tests.analysis.networks import BASIC, CAT, RESNET20, network

LOADED = network(BASIC)
FEW = {"smooth_grad": {"samples": 2}, "integrated_gradients": {"steps": 2}, "rise": {"masks": 10}}
QUESTIONS: dict[str, Callable[[], object]] = {
    **{slug: partial(attribute, LOADED, CAT, make_method(slug, FEW.get(slug))) for slug in METHODS},
    "precise": lambda: attribute(LOADED, CAT, make_method("gradient"), precise=True),
    "faithfulness": lambda: faithfulness(
        LOADED, CAT, [attribute(LOADED, CAT, make_method("cam"))], steps=2
    ),
    "split": lambda: split_logit(LOADED, CAT),
    "capture": lambda: capture(LOADED, CAT, [INPUT, "conv1"]),
    "outputs": lambda: outputs(LOADED, CAT, [INPUT]),
    "field": lambda: effective_field(LOADED, CAT, "layer2", 0, 1, 1),
    "gradient flow": lambda: gradient_flow(LOADED, CAT),
    "paths": lambda: path_lengths(LOADED, CAT),
    "block": lambda: block_view(LOADED, CAT, "layer1.0"),
    "ratios": lambda: residual_ratios(LOADED, CAT),
    "responses": lambda: layer_responses(LOADED, CAT),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_changes_what_all_others_read(question):
    here = prepared(LOADED, CAT)
    QUESTIONS[question]()
    kept = prepared(LOADED, CAT)
    assert kept.data_ptr() == here.data_ptr()
    assert torch.equal(kept, to_tensor(CAT, LOADED.weights.preprocessing))
    assert not kept.requires_grad
    assert kept.grad is None


def test_it_is_made_once_and_counted_in_bytes(monkeypatch):
    STORE.clear()
    before = STORE.held
    first = prepared(LOADED, CAT)
    assert STORE.held - before >= first.numel() * first.element_size()
    monkeypatch.setattr("resnet_viz.analysis.forward.to_tensor", None)  # nobody makes it again
    capture(LOADED, CAT)
    assert attribute(LOADED, CAT, make_method("grad_cam")).values.any()


def test_another_preprocessing_is_another_tensor_and_double_is_a_copy():
    here = prepared(LOADED, CAT)
    assert prepared(network(RESNET20), CAT).shape != here.shape
    wide = prepared(in_double(LOADED), CAT)
    assert wide.dtype is torch.float64
    assert torch.equal(wide, here.double())


def test_who_asks_first_without_gradients_leaves_them_to_those_who_want_them():
    STORE.clear()
    with torch.inference_mode():
        capture(LOADED, CAT)
    assert gradient_flow(LOADED, CAT)
