"""The numbers behind the questions, against published counts and against what they are counted from."""

import re

import pytest

from resnet_viz.analysis import why
from resnet_viz.analysis.trace import trace
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS, TITLES


@pytest.mark.parametrize("name", PRESETS)
def test_depth_is_the_number_in_the_name(name):
    count = why.depth_count(trace(PRESETS[name]))
    assert count.depth == int(re.findall(r"\d+", TITLES[name])[0]) == PRESETS[name].depth


def test_resnet18_has_twenty_convolutions_of_which_three_are_projections():
    count = why.depth_count(trace(PRESETS["resnet18"]))
    assert (count.convolutions, count.projections) == (20, 3)


@pytest.mark.parametrize("name", PRESETS)
def test_biases_would_be_as_many_as_the_shifts_that_batchnorm_has(name):
    network = trace(PRESETS[name])
    scales_and_shifts = sum(row.params for row in network.leaves() if row.kind == "BatchNorm2d")
    assert why.biases(network) == scales_and_shifts / 2


def test_a_bottleneck_saves_most_of_the_weights():
    """He et al. 2015, figure 5 on the right: 256 to 64, 64 and 256 channels."""
    count = why.bottleneck_count(trace(PRESETS["resnet50"]), "layer1.1")
    assert count is not None
    assert count.channels == (64, 64, 256)
    assert count.weights == 256 * 64 + 9 * 64 * 64 + 64 * 256
    assert count.without == 2 * 9 * 256 * 256
    assert why.bottleneck_count(trace(PRESETS["resnet18"]), "layer1.1") is None


@pytest.mark.parametrize("name", PRESETS)
def test_a_projection_at_full_size_opens_the_first_stage_of_bottlenecks(name):
    network = trace(PRESETS[name])
    found = [
        block.path
        for block in network.blocks()
        if why.needs_projection_at_full_size(network, block.path)
    ]
    assert found == (["layer1.0"] if PRESETS[name].block == "bottleneck" else [])


def test_a_map_of_one_position_does_not_make_a_stride_of_two_one_of_one():
    network = trace(PRESETS["resnet18"], 32)
    assert network["layer4.0"].output_shape[1:] == (1, 1)
    assert not any(why.needs_projection_at_full_size(network, f"layer{n}.0") for n in (1, 2, 3, 4))


def test_later_convolutions_have_more_parameters_at_the_same_cost():
    pair = why.typical_convolutions(trace(PRESETS["resnet18"]))
    assert pair is not None
    first, last = pair
    assert (first.path, last.path) == ("layer1.1.conv2", "layer4.1.conv2")
    assert (first.params, last.params) == (9 * 64 * 64, 9 * 512 * 512)
    assert first.macs == last.macs == 9 * 64 * 64 * 56 * 56
    assert why.positions(first) == 64 * why.positions(last)


def test_no_two_convolutions_show_it_where_maps_can_shrink_no_more():
    assert why.typical_convolutions(trace(PRESETS["resnet18"], 40)) is None
    alone = ResNetConfig("custom", repeats=(1, 1, 1))  # one block a stage, the later with a stride
    pair = why.typical_convolutions(trace(alone))
    assert pair is not None
    assert all(row.stride == (1, 1) for row in pair)
