"""Shattered gradients against finite differences and the order that Balduzzi et al. 2017 found."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.analysis import shattering
from resnet_viz.analysis.shattering import autocorrelation, derivatives, shattered_gradient

SEEDS = (0, 1, 2)


def test_autocorrelation_of_what_is_known():
    rng = np.random.default_rng(0)
    noise = autocorrelation(rng.normal(size=4096))
    assert noise[0] == pytest.approx(1)
    assert np.abs(noise[1:]).max() < 0.1
    wave = autocorrelation(np.sin(np.linspace(0, 40 * np.pi, 4096, endpoint=False)))
    assert wave[10] == pytest.approx(np.cos(10 * 40 * np.pi / 4096), abs=0.02)


def test_the_derivative_of_one_layer_is_its_difference_quotient(monkeypatch):
    """With one layer, between neighbours that switch no neuron, a secant is the derivative."""
    monkeypatch.setattr(shattering, "WIDTH", 4)
    slope = derivatives(1, 3, residual=False, scale=1.0)
    rng = np.random.default_rng(3)
    inputs = np.linspace(-2, 2, shattering.POINTS)[:, None]
    first = rng.normal(0, 1, (1, 4))
    h = inputs @ first + rng.normal(0, 1, 4)
    weight = rng.normal(0, np.sqrt(0.5), (4, 4))
    normed = (h - h.mean(axis=0)) / h.std(axis=0)
    out = np.maximum(normed, 0) @ weight @ rng.normal(0, 0.5, 4)
    secant = np.diff(out) / np.diff(inputs[:, 0])
    on = normed > 0
    same = (on[1:] == on[:-1]).all(axis=1)
    assert same.sum() > 200
    np.testing.assert_allclose(slope[1:][same], secant[same], rtol=1e-6)


def test_depth_shatters_plain_networks_and_shortcuts_slow_it_down():
    plain = {d: shattered_gradient(d, SEEDS, residual=False).correlation[5] for d in (2, 10, 24)}
    assert plain[2] > 0.7
    assert plain[2] > plain[10] > plain[24] - 0.1
    assert abs(plain[24]) < 0.15
    residual = shattered_gradient(24, SEEDS, residual=True).correlation[5]
    scaled = shattered_gradient(24, SEEDS, residual=True, scale=0.1).correlation[5]
    assert plain[24] + 0.1 < residual < scaled


def test_what_is_drawn_is_standardised_and_follows_from_the_seed():
    one, other = (shattered_gradient(5, (seed,), residual=True) for seed in (0, 1))
    assert one.gradient.mean() == pytest.approx(0, abs=1e-9)
    assert one.gradient.std() == pytest.approx(1)
    assert not np.allclose(one.gradient, other.gradient)
    again = shattered_gradient(5, (0,), residual=True)
    np.testing.assert_array_equal(one.gradient, again.gradient)
