"""Where maps point, against masks that are known; Grad-CAM has to beat the random map."""

import numpy as np
import pytest

from resnet_viz import jobs
from resnet_viz.analysis.attribution.comparison import (
    ComparisonJob,
    Mean,
    as_input,
    compare,
)
from resnet_viz.analysis.attribution.localisation import energy_inside, points_at
from resnet_viz.analysis.attribution.records import ClassLogit, Heatmap
from resnet_viz.analysis.receptive_field import Field
from resnet_viz.errors import ConfigError
from resnet_viz.images import as_seen
from resnet_viz.model.presets import PRESETS
from resnet_viz.training.rendered import Split, rendered, with_masks
from resnet_viz.weights.sources import load
from tests.analysis.networks import RESNET20, network, snapshot, unchanged


def heatmap(values: np.ndarray, place: Field, side: int) -> Heatmap:
    return Heatmap("grad_cam", "layer4", "", ClassLogit(0, "x", 1.0, 0.5), values, place, side)


def masked(rows: slice, columns: slice, side: int = 100) -> np.ndarray:
    mask = np.zeros((side, side), bool)
    mask[rows, columns] = True
    return mask


def test_the_pointing_game_is_won_on_the_object_or_close_to_it():
    """Positions at 10, 30, 50, 70 and 90 of 100 pixels; the tolerance is 3 % of the side."""
    values = np.zeros((5, 5))
    values[1, 3] = 2  # centre at row 30, column 70
    found = heatmap(values, Field(41, 20, 10.0), 100)
    assert points_at(found, masked(slice(25, 40), slice(60, 80)))
    assert not points_at(found, masked(slice(60, 80), slice(25, 40)))  # rows and columns
    assert points_at(found, masked(slice(33, 40), slice(70, 80)))  # three pixels below
    assert not points_at(found, masked(slice(34, 40), slice(70, 80)))
    assert points_at(found, masked(slice(34, 40), slice(70, 80)), tolerance=0.04)
    assert not points_at(found, np.zeros((100, 100), bool))
    assert not points_at(
        heatmap(-values, Field(41, 20, 10.0), 100), masked(slice(0, 99), slice(0, 99))
    )


def test_energy_is_the_share_of_what_is_positive_on_the_object():
    values = np.array([[1.0, -8, 0, 0], [2, 0, 0, 0], [0, 0, 3, 0], [0, 0, 0, 2]])
    found = heatmap(values, Field(), 4)
    assert energy_inside(found, masked(slice(0, 2), slice(0, 2), 4)) == pytest.approx(3 / 8)
    assert energy_inside(found, np.ones((4, 4), bool)) == 1
    assert energy_inside(heatmap(-np.eye(4), Field(), 4), np.ones((4, 4), bool)) == 0
    nearly_flat = heatmap(np.full((4, 4), 5.0) + 1e-3 * np.eye(4), Field(), 4)
    assert energy_inside(nearly_flat, masked(slice(0, 1), slice(0, 4), 4)) == pytest.approx(
        0.25, abs=1e-3
    )


def test_the_masked_images_are_those_of_the_test_set():
    plain = rendered(Split.TEST, 0, 14, 64)
    for number, input_tensor in enumerate(with_masks(Split.TEST, 0, 14, 64)):
        assert np.array_equal(input_tensor.rgb, plain.rgb[number])
        assert input_tensor.label == plain.labels[number]
        assert 0 < input_tensor.mask.mean() < 0.7
        image = as_input(input_tensor)
        seen = as_seen(image, load(PRESETS["shapes"], "bundled", 64).weights.preprocessing)
        assert np.array_equal(
            seen, input_tensor.rgb
        )  # so that the mask lies where the network looks


def test_grad_cam_beats_the_random_map_clearly():
    """On 96 test images of seed 0, filled and drawn as lines: the intervals do not even touch."""
    loaded = load(PRESETS["shapes"], "bundled", 128)
    before = snapshot(loaded)
    found = compare(loaded, ("grad_cam", "random_cam"), images=96, curves=24)
    ours, null = found.scores
    assert (ours.method, null.method) == ("grad_cam", "random_cam")
    assert ours.pointing.of == 96
    assert ours.pointing.interval[0] > null.pointing.interval[1]
    assert ours.energy.mean > found.area  # better than a map that is the same everywhere
    for better, worse in (
        (ours.energy, null.energy),
        (ours.insertion, null.insertion),
        (null.deletion, ours.deletion),
    ):
        pairs = zip(better.values, worse.values, strict=True)  # on the same images
        assert Mean(tuple(a - b for a, b in pairs)).interval[0] > 0
    assert unchanged(loaded, before)


def test_at_the_last_stage_three_methods_are_one_and_have_one_score():
    loaded = load(PRESETS["shapes_plain"], "bundled", 96)
    found = compare(loaded, ("cam", "grad_cam", "hires_cam"), images=6, curves=2)
    counts = {score.pointing.count for score in found.scores}
    assert len(counts) == 1
    energies = [score.energy.values for score in found.scores]
    np.testing.assert_allclose(energies[0], energies[1], rtol=1e-4)
    np.testing.assert_allclose(energies[0], energies[2], rtol=1e-4)
    assert [len(score.deletion.values) for score in found.scores] == [2, 2, 2]


def test_the_interval_of_a_mean_by_hand():
    """2, 4, 4, 4, 5, 5, 7, 9: mean 5, Σ(x − 5)² = 32, so that s / √n = √(32 / 7 / 8)."""
    found = Mean((2.0, 4, 4, 4, 5, 5, 7, 9))
    half = 1.959964 * np.sqrt(32 / 7 / 8)
    assert found.mean == 5
    assert found.interval == pytest.approx((5 - half, 5 + half))
    assert Mean((3.0,)).interval == (3, 3)


def test_another_network_is_refused_in_one_sentence():
    with pytest.raises(ConfigError, match="Only a network for the rendered shapes"):
        compare(network(RESNET20))


def test_a_job_can_be_cancelled_and_leaves_nothing_behind():
    loaded = load(PRESETS["shapes"], "bundled", 64)
    before = snapshot(loaded)
    job = jobs.start("comparison", lambda: ComparisonJob(loaded, 0))
    while job.progress.done < 4 and not job.progress.has_ended:
        job.wait(0.005)
    job.cancel()
    end = job.wait(60)
    assert end.sentence == "The comparison was cancelled."
    assert end.total == 36 * 11
    assert unchanged(loaded, before)
