"""Kernels and statistics against the parameters themselves."""

import numpy as np
import pytest
from torch import nn

from resnet_viz.analysis.filters import (
    NEAR_ZERO,
    NormParameters,
    WeightStatistics,
    class_weights,
    kernels,
    norm_parameters,
    stem_kernels,
    stem_lengths,
    weight_histogram,
    weight_statistics,
)
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.trace import trace
from resnet_viz.errors import PathError
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.sources import load
from tests.analysis.networks import ALL, BASIC, GROUPS, RESNET20, network


@pytest.mark.parametrize("config", [BASIC, RESNET20], ids=lambda c: c.name)
def test_stem_kernels_keep_zero_grey_and_give_each_filter_its_full_range(config):
    loaded = network(config)
    weight = loaded.module.get_parameter("conv1.weight")
    colours = stem_kernels(loaded)
    assert colours.shape == weight.shape
    assert colours.dtype == np.float32
    for colour, filter_ in zip(colours, weight, strict=True):
        assert 0 <= colour.min() <= colour.max() <= 1
        assert np.abs(colour - 0.5).max() == pytest.approx(0.5)
        scale = filter_.abs().max().item() * 2
        np.testing.assert_allclose((colour - 0.5) * scale, filter_, atol=1e-6)


@pytest.mark.parametrize("config", [BASIC, RESNET20], ids=lambda c: c.name)
def test_on_one_scale_the_stems_colours_are_its_weights_up_to_one_factor(config):
    loaded = network(config)
    weight = loaded.module.get_parameter("conv1.weight").numpy()
    colours = stem_kernels(loaded, one_scale=True)
    assert np.abs(colours - 0.5).max() == pytest.approx(0.5)
    np.testing.assert_allclose((colours - 0.5) * 2 * np.abs(weight).max(), weight, atol=1e-6)
    lengths = np.linalg.norm(weight.reshape(len(weight), -1), axis=1)
    np.testing.assert_allclose(stem_lengths(loaded), lengths, rtol=1e-6)


@pytest.mark.parametrize(
    ("config", "path"), [(BASIC, "layer1.0.conv1"), (GROUPS, "layer2.0.conv2")]
)
def test_kernels_are_the_filters_own(config, path):
    weight = network(config).module.get_parameter(f"{path}.weight")
    for channel in (0, len(weight) - 1):
        np.testing.assert_array_equal(kernels(network(config), path, channel), weight[channel])


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)
def test_statistics_are_numpys(config):
    loaded = network(config)
    rows = {row.path: row for row in weight_statistics(loaded)}
    assert list(rows) == [row.path for row in traced(loaded).leaves() if row.weights]
    for path, row in rows.items():
        values = loaded.module.get_parameter(f"{path}.weight").numpy().astype(float)
        assert row.shape == values.shape
        assert (row.min, row.max) == (values.min(), values.max())
        assert row.mean == pytest.approx(values.mean(), abs=1e-12)
        assert row.std == pytest.approx(values.std(), rel=1e-9)
        assert row.norm == pytest.approx(np.linalg.norm(values), rel=1e-9)
        small = np.abs(values) <= NEAR_ZERO * np.abs(values).max()
        assert row.near_zero == pytest.approx(small.mean(), abs=1e-12)


def test_a_histogram_counts_every_weight_once():
    weight = network(BASIC).module.get_parameter("layer2.0.conv1.weight")
    histogram = weight_histogram(network(BASIC), "layer2.0.conv1", bins=20)
    assert histogram.counts.shape == (20,)
    assert histogram.edges.shape == (21,)
    assert histogram.counts.sum() == weight.numel()
    assert (histogram.edges[0], histogram.edges[-1]) == (weight.min(), weight.max())
    below = int((weight.double() < histogram.edges[7]).sum())
    assert histogram.counts[:7].sum() == below


