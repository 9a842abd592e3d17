"""The range of a network's answers on training images, against scipy-free arithmetic by hand."""

import numpy as np
import pytest

from resnet_viz.weights.training_range import TrainingRange

RNG = np.random.default_rng(0)
SPREAD = np.array([[4.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.25]])
MEANS = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0]])


@pytest.fixture(scope="module")
def drawn():
    """20,000 features of two Gaussian classes with one known covariance, and their logits."""
    labels = np.arange(20_000) % 2
    noise = RNG.multivariate_normal(np.zeros(3), SPREAD, len(labels))
    features = (MEANS[labels] + noise).astype(np.float32)
    logits = RNG.normal(5, 1, (len(labels), 2)).astype(np.float32)
    return features, logits, labels


@pytest.fixture(scope="module")
def known(drawn):
    return TrainingRange.measure(*drawn)


def test_means_and_covariance_are_those_that_were_drawn_from(known):
    np.testing.assert_allclose(known.means, MEANS, atol=0.1)
    np.testing.assert_allclose(np.linalg.inv(known.precision), SPREAD, atol=0.15)


def test_a_distance_is_mahalanobis_to_the_nearest_class(known):
    """Two standard deviations along an axis of the covariance are a distance of 2."""
    for mean in MEANS:
        at = (mean + np.array([0, 0, 1.0])).astype(np.float32)  # std 0.5 there
        assert known.check(at, np.array([5.0, 4.0])).distance == pytest.approx(2, rel=0.05)


def test_percentiles_are_shares_of_the_training_images(known, drawn):
    features, logits, _ = drawn
    checks = [known.check(*pair) for pair in zip(features[:4000], logits[:4000], strict=True)]
    tops = logits.max(axis=1)
    for check in checks[:50]:
        exact = 100 * (tops < check.top_logit).mean()
        assert check.logit_percentile == pytest.approx(exact, abs=0.5)
    low = np.mean([check.low_score for check in checks])
    far = np.mean([check.far_away for check in checks])
    assert low == pytest.approx(0.01, abs=0.005)
    assert far == pytest.approx(0.01, abs=0.005)


def test_what_lies_beyond_all_training_images_is_0_or_100(known):
    near, far = np.zeros(3, np.float32), np.full(3, 99, np.float32)
    assert known.check(far, np.array([-50.0, -60.0])).logit_percentile == 0
    assert known.check(far, np.array([-50.0, -60.0])).distance_percentile == 100
    assert not known.check(far, np.array([5.0, 4.0])).in_range
    assert not known.check(near, np.array([-50.0, -60.0])).in_range
    assert known.check(near, np.array([5.0, 4.0])).in_range
    assert known.check(near, np.array([50.0, 4.0])).in_range  # a high score alone is no alarm


def test_dead_features_have_no_say(drawn):
    """A feature that never varies has no inverse variance; the others decide as before."""
    features, logits, labels = drawn
    dead = np.concatenate([features, np.zeros((len(features), 2), np.float32)], axis=1)
    known, alone = TrainingRange.measure(dead, logits, labels), TrainingRange.measure(*drawn)
    at = np.array([1, 2, 3], np.float32)
    wide = np.array([1, 2, 3, 0, 0], np.float32)
    assert np.isfinite(known.precision).all()
    found, expected = known.check(wide, logits[0]), alone.check(at, logits[0])
    assert found.distance == pytest.approx(expected.distance, rel=1e-3)
