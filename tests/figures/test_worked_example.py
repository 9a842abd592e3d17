"""The working of a cell in words with gaps: every gap has a number, and the numbers are the record's."""

import re
from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.worked_example import (
    WorkedConvolution,
    WorkedExample,
    WorkedMean,
    WorkedScore,
)
from resnet_viz.analysis.worked_example.records import WorkedWindow
from resnet_viz.components.worked_example.encode import Names, Step, WrittenExample, write_out
from resnet_viz.model.config import ResNetConfig
from resnet_viz.weights.sources import load
from tests.analysis.networks import ALL, BASIC, BOTTLENECK, GROUPS, ZERO_PAD, network, worked_out
from tests.figures.blobs import unpack

NAMES = Names("source", "channel 1", "")


def shown(
    config: ResNetConfig, path: str, channel: int = 1, names: Names = NAMES
) -> tuple[WorkedExample, WrittenExample]:
    """The record of a cell and what is written of it."""
    worked = worked_out(network(config), path, channel, strongest=3)
    classes = tuple(f"class {label}" for label in getattr(worked, "classes", ()))
    return worked, write_out(worked, replace(names, shown=worked.path, classes=classes))


def marked(written: WrittenExample) -> Step:
    (step,) = (step for step in written.steps if step.marked)
    return step


def known(worked: WorkedExample, written: WrittenExample) -> set[str]:
    """The numbers that arithmetic.js makes of what is sent, as its `numbersAt` lists them."""
    outputs = written.arrays.get("outputs", np.zeros((1, 1, 1)))
    names = {f"out{i}" for i in range(len(outputs))}
    if isinstance(worked, WorkedScore):
        sides = {"positive", "positives", "negative", "negatives"}
        return names | sides | {"class", "rest", "others", "bias", "probability"}
    if isinstance(worked, WorkedMean):
        return names | {"sum"}
    if isinstance(worked, WorkedConvolution):
        return names | {"sums", "shown", "rest"}
    if written.kind == "pool":
        return names | {"winner_row", "winner_column"}
    return names | {f"in{i}" for i in range(len(written.arrays["maps"]))}


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)
def test_every_gap_is_filled_and_every_layer_ends_in_its_value(config):
    loaded = network(config)
    for row in traced(loaded).leaves():
        worked = worked_out(loaded, row.path, 1, strongest=3)
        classes = tuple(map(str, getattr(worked, "classes", ())))
        written = write_out(worked, replace(NAMES, shown=row.path, classes=classes))
        gaps = {step.value for step in written.steps}
        for words in (written.intro, *(step.how + step.name for step in written.steps)):
            gaps |= set(re.findall(r"\{[(=]?(\w+)\)?\}", words))
        assert gaps <= known(worked, written), (row.path, gaps)
        assert marked(written).name == row.path
        assert marked(written).value == "out0"
        if not isinstance(worked, WorkedScore):
            assert written.arrays["outputs"].dtype == np.float32


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)
def test_maps_and_outputs_are_those_of_the_record(config):
    loaded = network(config)
    for row in traced(loaded).leaves():
        worked = worked_out(loaded, row.path, 1, strongest=3)
        if not isinstance(worked, WorkedWindow):
            continue
        header, arrays = unpack(write_out(worked, replace(NAMES, shown=row.path)).encoded("here"))
        assert header["name"] == "here"
        assert header["extent"] == list(arrays["outputs"].shape[1:])
        assert header["map_size"] == list(arrays["maps"].shape[1:])
        assert len(header["inputs"]) == len(arrays["maps"])
        np.testing.assert_array_equal(arrays["maps"], worked.maps)
        np.testing.assert_array_equal(arrays["outputs"][0], worked.outputs)
        assert arrays["colours"].shape == (256, 3)


def test_a_convolution_says_what_it_reads_and_goes_on_to_the_relu():
    worked, written = shown(BASIC, "layer1.0.conv1")
    assert isinstance(worked, WorkedConvolution)
    assert "Filter 1 reads a 3 × 3 window of source, 8 channels." in written.intro
    assert "the 3 that count most" in written.intro
    assert written.facts["inputs"] == [f"channel {i}" for i in worked.channels]
    names = [step.name for step in written.steps]
    assert names == [
        "The channels above",
        "The other 5 channels",
        "layer1.0.conv1",
        "layer1.0.bn1, scaled",
        "layer1.0.bn1",
        "layer1.0.relu1",
    ]
    scaled, shifted, relu = written.steps[-3:]
    module = network(BASIC).module.get_submodule("layer1.0.bn1")
    assert isinstance(module, nn.BatchNorm2d)
    assert f"{float(module.weight[1]):.4g}".replace("-", "−") in scaled.how
    assert "({=out0} − " in scaled.how
    assert f"{float(module.bias[1]):.4g}".replace("-", "−") in shifted.how
    assert "{out1} + " in shifted.how
    assert relu.how == "ReLU: max(0, {out2})"
    values = ["shown", "rest", "out0", "out1", "out2", "out3"]
    assert [step.value for step in written.steps] == values
    planes, norm = written.arrays["outputs"], worked.after[0]
    np.testing.assert_array_equal(planes[2], norm.outputs)
    np.testing.assert_allclose(planes[1] + np.float32(module.bias[1]), planes[2], atol=1e-6)
    np.testing.assert_array_equal(planes[3], worked.after[1].outputs)