def test_norm_parameters_are_the_modules_own_and_copies():
    loaded = network(BASIC)
    norm = loaded.module.get_submodule("layer2.0.downsample.1")
    assert isinstance(norm, nn.BatchNorm2d)
    ours = norm_parameters(loaded, "layer2.0.downsample.1")
    for array, tensor in (
        (ours.weight, norm.weight),
        (ours.bias, norm.bias),
        (ours.mean, norm.running_mean),
        (ours.variance, norm.running_var),
    ):
        assert tensor is not None
        np.testing.assert_array_equal(array, tensor)
        assert not np.shares_memory(array, tensor.numpy())
    assert ours.eps == norm.eps


def test_a_layer_without_what_is_asked_for_is_a_sentence():
    loaded = network(BASIC)
    for question, words in (
        (lambda: kernels(loaded, "bn1", 0), "bn1 is a BatchNorm2d and no Conv2d"),
        (lambda: kernels(loaded, "conv1", 8), "filters 0 to 7, not 8"),
        (lambda: weight_histogram(loaded, "relu"), "no layer with weights"),
        (lambda: weight_histogram(loaded, "layer1"), "no layer with weights"),
        (lambda: norm_parameters(loaded, "conv1"), "no BatchNorm2d"),
        (lambda: kernels(loaded, "layer9", 0), "layer9"),
    ):
        with pytest.raises(PathError, match=words):
            question()


def test_a_filter_of_zeros_is_grey():
    loaded = network(BASIC, seed=5)
    loaded.module.get_parameter("conv1.weight")[0].zero_()
    assert (stem_kernels(loaded)[0] == 0.5).all()


def test_a_class_is_a_row_of_the_classifier():
    loaded = network(BASIC)
    row = loaded.module.get_parameter("fc.weight")[3]
    np.testing.assert_array_equal(class_weights(loaded, 3), row)
    with pytest.raises(PathError, match="classes 0 to 6, not 7"):
        class_weights(loaded, 7)


def test_statistics_of_known_weights():
    loaded = network(BASIC, seed=6)
    weight = loaded.module.get_parameter("fc.weight").zero_()
    weight[0, 0], weight[1, 0], weight[2, 0] = 3.0, -4.0, 0.03
    row = weight_statistics(loaded)[-1]
    count = weight.numel()
    assert (row.path, row.count, row.min) == ("fc", count, -4.0)
    assert row.max == pytest.approx(3.0)
    assert row.norm == pytest.approx(np.sqrt(25 + 0.03**2))
    assert row.mean == pytest.approx(-0.97 / count)
    assert row.near_zero == pytest.approx((count - 2) / count)


def test_dead_channels_of_a_norm_are_those_whose_scale_is_next_to_nothing():
    weight = np.array([1.0, -0.5, 0.01, -0.001, 0.02, 0.0], np.float32)
    norm = NormParameters(weight, weight, weight, weight, 1e-5)
    assert norm.dead == (2, 3, 5)
    nothing = np.zeros(3, np.float32)  # as zero-init leaves them
    assert NormParameters(nothing, nothing, nothing, nothing, 1e-5).dead == (0, 1, 2)


def test_the_shipped_network_has_learned_something():
    config = PRESETS["shapes"]
    trained, drawn = (load(config, source, 128) for source in ("bundled", "random:0"))
    rows = weight_statistics(trained)
    assert sum(row.count for row in rows) < trace(config).params  # biases are none of them
    for row in rows:
        assert row.min <= row.mean <= row.max
        assert 0 <= row.near_zero < 0.9, row.path
        assert plausible(row)
    means = [r.mean for r in weight_statistics(drawn) if r.kind == "Conv2d"]
    assert max(map(abs, means)) < 0.02


def plausible(row: WeightStatistics) -> bool:
    """n · (mean² + std²) is the sum of squares."""
    return row.norm**2 == pytest.approx(row.count * (row.mean**2 + row.std**2), rel=1e-6)
