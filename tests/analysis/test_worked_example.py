"""The arithmetic of single cells against the network's own maps, and its parts against torch's operators."""

import math
import random
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_viz.analysis.capture import capture, outputs
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.worked_example import (
    Contributions,
    WorkedConvolution,
    WorkedCopy,
    WorkedMaxPool,
    WorkedMean,
    WorkedNorm,
    WorkedReLU,
    WorkedScore,
    WorkedSum,
    contributions,
    example_paths,
)
from resnet_viz.errors import PathError
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load
from tests.analysis.networks import (
    ALL,
    BASIC,
    BOTTLENECK,
    CAT,
    GROUPS,
    PLAIN,
    RESNET20,
    ZERO_PAD,
    network,
    snapshot,
    unchanged,
    worked_out,
)


def cells(shape: Sequence[int], how_many: int) -> Iterator[tuple[int, int, int]]:
    """The first and the last cell, where padding is, and some others."""
    channels, rows, columns = (*shape, 1, 1)[:3]
    chance = random.Random(str(shape))
    yield 0, 0, 0
    yield channels - 1, rows - 1, columns - 1
    for _ in range(how_many):
        yield chance.randrange(channels), chance.randrange(rows), chance.randrange(columns)


def maps(loaded: LoadedModel, *paths: str) -> tuple[torch.Tensor, ...]:
    """Torch tensors (1, C, H, W) of what layers put out, by one question of its own."""
    seen = capture(loaded, CAT, paths)
    return tuple(torch.from_numpy(seen[path].values.copy())[None] for path in paths)


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)
def test_every_layer_ends_in_exactly_the_value_of_the_map(config):
    loaded = network(config)
    trace = traced(loaded)
    before = snapshot(loaded)
    full = capture(loaded, CAT, trace.paths)
    for row in trace.leaves():
        for cell in cells(row.output_shape, 1):
            worked = worked_out(loaded, row.path, *cell)
            assert (worked.path, worked.kind) == (row.path, row.kind)
            assert worked.value == full[row.path].values[cell]  # bit for bit
            assert worked.total == pytest.approx(worked.value, rel=1e-4, abs=1e-4), worked
    assert unchanged(loaded, before)


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)
def test_moved_to_another_cell_it_is_what_one_finds_there(config):
    """Against the network's own maps, and against a question about the other cell."""
    loaded = network(config)
    trace = traced(loaded)
    full = capture(loaded, CAT, trace.paths)
    for row in trace.leaves():
        _, height, width = (*row.output_shape, 1, 1)[:3]
        start = worked_out(loaded, row.path, 1, height // 2, width // 2, strongest=2)
        for _, down, right in cells(row.output_shape, 2):
            moved = start.at(down, right)
            assert moved.value == full[row.path].values[1, down, right]
            assert moved.total == pytest.approx(moved.value, rel=1e-4, abs=1e-4), moved
            asked = worked_out(loaded, row.path, 1, down, right, strongest=1000)
            assert moved.total == pytest.approx(asked.total, rel=1e-6, abs=1e-6)
            if isinstance(moved, WorkedConvolution):
                assert isinstance(asked, WorkedConvolution)
                assert len(moved.strongest) == min(2, len(moved.inputs))
                for step, expected in zip(moved.after, asked.after, strict=True):
                    assert (step.value, step.before) == (expected.value, expected.before)


@pytest.mark.parametrize("cell", [(0, 0), (60, 83), (83, 3)])
@pytest.mark.parametrize("path", ["conv1", "maxpool", "layer1.0.conv1"])
def test_of_a_large_map_the_part_around_the_cell_can_be_moved_over(cell, path):
    loaded = load(BASIC, "random:0", 336)
    full = capture(loaded, CAT, (path,))[path].values[2]
    worked = worked_out(loaded, path, 2, *cell)
    assert worked.outputs.shape == (64, 64)
    (top, left), (down, right) = worked.corner, cell
    assert top <= down < top + 64
    assert left <= right < left + 64
    np.testing.assert_array_equal(worked.outputs, full[top : top + 64, left : left + 64])
    for row, column in ((top, left), (top, left + 63), (top + 63, left), (top + 63, left + 63)):
        moved = worked.at(row, column)
        assert moved.total == pytest.approx(full[row, column], rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("path", ["layer1", "layer1.0", "layer2.0"])
def test_a_stage_or_block_is_its_last_sum_and_what_the_relu_leaves_of_it(path):
    worked = worked_out(network(BASIC), path, 3, 2, 1)
    assert isinstance(worked, WorkedSum)
    (relu,) = worked.after
    assert relu.path == traced(network(BASIC)).producer(path)
    (expected,) = maps(network(BASIC), path)
    assert relu.value == expected[0, 3, 2, 1] == max(0, worked.total)
    moved = worked.at(5, 6)
    assert moved.after[0].value == expected[0, 3, 5, 6]


def test_a_block_without_a_sum_is_its_last_layer():
    worked = worked_out(network(PLAIN), "layer1.0", 3, 2, 1)
    assert isinstance(worked, WorkedReLU)


@pytest.mark.parametrize(
    ("config", "path", "source"),
    [
        (BASIC, "layer2.0.conv1", "layer1"),
        (BASIC, "layer2.0.downsample.0", "layer1"),
        (GROUPS, "layer2.0.conv2", "layer2.0.relu1"),
        (ZERO_PAD, "layer3.0.conv1", "layer2"),
        (PLAIN, "layer1.1.conv2", "layer1.1.relu1"),
    ],
)
def test_patches_are_torchs_unfolded_windows_and_the_parts_add_up(config, path, source):
    loaded = network(config)
    conv = loaded.module.get_submodule(path)
    assert isinstance(conv, nn.Conv2d)
    x, out = maps(loaded, source, path)
    kernel, pad, stride = conv.kernel_size, conv.padding, conv.stride
    assert not isinstance(pad, str)
    columns = F.unfold(x, kernel, padding=pad, stride=stride)[0]  # (C · kh · kw, positions)
    columns = columns.reshape(x.shape[1], *kernel, *out.shape[-2:])
    inside = F.unfold(torch.ones_like(x[:, :1]), kernel, padding=pad, stride=stride)
    inside = inside.reshape(*kernel, *out.shape[-2:])
    for channel, row, column in cells(out.shape[1:], 4):
        worked = worked_out(loaded, path, channel, row, column, strongest=2)
        assert isinstance(worked, WorkedConvolution)
        np.testing.assert_array_equal(worked.padded, inside[:, :, row, column].numpy() == 0)
        assert (worked.top, worked.left) == (
            row * stride[0] - pad[0],
            column * stride[1] - pad[1],
        )
        for part in worked.strongest:
            np.testing.assert_array_equal(part.patch, columns[part.channel, :, :, row, column])
            weight = conv.weight[channel, part.channel - worked.inputs.start]
            np.testing.assert_array_equal(part.kernel, weight)
            np.testing.assert_array_equal(part.products, part.patch.astype(float) * part.kernel)
            assert not part.patch[worked.padded].any()
        sums = [part.total for part in worked.strongest]
        assert sum(sums) + worked.rest == pytest.approx(worked.total, abs=1e-9)
        everything = worked_out(loaded, path, channel, row, column, strongest=1000)
        assert isinstance(everything, WorkedConvolution)
        ranked = sorted((part.total for part in everything.strongest), key=abs, reverse=True)
        assert sums == ranked[:2]
        assert len(sums) + worked.rest_channels == len(worked.inputs)


@pytest.mark.parametrize(
    ("config", "path", "source"),
    [
        (BASIC, "layer2.0.conv1", "layer1.1.relu2"),
        (BOTTLENECK, "layer1.0.conv3", "layer1.0.relu2"),
        (GROUPS, "layer2.0.conv2", "layer2.0.relu1"),
        (RESNET20, "fc", "flatten"),
    ],
)
def test_what_a_channel_adds_is_what_torch_makes_of_it_alone(config, path, source):
    loaded = network(config)
    module = loaded.module.get_submodule(path)
    x, out = maps(loaded, source, path)
    x = x.flatten(1) if path == "fc" else x
    seen = outputs(loaded, CAT, example_paths(traced(loaded), path))
    silence = module(torch.zeros_like(x))  # the bias, where there is one
    for channel, row, column in cells(out.shape[1:], 3):
        found = contributions(loaded, seen, path, channel, row, column)
        alone = np.zeros(x.shape[1])
        for other in range(x.shape[1]):
            mask = torch.zeros_like(x)
            mask[:, other] = 1
            made = (module(x * mask) - silence)[0, channel].detach()
            alone[other] = made[row, column] if made.ndim else made
        mine = np.isin(np.arange(x.shape[1]), found.channels)
        np.testing.assert_allclose(found.values, alone[mine], atol=1e-5)
        assert not alone[~mine].any()
        worked = worked_out(loaded, path, channel, row, column)
        bias = worked.bias if isinstance(worked, WorkedScore) else 0
        assert found.values.sum() + bias == pytest.approx(worked.value, abs=1e-5)


def test_channels_that_are_all_shown_stand_in_their_own_order():
    loaded = network(BASIC)
    for channel in range(8):
        worked = worked_out(loaded, "conv1", channel, 3, 5, strongest=4)
        assert isinstance(worked, WorkedConvolution)
        assert worked.channels == (0, 1, 2)  # red, green, blue
        assert worked.rest_channels == 0


@pytest.mark.parametrize("strongest", [1, 4, 1000])
@pytest.mark.parametrize(
    ("config", "path"), [(BASIC, "conv1"), (GROUPS, "layer2.0.conv2"), (BASIC, "layer2.0.conv1")]
)
def test_back_is_to_the_channel_that_adds_most(config, path, strongest):
    loaded = network(config)
    (out,) = maps(loaded, path)
    seen = outputs(loaded, CAT, example_paths(traced(loaded), path))
    for cell in cells(out.shape[1:], 8):
        found = contributions(loaded, seen, path, *cell)
        most = found.channels[int(np.abs(found.values).argmax())]
        channel, row, column = cell
        worked = worked_out(loaded, path, channel, row, column, strongest=strongest)
        assert worked.origin[0] == most


def test_how_many_channels_make_up_half():
    def half(*values: float) -> int:
        return Contributions(range(len(values)), np.array(values)).half

    assert half(1, -1, 1, -1) == 2
    assert half(-7, 1, 2, 3) == 1
    assert half(3, 3, -4) == 2
    assert half(0, 0) == 0


def test_a_layer_that_does_not_sum_over_channels_is_a_sentence():
    loaded = network(BASIC)
    seen = outputs(loaded, CAT, example_paths(traced(loaded), "relu"))
    with pytest.raises(PathError, match="relu is a ReLU"):
        contributions(loaded, seen, "relu", 0)


def test_a_grouped_filter_sees_its_own_group_alone():
    """Against torch: changing any other input channel leaves the value, changing one of these does not."""
    loaded, path = network(GROUPS), "layer2.0.conv2"
    conv = loaded.module.get_submodule(path)
    assert isinstance(conv, nn.Conv2d)
    (x,) = maps(loaded, "layer2.0.relu1")
    for channel in (0, conv.out_channels // 2, conv.out_channels - 1):
        worked = worked_out(loaded, path, channel, 1, 1, strongest=1000)
        assert isinstance(worked, WorkedConvolution)
        seen = {
            other
            for other in range(x.shape[1])
            if conv(x.index_fill(1, torch.tensor([other]), 9.0))[0, channel, 1, 1] != worked.value
        }
        assert seen == set(worked.inputs) == {part.channel for part in worked.strongest}
        assert worked.rest_channels == worked.rest == 0
        assert worked.groups == GROUPS.groups


@pytest.mark.parametrize(
    ("config", "path", "after"),
    [
        (BASIC, "conv1", ["bn1", "relu"]),
        (BASIC, "layer1.0.conv2", ["layer1.0.bn2"]),  # the sum comes before the ReLU
        (BASIC, "layer2.0.downsample.0", ["layer2.0.downsample.1"]),
        (PLAIN, "layer1.0.conv2", ["layer1.0.bn2", "layer1.0.relu2"]),  # no sum between
    ],
)
def test_a_convolution_is_followed_to_the_next_meeting(config, path, after):
    loaded = network(config)
    worked = worked_out(loaded, path, 5, 3, 2)
    assert isinstance(worked, WorkedConvolution)
    assert [following.path for following in worked.after] == after
    value = worked.value
    for following, (expected,) in zip(worked.after, (maps(loaded, p) for p in after), strict=True):
        assert following.before == value
        assert following.value == expected[0, 5, 3, 2]
        assert following.total == pytest.approx(following.value, abs=1e-4)
        value = following.value


def test_the_numbers_of_batch_norm_are_the_modules_own():
    loaded = network(BASIC)
    norm = loaded.module.get_submodule("layer2.0.bn1")
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    worked = worked_out(loaded, "layer2.0.bn1", 4, 0, 3)
    assert isinstance(worked, WorkedNorm)
    assert worked.mean == norm.running_mean[4]
    assert worked.variance == norm.running_var[4]
    own = (norm.weight[4].item(), norm.bias[4].item(), norm.eps)
    assert (worked.weight, worked.bias, worked.eps) == own
    formula = (worked.before - worked.mean) / math.sqrt(worked.variance + worked.eps)
    assert worked.total == pytest.approx(formula * worked.weight + worked.bias, abs=1e-12)


def test_max_pooling_names_the_winner_that_torch_names():
    loaded = network(BASIC)
    x, out = maps(loaded, "relu", "maxpool")
    _, indices = F.max_pool2d(x, 3, 2, 1, return_indices=True)
    for channel, row, column in cells(out.shape[1:], 30):
        worked = worked_out(loaded, "maxpool", channel, row, column)
        assert isinstance(worked, WorkedMaxPool)
        assert np.isneginf(worked.patches[0][worked.padded]).all()
        assert worked.padded.any() == (row == 0 or column == 0)
        y, x_ = worked.top + worked.winner[0], worked.left + worked.winner[1]
        assert y * x.shape[-1] + x_ == indices[0, channel, row, column]


def test_average_pooling_is_a_sum_over_a_count():
    (maps_before,) = maps(network(BASIC), "layer4")
    worked = worked_out(network(BASIC), "avgpool", 9)
    assert isinstance(worked, WorkedMean)
    np.testing.assert_array_equal(worked.map, maps_before[0, 9])
    assert worked.count == maps_before[0, 9].numel()
    assert worked.sum == pytest.approx(maps_before[0, 9].double().sum().item())


def test_a_sum_names_both_paths():
    worked = worked_out(network(BASIC), "layer2.0.add", 1, 2, 3)
    branch, shortcut = maps(network(BASIC), "layer2.0.bn2", "layer2.0.downsample.1")
    assert isinstance(worked, WorkedSum)
    read = (branch[0, 1, 2, 3].item(), shortcut[0, 1, 2, 3].item())
    assert (worked.branch, worked.shortcut) == read
    assert (worked.branch_path, worked.shortcut_path) == ("layer2.0.bn2", "layer2.0.downsample.1")


def test_option_a_takes_every_second_place_and_new_channels_are_zero():
    loaded = network(ZERO_PAD)
    (before,) = maps(loaded, "layer1")
    worked = worked_out(loaded, "layer2.0.shortcut", 7, 3, 5)
    assert isinstance(worked, WorkedCopy)
    assert worked.source == (7, 6, 10)
    assert worked.value == before[0, 7, 6, 10]
    new = worked_out(loaded, "layer2.0.shortcut", 8, 3, 5)
    assert isinstance(new, WorkedCopy)
    assert (new.source, new.value) == (None, 0)


@pytest.mark.parametrize("strongest", [3, 1000])
def test_the_classifiers_terms_end_in_the_logit(strongest):
    loaded = network(RESNET20)
    logits = capture(loaded, CAT).logits
    for label in range(10):
        worked = worked_out(loaded, "fc", label, strongest=strongest)
        assert isinstance(worked, WorkedScore)
        assert worked.value == logits[label]
        words = [term.product for term in (*worked.positive, *worked.negative)]
        assert sum(words) + worked.rest + worked.bias == pytest.approx(worked.total, abs=1e-9)
        assert all(term.product > 0 for term in worked.positive)
        assert all(term.product < 0 for term in worked.negative)
        assert worked.positive[0].product == max(words)
        assert worked.negative[0].product == min(words)
        assert worked.rest_channels + len(words) == 64
        for term in worked.positive:
            weight = loaded.module.get_parameter("fc.weight")
            assert term.weight == weight[label, term.channel]


def test_the_same_channels_speak_of_the_likeliest_classes():
    loaded = network(RESNET20)
    logits = capture(loaded, CAT).logits
    unlikely = int(logits.argmin())
    worked = worked_out(loaded, "fc", unlikely)
    assert isinstance(worked, WorkedScore)
    assert worked.classes == (*np.argsort(-logits)[:6], unlikely)
    for label in worked.classes:
        other, asked = worked.of(label), worked_out(loaded, "fc", label)
        assert isinstance(asked, WorkedScore)
        assert other.value == logits[label]
        assert (other.total, other.rest) == (asked.total, asked.rest)
        assert [t.channel for t in other.positive] == [t.channel for t in asked.positive]


@pytest.mark.parametrize("cell", [(8, 0, 0), (0, 16, 0), (0, 0, -1), (-1, 0, 0)])
def test_a_cell_that_is_not_there_is_a_sentence(cell):
    with pytest.raises(PathError, match=r"layer1\.0\.conv1 has no cell .*8 × 16 × 16"):
        worked_out(network(BASIC), "layer1.0.conv1", *cell)


def test_an_unknown_layer_is_a_sentence():
    with pytest.raises(PathError, match="layer9"):
        worked_out(network(BASIC), "layer9", 0)


def test_arrays_are_read_only():
    worked = worked_out(network(BASIC), "conv1", 0, 0, 0)
    assert isinstance(worked, WorkedConvolution)
    for array in (worked.maps, worked.outputs, worked.rests, worked.strongest[0].patch):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
