"""A map leaves the shared network as it was: after answers, errors and cancels, and among many."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from resnet_viz import jobs
from resnet_viz.analysis import price as prices
from resnet_viz.analysis.ablation import Ablation, ablated_model
from resnet_viz.analysis.attribution import METHODS, compute, make_method
from resnet_viz.analysis.attribution.compute import attribute, price_of
from resnet_viz.analysis.attribution.grad_cam import GradCam
from resnet_viz.analysis.attribution.integrated_gradients import IntegratedGradients
from resnet_viz.analysis.attribution.job import AttributionJob
from resnet_viz.analysis.attribution.method import LayerMethod, evidence
from resnet_viz.analysis.attribution.occlusion import Occlusion
from resnet_viz.analysis.attribution.target_layer import find_target_layer
from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.double import in_double
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.price import price, price_of_pass
from resnet_viz.analysis.trace import trace
from resnet_viz.budget import Budget
from resnet_viz.errors import ConfigError, WeightsError
from resnet_viz.images import read_sample
from tests.analysis.networks import (
    ALL,
    BASIC,
    BOTTLENECK,
    CAT,
    RESNET20,
    hooks,
    network,
    snapshot,
    unchanged,
)
from tests.analysis.test_price import VARIED, Peak, emptied

COFFEE = read_sample("coffee")


@pytest.mark.parametrize("precise", [False, True])
@pytest.mark.parametrize("slug", METHODS)
def test_the_logits_are_the_same_to_the_bit_before_and_after(slug, precise):
    loaded = network(BASIC)
    before, logits = snapshot(loaded), capture(loaded, CAT).logits
    found = attribute(loaded, CAT, make_method(slug), target=2, precise=precise)
    assert np.array_equal(capture(loaded, CAT).logits, logits)
    assert found.target.logit == pytest.approx(float(logits[2]), abs=1e-5)
    assert found.values.dtype == (np.float64 if precise else np.float32)
    assert not found.values.flags.writeable
    assert unchanged(loaded, before)


@pytest.mark.parametrize("slug", ["grad_cam", "gradient", "integrated_gradients", "occlusion"])
def test_after_an_error_in_the_middle_nothing_is_left_behind(slug, monkeypatch):
    loaded = network(BASIC)
    before = snapshot(loaded)
    passed: list[int] = []

    def fails(module, inputs):
        passed.append(1)
        raise FloatingPointError

    last = loaded.module.get_submodule(traced(loaded).classifier.path)
    handle = last.register_forward_pre_hook(fails)
    try:
        with pytest.raises(FloatingPointError):
            attribute(loaded, CAT, make_method(slug))
    finally:
        handle.remove()
    assert passed
    assert unchanged(loaded, before)


def test_numbers_that_are_too_large_are_one_sentence():
    private = in_double(network(BASIC))
    with torch.no_grad():
        weight = private.module.get_submodule(traced(private).classifier.path).weight
        assert isinstance(weight, nn.Parameter)
        weight.fill_(float("inf"))
    with pytest.raises(WeightsError, match="too large"):
        attribute(private, CAT, GradCam())
    assert hooks(private.module) == 0


@pytest.mark.parametrize("method", [Occlusion(stride=1), IntegratedGradients(steps=1_000)])
def test_a_job_tells_how_far_it_is_and_ends_when_it_is_cancelled(method):
    loaded = network(BASIC)
    before, logits = snapshot(loaded), capture(loaded, CAT).logits
    job = jobs.start(("attribution", method), lambda: AttributionJob(loaded, CAT, method))
    while job.progress.done < 9 and not job.progress.has_ended:
        job.wait(0.005)
    assert job.progress.total == method.passes(64) + 1
    job.cancel()
    end = job.wait(30)
    assert end.state == "cancelled"
    assert end.total
    assert end.done < end.total
    assert end.sentence == "The computation of this map was cancelled."
    assert np.array_equal(capture(loaded, CAT).logits, logits)
    assert unchanged(loaded, before)


def test_a_job_ends_with_the_map():
    loaded = network(BASIC)
    job = jobs.start("map", lambda: AttributionJob(loaded, CAT, GradCam(), "layer1.0", "sum", 3))
    assert job.wait(60).state == "done"
    assert job.result
    direct = attribute(loaded, CAT, GradCam(), "layer1.0", "sum", 3)
    assert np.array_equal(job.result.values, direct.values)
    wrong = jobs.start("none", lambda: AttributionJob(loaded, CAT, GradCam(), "layer9"))
    assert "layer9" in wrong.wait(60).sentence


def test_progress_counts_every_image_in_the_callers_own_thread():
    told = []
    attribute(
        network(BASIC),
        CAT,
        Occlusion(patch=32, stride=16),
        progress=lambda *done: told.append((*done, threading.get_ident())),
    )
    assert [each[0] for each in told] == [1, 9, 10]  # the image itself, then 9 patches, 8 at once
    assert {each[1:] for each in told} == {(10, threading.get_ident())}


def test_many_who_ask_at_once_get_what_each_gets_alone():
    loaded = network(RESNET20)
    before = snapshot(loaded)
    asked = [
        (image, make_method(slug), layer, target)
        for image in (CAT, COFFEE)
        for slug, layer in (
            ("grad_cam", "layer1.0"),
            ("layer_cam", "layer3"),
            ("gradient", ""),
            ("integrated_gradients", ""),
        )
        for target in (0, 4)
    ]
    alone = [attribute(loaded, i, m, layer, "", t) for i, m, layer, t in asked]
    with ThreadPoolExecutor(4) as visitors:
        together = list(
            visitors.map(
                lambda each: attribute(loaded, each[0], each[1], each[2], "", each[3]), asked
            )
        )
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.values, other.values)
        assert one.target == other.target
    assert unchanged(loaded, before)


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)
def test_the_copy_in_float64_is_the_same_network_and_nobody_elses(config):
    loaded = network(config)
    before, twin = snapshot(loaded), in_double(loaded)
    assert {value.dtype for value in twin.module.parameters()} == {torch.float64}
    shared = {value.data_ptr() for value in loaded.module.state_dict().values()}
    assert not shared & {value.data_ptr() for value in twin.module.state_dict().values()}
    wide = attribute(loaded, CAT, GradCam(), target=1, precise=True)
    narrow = attribute(loaded, CAT, GradCam(), target=1)
    np.testing.assert_allclose(wide.values, narrow.values, rtol=0, atol=1e-5)
    assert unchanged(loaded, before)
    assert unchanged(twin, snapshot(twin))


def test_an_altered_network_is_explained_as_it_is():
    loaded = network(BASIC)
    altered = ablated_model(loaded, Ablation(removed=("layer1.1",)))
    for precise in (False, True):
        found = attribute(altered, CAT, GradCam(), "layer1.1", "branch", 2, precise=precise)
        assert found.range == (0, 0)  # the branch no longer speaks
        assert attribute(altered, CAT, GradCam(), "layer1.1", "shortcut", 2).has_evidence


# Prices


@pytest.mark.parametrize(("config", "size"), VARIED[::3])
def test_what_a_way_back_keeps_is_never_more_than_was_said(config, size):
    traced, input_tensor = trace(config, size), torch.zeros(1, 3, size, size)
    stem, last = traced.stem[0].path, traced.stages()[0].path
    for path in (stem, last):
        network, seen_at = emptied(config), find_target_layer(traced, path)
        network.requires_grad_(False)
        peak = Peak(network)
        with peak:
            evidence(network, input_tensor, seen_at.row.path, 0)
        said = price_of_pass(traced, 1, seen_at.row.order)
        assert peak.most + input_tensor.nbytes <= said.passing + said.kept
        assert peak.most > 0.3 * (said.passing + said.kept)


@pytest.mark.parametrize("slug", ["grad_cam", "gradient", "occlusion"])
def test_what_is_too_large_is_refused_before_it_runs(slug, monkeypatch):
    loaded = network(BOTTLENECK)
    before, method = snapshot(loaded), make_method(slug)
    enough = price(loaded.config, 64)
    allowed = Budget(enough.memory + 10_000, enough.work * 10)  # less than half of it for an answer
    monkeypatch.setattr(prices, "budget", lambda: allowed)
    monkeypatch.setattr(compute, "run_batch", None)  # nothing runs
    with pytest.raises(ConfigError, match="smaller"):
        attribute(loaded, CAT, method, "conv1" if isinstance(method, LayerMethod) else "")
    assert unchanged(loaded, before)


def test_as_many_images_go_through_at_once_as_there_is_memory_for(monkeypatch):
    loaded = network(BASIC)
    found, method = traced(loaded), IntegratedGradients(steps=30)
    freely = attribute(loaded, CAT, method, precise=True)
    three = price_of(found, method, None, 3, precise=True)
    monkeypatch.setattr(
        prices, "budget", lambda: Budget(three.memory * 20 // 9 + 1, three.work * 100)
    )
    told: list[int] = []
    tight = attribute(
        loaded, CAT, method, precise=True, progress=lambda done, total: told.append(done)
    )
    assert told[:3] == [1, 4, 7]
    np.testing.assert_allclose(tight.values, freely.values, rtol=0, atol=1e-12)
