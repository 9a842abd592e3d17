"""The range of a network's answers on training images, against arithmetic by hand."""

import numpy as np
import pytest
import torch

from resnet_viz.weights.training_range import (
    TrainingRange,
    channel_statistics,
    compared_stage,
)

RNG = np.random.default_rng(0)
USUAL = np.array([5.0, 4.0], np.float32)


@pytest.fixture(scope="module")
def drawn():
    """4,000 statistics around the direction (1, 1, 0, 0), of any length, and their logits."""
    directions = np.array([1.0, 1.0, 0.0, 0.0]) + RNG.normal(0, 0.1, (4000, 4))
    statistics = (directions * RNG.uniform(0.1, 10, (4000, 1))).astype(np.float32)
    return statistics, RNG.normal(5, 1, (4000, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def known(drawn):
    return TrainingRange.measure(*drawn)


def test_statistics_are_each_channels_mean_and_population_deviation():
    maps = RNG.normal(3, 2, (5, 7, 4, 6)).astype(np.float32)
    found = channel_statistics(maps)
    wide = torch.from_numpy(maps).double().flatten(2)
    expected = torch.cat([wide.mean(dim=2), wide.std(dim=2, correction=0)], dim=1)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-6)


def test_a_thousand_images_are_kept_as_directions_and_the_percentiles_are_of_the_others(
    known, drawn
):
    statistics, _ = drawn
    assert known.directions.shape == (1000, 4)
    units = statistics / np.linalg.norm(statistics, axis=1, keepdims=True)
    apart = np.linalg.norm(units[:, None] - known.directions.astype(float), axis=2).min(axis=1)
    assert (apart < 2e-3).sum() >= 1000  # two bytes a number
    assert known.distances[0] > 0


@pytest.mark.parametrize("classes", [2, 5, 12])
def test_images_of_all_classes_are_kept_however_the_set_is_sorted(classes):
    """Rendered shapes come class after class: every so many-th would be of a few classes only."""
    labels = np.arange(3000) % classes
    statistics = np.eye(classes, dtype=np.float32)[labels] + 0.01
    kept = TrainingRange.measure(statistics, np.ones((3000, 2), np.float32)).directions
    counts = np.bincount(kept.argmax(axis=1), minlength=classes)
    assert counts.min() > 500 / classes


def test_a_distance_is_that_to_the_tenth_nearest_direction(known):
    for at in ([1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 5.0, 0.0], [-2.0, 1.0, 0.3, 4.0]):
        unit = np.array(at) / np.linalg.norm(at)
        exact = sorted(np.linalg.norm(known.directions.astype(float) - unit, axis=1))[9]
        found = known.check(np.array(at, np.float32), USUAL).distance
        assert found == pytest.approx(exact, rel=1e-5)


def test_brightness_alone_makes_no_distance(known):
    """A statistic of another length has the same direction; contrast is no sign of another subject."""
    at = np.array([1.0, 0.8, 0.1, 0.0], np.float32)
    distances = [known.check(at * scale, USUAL).distance for scale in (0.01, 1, 100)]
    assert distances[0] == pytest.approx(distances[1]) == pytest.approx(distances[2])


def test_percentiles_are_shares_of_the_training_images(known, drawn):
    statistics, logits = drawn
    checks = known.check_all(statistics, logits)
    tops = logits.max(axis=1)
    for check in checks[:50]:
        exact = 100 * (tops < check.top_logit).mean()
        assert check.logit_percentile == pytest.approx(exact, abs=0.5)
    assert np.mean([check.low_score for check in checks]) == pytest.approx(0.01, abs=0.005)
    # Those that are kept lie nearer: to nine others and to themselves.
    assert np.mean([check.far_away for check in checks]) == pytest.approx(0.01, abs=0.005)


def test_what_lies_beyond_all_training_images_is_0_or_100(known):
    near, far = np.array([1, 1, 0, 0], np.float32), np.array([0, 0, 0, 1], np.float32)
    low = np.array([-50.0, -60.0])
    assert known.check(far, low).logit_percentile == 0
    assert known.check(far, low).distance_percentile == 100
    assert not known.check(far, USUAL).in_range
    assert not known.check(near, low).in_range
    assert known.check(near, USUAL).in_range
    assert known.check(near, np.array([50.0, 4.0])).in_range  # a high score alone is no alarm


def test_a_blank_image_has_no_direction_and_is_far_from_all(known):
    assert known.check(np.zeros(4, np.float32), USUAL).distance == pytest.approx(1, abs=1e-3)
    assert known.check(np.zeros(4, np.float32), USUAL).far_away


@pytest.mark.parametrize(("stages", "expected"), [("abc", "b"), ("abcd", "b"), ("a", "a")])
def test_the_stage_before_the_middle_is_compared(stages, expected):
    assert compared_stage(stages) == expected
