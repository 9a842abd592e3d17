"""Every printed formula, read as a person would read it, against what torchinfo measured."""

import math
import re

import pytest

from resnet_viz.analysis import arithmetic
from resnet_viz.analysis.arithmetic import explain, not_worked_out
from resnet_viz.analysis.records import LayerRecord
from resnet_viz.analysis.trace import trace
from resnet_viz.model.presets import PRESETS


def worked_out(expression: str) -> int:
    """Evaluate a formula from its text alone, written independently of the code that makes it."""
    python = expression.replace(",", "") if "max" not in expression else expression
    python = python.replace("·", "*").replace("−", "-")
    python = python.replace("⌊", "math.floor(").replace("⌋", ")")
    assert re.fullmatch(r"[-+*/() 0-9a-z.,]+", python)
    value = eval(python, {"math": math, "max": max})
    assert value == int(value)
    return int(value)


def measured(row: LayerRecord) -> dict[str, int]:
    spatial = len(row.output_shape) == 3
    return {
        "height": row.output_shape[1] if spatial else 1,
        "channels": row.output_shape[0],
        "params": row.params,
        "macs": row.macs,
        "receptive_field": row.receptive_field,
        "jump": row.jump,
        "activations": math.prod(row.output_shape),
    }


@pytest.mark.parametrize("name", PRESETS)
def test_every_formula_of_every_row_gives_what_was_measured(name):
    traced = trace(PRESETS[name])
    for row in traced.layers:
        truth = measured(row)
        for formula in explain(traced, row.path):
            assert formula.value == truth[formula.measures], (row.path, formula)
            assert worked_out(formula.expression) == formula.value, (row.path, formula)


@pytest.mark.parametrize("name", PRESETS)
def test_nothing_that_costs_is_left_unexplained(name):
    traced = trace(PRESETS[name])
    for row in traced.layers:
        explained = {formula.measures for formula in explain(traced, row.path)}
        assert "receptive_field" in explained
        assert not row.params or "params" in explained
        assert not row.macs or "macs" in explained
        moved = not row.is_container and row.output_shape[1:] != row.input_shape[1:]
        assert not (moved and row.kernel) or "height" in explained
        assert not_worked_out(traced, row.path) == ()


def test_what_no_formula_gives_is_named(monkeypatch):
    """As of a kind whose formulas nobody has written."""
    monkeypatch.setattr(arithmetic, "EXPLAINED", {})
    traced = trace(PRESETS["resnet20"])
    assert not_worked_out(traced, "conv1") == ("channels", "parameters", "multiply-adds")
    assert not_worked_out(traced, "bn1") == ("parameters",)
    assert not_worked_out(traced, "layer2.0.conv1")[0] == "height and width"
    assert not_worked_out(traced, "relu") == not_worked_out(traced, "layer2.0") == ()


def test_the_first_convolution_of_the_walkthrough_by_hand():
    formulas = {f.measures: f for f in explain(trace(PRESETS["walkthrough"]), "conv1")}
    assert formulas["height"].expression == "⌊(214 + 2·3 − 7) / 2⌋ + 1"
    assert formulas["height"].value == 107
    assert formulas["params"].expression == "64 · 3 · 7 · 7"
    assert formulas["params"].value == 9408
    assert formulas["macs"].value == 9408 * 107 * 107
    assert formulas["receptive_field"].value == 7


def test_grouped_convolutions_divide_their_inputs():
    formulas = {f.measures: f for f in explain(trace(PRESETS["resnext50_32x4d"]), "layer1.0.conv2")}
    assert formulas["params"].expression == "128 · (128 / 32) · 3 · 3"
    assert formulas["params"].value == 128 * 4 * 9
