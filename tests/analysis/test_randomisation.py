"""Parameters drawn anew from the top: what changes, what must not, and where it ends."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from resnet_viz import jobs
from resnet_viz.analysis import price
from resnet_viz.analysis.attribution import make_method
from resnet_viz.analysis.attribution import randomisation as module
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.grad_cam import GradCam
from resnet_viz.analysis.attribution.randomisation import (
    RandomisationJob,
    cascade,
    randomisation,
)
from resnet_viz.analysis.attribution.rise import Rise
from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.forward import traced
from resnet_viz.budget import Budget
from resnet_viz.errors import ConfigError
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load
from tests.analysis.networks import BASIC, CAT, network, snapshot, unchanged

STAR = read_sample("star")


def shapes() -> LoadedModel:
    return load(PRESETS["shapes"], "bundled", 128)


def test_the_network_that_is_shown_stays_as_it_is_to_the_bit():
    loaded = shapes()
    before, logits = snapshot(loaded), capture(loaded, STAR).logits
    randomisation(loaded, STAR, GradCam())
    assert np.array_equal(capture(loaded, STAR).logits, logits)
    assert unchanged(loaded, before)


def test_the_last_step_is_the_untrained_network_of_that_seed():
    loaded = shapes()
    found = randomisation(loaded, STAR, make_method("gradient"), target=3, seed=5)
    # Its own preprocessing is that of photographs.
    untrained = replace(load(PRESETS["shapes"], "random:5", 128), weights=loaded.weights)
    known = attribute(untrained, STAR, make_method("gradient"), target=3)
    np.testing.assert_array_equal(found.steps[-1].heatmap.values, known.values)
    assert [step.heatmap.target.index for step in found.steps] == [3] * 6
    assert found.seed == 5


def test_parts_are_drawn_from_the_top_and_each_stays_so():
    """Classifier, stages from the last to the first, stem: together every parameter once."""
    loaded = shapes()
    parts = cascade(traced(loaded))
    assert [group[0] for group in parts] == ["fc", "layer4", "layer3", "layer2", "layer1", "conv1"]
    drawn = load(PRESETS["shapes"], "random:0", 128).module.state_dict()
    trained = loaded.module.state_dict()
    random = load(PRESETS["shapes"], "random:0", 128)
    for number, (_, step) in enumerate(module._randomised(loaded, random, parts), start=1):
        top = tuple(f"{path}." for group in parts[:number] for path in group)
        for name, value in step.module.state_dict().items():
            assert torch.equal(value, (drawn if name.startswith(top) else trained)[name])
    assert all(name.startswith(top) for name in trained)


def test_cam_weights_go_with_the_classifier_and_maps_below_stay():
    """Until the stage itself is drawn anew its maps are the same, and only their weights are others."""
    found = randomisation(shapes(), STAR, GradCam(), seed=0)
    assert found.original.weights is not None
    first = found.steps[0].heatmap
    drawn = load(PRESETS["shapes"], "random:0", 128).module.state_dict()["fc.weight"]
    assert first.weights is not None
    expected = drawn[first.target.index].numpy() / first.values.size
    np.testing.assert_allclose(first.weights, expected, rtol=1e-4)
    assert all(step.correlation is not None for step in found.steps)
    assert abs(found.steps[-1].correlation or 1) < 0.9  # it does depend on what was learned


def test_what_ignores_the_parameters_above_stays_correlated():
    """The random map weighs the same maps by the same numbers until their stage is drawn anew."""
    found = randomisation(shapes(), STAR, make_method("random_cam"), target=3)
    correlations = [step.correlation for step in found.steps]
    assert correlations[0] == pytest.approx(1, abs=1e-12)
    assert correlations[1] is not None
    assert correlations[1] < 0.999


def test_a_method_of_many_passes_at_every_step_is_refused_where_it_is_too_much(monkeypatch):
    loaded = network(BASIC)
    one = price.price_of_pass(traced(loaded))
    monkeypatch.setattr(price, "budget", lambda: Budget(10**9, 20 * one.work))
    monkeypatch.setattr(module, "load", None)  # nothing is drawn
    with pytest.raises(ConfigError, match=r"RISE at every step would take 707 passes .* 200 can"):
        randomisation(loaded, CAT, Rise(masks=100))


def test_a_job_says_how_far_it_is_and_ends_with_all_steps():
    loaded = network(BASIC)
    before = snapshot(loaded)
    job = jobs.start(
        "randomisation", lambda: RandomisationJob(loaded, CAT, GradCam(), "", "", 2, 1)
    )
    assert job.wait(60).state == "done"
    assert job.result
    assert job.progress.done == job.progress.total == len(job.result.steps) + 1
    assert unchanged(loaded, before)
