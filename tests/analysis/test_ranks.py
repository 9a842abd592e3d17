"""Spearman's rank correlation against published numbers and its formula."""

import numpy as np
import pytest

from resnet_viz.analysis.ranks import spearman


def test_the_example_of_the_encyclopaedia():
    """IQ against hours of television, in Wikipedia's article: d² adds up to 194, ρ = −29/165."""
    iq = np.array([106.0, 100, 86, 101, 99, 103, 97, 113, 112, 110])
    hours = np.array([7.0, 27, 2, 50, 28, 29, 20, 12, 6, 17])
    assert spearman(iq, hours) == pytest.approx(-29 / 165, abs=1e-12)


def test_without_ties_it_is_the_formula_of_squared_differences():
    rng = np.random.default_rng(0)
    first, second = rng.permutation(40).astype(float), rng.permutation(40).astype(float)
    by_formula = 1 - 6 * float(((first - second) ** 2).sum()) / (40 * (40**2 - 1))
    assert spearman(first, second) == pytest.approx(by_formula, abs=1e-12)
    assert spearman(np.exp(first), second) == spearman(first, second)  # only the order counts


def test_equal_values_share_the_mean_of_their_ranks():
    """Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: by hand 4.5 / √(4.5 · 5) = √0.9."""
    found = spearman(np.array([1.0, 2, 2, 3]), np.array([1.0, 2, 3, 4]))
    assert found == pytest.approx(np.sqrt(0.9), abs=1e-12)


def test_same_reverse_and_no_order():
    values = np.array([3.0, -1, 7, 7, 0])
    assert spearman(values, values) == pytest.approx(1, abs=1e-12)
    assert spearman(values, -values) == pytest.approx(-1, abs=1e-12)
    assert spearman(values, np.zeros(5)) is None
