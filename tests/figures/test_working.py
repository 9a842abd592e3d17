"""The working of a cell in words and numbers: nothing is lost between the record and the page."""

import math

import numpy as np
import pytest

from resnet_viz.analysis.by_hand.records import (
    ChannelSum,
    Term,
    Worked,
    WorkedConvolution,
    WorkedCopy,
    WorkedMaxPool,
    WorkedMean,
    WorkedNorm,
    WorkedReLU,
    WorkedScore,
    WorkedSum,
)
from resnet_viz.figures.working import working
from resnet_viz.figures.working_records import Names, Step, Working

NAMES = Names("layer1", "channel 3")


def place(kind: str, value: float) -> dict:
    at = {"channel": 3, "row": 0, "column": 2}
    return {"path": "here", "kind": kind, "value": value, "total": value, **at}


def convolution(side: int, channels: int, shown: int, **changes) -> WorkedConvolution:
    """Patches of 0.5, kernels of −1; padding above."""
    padded = np.zeros((side, side), bool)
    padded[0] = side > 1
    patch = np.where(padded, 0, 0.5).astype(np.float32)
    part = -0.5 * int((~padded).sum())
    after = (
        WorkedNorm(
            **place("BatchNorm2d", 1.5), before=-2, mean=-1, variance=4, eps=1e-5, weight=-1, bias=1
        ),
        WorkedReLU(**place("ReLU", 1.5), before=1.5),
    )
    facts = {
        **place("Conv2d", channels * part),
        "top": -1,
        "left": 4,
        "padded": padded,
        "strongest": tuple(
            ChannelSum(i, patch.copy(), np.full((side, side), -1, np.float32)) for i in range(shown)
        ),
        "rest": (channels - shown) * part,
        "rest_channels": channels - shown,
        "groups": 1,
        "inputs": range(channels),
        "after": after,
    }
    return WorkedConvolution(**(facts | changes))


def marked(shown: Working) -> Step:
    (step,) = (step for step in shown.steps if step.marked)
    return step


def test_a_convolution_is_grids_and_a_sum_that_goes_on():
    shown = working(convolution(3, 10, 2), NAMES)
    assert "reads layer1 at rows −1 to 1, columns 4 to 6." in shown.intro
    assert "The 2 of 10 input channels" in shown.intro
    assert "padding" in shown.intro
    assert shown.corner == (-1, 4)
    assert shown.padded[0] == (True, True, True)
    assert shown.padded[1] == (False, False, False)
    assert [trio.name for trio in shown.trios] == ["channel 0", "channel 1"]
    assert shown.trios[0].patch[1] == (0.5, 0.5, 0.5)
    assert shown.trios[0].sum == -3
    assert shown.products == ()
    assert [step.value for step in shown.steps] == ["−6", "−24", "−30", "1.5", "1.5"]
    assert [step.name for step in shown.steps][1:3] == ["The other 8 channels", "here"]
    assert marked(shown).value == "−30"
    assert "−1 · (−2 − (−1)) / √(4 + 0.00001) + 1" in shown.steps[3].how


def test_a_pointwise_convolution_is_a_list_of_products():
    shown = working(convolution(1, 4, 4), NAMES)
    assert shown.trios == ()
    assert [product.product for product in shown.products] == [-0.5] * 4
    assert not any("other" in step.name for step in shown.steps)


def test_a_group_and_the_colours_are_named():
    grouped = convolution(3, 2, 2, groups=4, inputs=range(6, 8))
    assert "channels 6 to 7 alone: group 4 of 4" in working(grouped, NAMES).intro
    coloured = working(convolution(3, 3, 3), Names("the picture", "channel 3", coloured=True))
    assert [trio.name for trio in coloured.trios] == ["red", "green", "blue"]


def test_a_score_adds_up_to_the_bias():
    worked = WorkedScore(
        **place("Linear", 1.25),
        positive=(Term(7, 2, 0.75),),
        negative=(Term(9, 1, -0.5),),
        rest=0.125,
        rest_channels=1,
        bias=0.125,
    )
    shown = working(worked, Names("flatten", "“cat”"))
    assert "for or against “cat”" in shown.intro
    assert [product.name for product in shown.products] == ["channel 7", "channel 9"]
    assert [step.value for step in shown.steps] == ["1.5", "−0.5", "0.125", "0.125", "1.25"]
    assert shown.steps[2].name == "The other 1 channel"


def test_padding_of_a_max_pool_is_no_number():
    window = np.array([[-math.inf, -math.inf], [1, 3]], np.float32)
    worked = WorkedMaxPool(
        **place("MaxPool2d", 3),
        top=-1,
        left=2,
        padded=np.isinf(window),
        window=window,
        winner=(1, 1),
    )
    shown = working(worked, NAMES)
    assert shown.map is not None
    assert shown.map.values == ((None, None), (1, 3))
    assert shown.map.winner == (1, 1)
    assert marked(shown).how == "the winner stands at row 0, column 3"


@pytest.mark.parametrize(("side", "squares", "cells"), [(7, 1, 7), (16, 1, 16), (56, 4, 14)])
def test_a_large_average_is_shown_in_squares(side, squares, cells):
    values = np.random.default_rng(0).normal(size=(side, side)).astype(np.float32)
    total = float(values.sum(dtype=np.float64))
    mean = total / values.size
    worked = WorkedMean(
        **place("AdaptiveAvgPool2d", mean), map=values, sum=total, count=values.size
    )
    shown = working(worked, NAMES)
    assert shown.map is not None
    assert shown.map.squares == squares
    assert np.shape(shown.map.values) == (cells, cells)
    assert np.mean(shown.map.values) == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize(
    ("worked", "words"),
    [
        (WorkedReLU(**place("ReLU", 0), before=-2), "becomes 0"),
        (WorkedReLU(**place("ReLU", 2), before=2), "passes"),
        (WorkedCopy(**place("Identity", 2), source=(3, 0, 2)), "handed on"),
        (WorkedCopy(**place("ZeroPad", 0), source=None), "new channels with zeros"),
        (
            WorkedSum(
                **place("Add", 1), branch=3, shortcut=-2, branch_path="bn2", shortcut_path="relu"
            ),
            "Branch and shortcut",
        ),
        (
            WorkedNorm(
                **place("BatchNorm2d", 1), before=1, mean=0, variance=1, eps=0, weight=1, bias=0
            ),
            "scales and shifts",
        ),
    ],
)
def test_each_kind_is_said_in_a_sentence_and_ends_in_the_value(worked: Worked, words: str):
    shown = working(worked, NAMES)
    assert words in shown.intro
    assert marked(shown).value == f"{worked.value:g}"
    assert shown.steps[-1] == marked(shown)