def test_a_pointwise_convolution_reads_one_place():
    _, written = shown(BOTTLENECK, "layer2.0.conv1")
    assert written.kind == "pointwise"
    assert "reads one place of source, 32 channels." in written.intro


def test_a_group_and_the_colours_are_named():
    worked, written = shown(GROUPS, "layer2.0.conv2", channel=20)
    assert isinstance(worked, WorkedConvolution)
    size = len(worked.inputs)
    first = size * (20 // size)
    assert f"{first} to {first + size - 1} alone: group {20 // size + 1} of 4" in written.intro
    _, stem = shown(
        BASIC,
        "conv1",
        names=Names("the image", "channel 1", "", colours=("red", "green", "blue")),
    )
    assert sorted(stem.facts["inputs"]) == ["blue", "green", "red"]
    assert not any("other" in step.name for step in stem.steps)


def test_the_score_of_a_class_can_be_asked_of_the_likeliest():
    worked, written = shown(BASIC, "fc")
    assert isinstance(worked, WorkedScore)
    assert [each["number"] for each in written.facts["classes"]] == list(worked.classes)
    assert written.facts["class_number"] == 1
    _, arrays = unpack(written.encoded("fc"))
    assert arrays["weights"].shape == (len(worked.classes), len(worked.activations))
    weight = network(BASIC).module.get_parameter("fc.weight")
    np.testing.assert_array_equal(arrays["weights"], weight[list(worked.classes)])


def test_of_a_large_map_it_is_said_which_part_can_be_moved_over():
    worked = worked_out(load(BASIC, "random:0", 336), "conv1", 1, 100, 3)
    written = write_out(worked, replace(NAMES, shown="conv1"))
    assert (
        written.facts["output"] == "conv1, channel 1: rows 68 to 131, columns 0 to 63 of 168 × 168"
    )
    assert shown(BASIC, "conv1")[1].facts["output"] == "conv1, channel 1"


@pytest.mark.parametrize(("side", "size", "cells"), [(7, 1, 7), (16, 1, 16), (56, 4, 14)])
def test_a_large_average_is_shown_in_squares(side, size, cells):
    values = np.random.default_rng(0).normal(size=(side, side)).astype(np.float32)
    mean = float(values.mean(dtype=np.float64))
    worked = WorkedMean(
        path="avgpool",
        kind="AdaptiveAvgPool2d",
        channel=1,
        row=0,
        column=0,
        outputs=np.array([[mean]], np.float32),
        map=values,
    )
    written = write_out(worked, replace(NAMES, shown="avgpool"))
    assert written.facts["pool_size"] == size
    assert written.arrays["maps"].shape == (1, cells, cells)
    assert written.arrays["maps"].mean() == pytest.approx(mean, abs=1e-6)
    assert written.arrays["sum"][0] / values.size == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize(
    ("config", "path", "channel", "words"),
    [
        (BASIC, "relu", 1, "what is below 0 becomes 0"),
        (BASIC, "flatten", 1, "handed on"),
        (ZERO_PAD, "layer2.0.shortcut", 8, "new channels with zeros"),
        (BASIC, "layer1.0.add", 1, "Branch and shortcut"),
        (BASIC, "bn1", 1, "scales and shifts"),
        (BASIC, "maxpool", 1, "largest of a 3 × 3 window"),
    ],
)
def test_each_kind_is_said_in_a_sentence(config, path, channel, words):
    _, written = shown(config, path, channel)
    assert words in written.intro


@pytest.mark.parametrize("path", ["layer1", "layer2.0"])
def test_of_a_block_the_sum_is_told_to_the_relu_whose_map_is_shown(path):
    worked = worked_out(network(BASIC), path, 1)
    last = traced(network(BASIC)).producer(path)
    written = write_out(worked, replace(NAMES, shown=last))
    assert [step.value for step in written.steps] == ["in0", "in1", "out0", "out1"]
    assert marked(written).name == last
    assert written.facts["shown"] == "out1"
    assert written.facts["output"].startswith(f"{last}, ")
