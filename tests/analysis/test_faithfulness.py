"""Deletion and insertion against published areas and networks whose curves are known."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from resnet_viz import jobs
from resnet_viz.analysis import price
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.faithfulness import (
    FaithfulnessJob,
    area,
    blurred,
    empty_input,
    faithfulness,
    passes_of,
    ranks,
)
from resnet_viz.analysis.attribution.grad_cam import GradCam
from resnet_viz.analysis.attribution.random_cam import RandomCam
from resnet_viz.analysis.attribution.records import ClassLogit, Heatmap
from resnet_viz.analysis.forward import prepared
from resnet_viz.analysis.receptive_field import Field
from resnet_viz.budget import Budget
from resnet_viz.errors import ConfigError, MethodError
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.sources import load
from tests.analysis.networks import BASIC, CAT, network, snapshot, unchanged

STAR = read_sample("star")


def heatmap(values: np.ndarray, side: int) -> Heatmap:
    return Heatmap("gradient", "input", "", ClassLogit(2, "x", 1.0, 0.5), values, Field(), side)


def test_the_areas_of_torch_cams_toy_curves():
    """Its tests have 0.4 for (1, 0.3, 0), 0.6 for insertion, and 0.41 and 0.59 in three steps."""
    halves = np.array([0, 0.5, 1])
    assert area(halves, np.array([1, 0.3, 0])) == pytest.approx(0.4)
    assert area(halves, np.array([0, 0.7, 1])) == pytest.approx(0.6)
    uneven = np.array([0, 0.2, 1])
    assert area(uneven, np.array([1, 0.5, 0.5])) == pytest.approx(0.2 * 0.75 + 0.8 * 0.5)
    assert area(np.linspace(0, 1, 9), np.full(9, 0.7)) == pytest.approx(0.7)


def test_the_highest_pixels_come_first_and_equal_ones_in_no_order_of_place():
    values = np.array([[0.0, 3], [-1, 2]])
    assert ranks(heatmap(values, 2)).tolist() == [[2, 0], [3, 1]]
    flat = ranks(heatmap(np.zeros((20, 20)), 20)).ravel()
    assert sorted(flat) == list(range(400))
    assert abs(np.corrcoef(flat, np.arange(400))[0, 1]) < 0.15


def test_each_point_of_a_curve_is_the_answer_to_the_image_made_by_hand():
    loaded = network(BASIC)
    before = snapshot(loaded)
    rng = np.random.default_rng(1)
    seen = heatmap(rng.permutation(64 * 64).reshape(64, 64).astype(np.float64), 64)
    (found,) = faithfulness(loaded, CAT, [seen], "black", steps=5)
    input_tensor = prepared(loaded, CAT)
    p = loaded.weights.preprocessing
    black = -torch.tensor(p.mean) / torch.tensor(p.std)
    assert found.shares == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1], abs=1e-3)
    for curve, inserts in ((found.deletion, False), (found.insertion, True)):
        for share, value in zip(found.shares, curve, strict=True):
            highest = torch.from_numpy(seen.values >= 64 * 64 - round(share * 64 * 64))
            covered = torch.where(highest ^ inserts, black.view(1, 3, 1, 1), input_tensor)
            with torch.no_grad():
                by_hand = float(loaded.module(covered).softmax(1)[0, 2])
            assert value == pytest.approx(by_hand, rel=1e-4)
    assert found.deletion[0] == found.insertion[-1]
    assert found.deletion[-1] == found.insertion[0]
    assert unchanged(loaded, before)


def test_what_the_class_depends_on_decides_the_areas():
    """A network whose logits see the left half alone: a map of that half is better both ways."""

    class LeftHalf(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.factor = nn.Parameter(torch.tensor(9.0), requires_grad=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            left = x[..., : x.shape[-1] // 2].abs().mean(dim=(1, 2, 3))
            return torch.stack([left * 0, left * 0, self.factor * left], dim=1)

    shared = network(BASIC)
    loaded = dataclasses.replace(shared, module=LeftHalf())  # type: ignore[arg-type]
    column = np.arange(64)
    left = np.tile((column < 32).astype(float), (64, 1))
    right, wrong = faithfulness(loaded, CAT, [heatmap(left, 64), heatmap(1 - left, 64)], steps=8)
    assert right.deletion_area < wrong.deletion_area - 0.1
    assert right.insertion_area > wrong.insertion_area + 0.1
    # Half of the pixels are all that counts: what follows changes nothing.
    assert right.deletion[4:] == pytest.approx(right.deletion[-1], abs=1e-6)
    assert wrong.deletion[:5] == pytest.approx(wrong.deletion[0], abs=1e-6)


def test_grad_cam_of_a_trained_network_beats_its_random_map():
    loaded = load(PRESETS["shapes"], "bundled", 128)
    maps = [attribute(loaded, STAR, method) for method in (GradCam(), RandomCam())]
    ours, null = faithfulness(loaded, STAR, maps, "blurred")
    assert ours.insertion_area > null.insertion_area
    assert ours.deletion[0] == pytest.approx(maps[0].target.probability, rel=1e-4)


def test_the_three_baselines():
    loaded = network(BASIC)
    input_tensor, p = prepared(loaded, CAT), loaded.weights.preprocessing
    assert not empty_input(input_tensor, p, "mean").any()
    black = empty_input(input_tensor, p, "black")[0, :, 5, 5]
    assert black.tolist() == pytest.approx([-m / s for m, s in zip(p.mean, p.std, strict=True)])
    with pytest.raises(
        MethodError, match="no baseline “white”; choose one of mean, blurred, black"
    ):
        empty_input(input_tensor, p, "white")


def test_a_blur_keeps_what_is_flat_and_is_a_gaussian():
    flat = torch.full((1, 3, 64, 64), 0.7)
    assert blurred(flat) == pytest.approx(flat, abs=1e-5)
    point = torch.zeros(1, 3, 64, 64, dtype=torch.float64)
    point[..., 32, 32] = 1
    spread = blurred(point)[0, 0]
    assert float(spread.sum()) == pytest.approx(1, abs=1e-9)
    # A sixteenth of 64 pixels: four of them away the value is e^(−1/2) of the highest.
    assert float(spread[32, 36] / spread[32, 32]) == pytest.approx(np.exp(-0.5), abs=1e-9)


def test_what_would_take_too_many_passes_is_refused_before_it_runs(monkeypatch):
    loaded = network(BASIC)
    one = price.price(BASIC, 64)
    monkeypatch.setattr(price, "budget", lambda: Budget(10**9, one.work))
    with pytest.raises(ConfigError, match=r"94 passes .* at most 10 .* choose fewer maps"):
        faithfulness(loaded, CAT, [heatmap(np.zeros((64, 64)), 64)] * 2)
    assert passes_of(2) == 94


def test_a_job_adds_the_null_of_each_class_and_ends_when_it_is_cancelled():
    loaded = network(BASIC)
    before = snapshot(loaded)
    maps = [attribute(loaded, CAT, GradCam(), target=k) for k in (1, 4)]
    job = jobs.start("curves", lambda: FaithfulnessJob(loaded, CAT, maps, "mean"))
    assert job.wait(120).state == "done"
    assert job.result
    said = [(each.heatmap.method, each.heatmap.target.index) for each in job.result]
    assert said == [("grad_cam", 1), ("grad_cam", 4), ("random_cam", 1), ("random_cam", 4)]
    assert job.progress.done == job.progress.total == passes_of(4)
    elsewhere = attribute(loaded, CAT, RandomCam(), "layer1.0", target=1)
    null = attribute(loaded, CAT, RandomCam(), target=1)
    both = jobs.start("both", lambda: FaithfulnessJob(loaded, CAT, [elsewhere, null], "mean"))
    assert both.wait(120).state == "done"
    assert [each.heatmap.layer for each in both.result or ()] == ["layer1.0", null.layer]
    again = jobs.start("again", lambda: FaithfulnessJob(loaded, CAT, maps * 20, "mean"))
    while again.progress.done < 9 and not again.progress.has_ended:
        again.wait(0.005)
    again.cancel()
    assert again.wait(30).sentence == "The measurement was cancelled."
    assert unchanged(loaded, before)
