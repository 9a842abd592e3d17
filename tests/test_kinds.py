"""The table of layer kinds: complete, and a stranger's kind or block is shown right or not at all."""

from collections.abc import Mapping

import pytest
import torch
from torch import nn

from resnet_viz.analysis import arithmetic, worked_example
from resnet_viz.analysis.trace import trace, trace_anew
from resnet_viz.analysis.worked_example.layers import CONTRIBUTIONS, WORKED
from resnet_viz.errors import ConfigError
from resnet_viz.figures import diagram_labels
from resnet_viz.figures.diagrams import LEVELS, network_diagram
from resnet_viz.figures.palette import LIGHT
from resnet_viz.model import blocks, kinds, resnet
from resnet_viz.model.blocks import BasicBlock
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.kinds import CONTAINERS, KINDS, LayerKind, own_window
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_meta, build_random
from resnet_viz.model.roles import Role, stage_number
from resnet_viz.texts import explanation, text

SMALL = ResNetConfig("small", repeats=(1, 2, 1), width=8, num_classes=5, input_size=64)


def test_every_kind_that_any_preset_has_is_in_the_table():
    found = {row.kind for preset in PRESETS.values() for row in trace(preset).layers}
    assert found == {*KINDS, *CONTAINERS}


@pytest.mark.parametrize("kind", [*KINDS, *CONTAINERS])
def test_every_kind_is_explained_in_words(kind):
    assert explanation(kind) == text(kind)
    assert len(text(kind)) > 80


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_worked_example(kind):
    assert kind in WORKED


def test_what_hangs_on_kinds_names_no_kind_that_is_not_there():
    mappings: dict[str, Mapping[str, object]] = {
        "formulas": arithmetic.EXPLAINED,
        "worked examples": WORKED,
        "contributions": CONTRIBUTIONS,
        "what follows": worked_example._AFTER,
        "diagram details": diagram_labels._DETAILS,
        "diagram words": diagram_labels._WORDS,
    }
    for name, mapping in mappings.items():
        assert set(mapping) <= set(KINDS), name
    assert set(worked_example._FOLLOWED) <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_moves_a_window_or_multiplies_has_a_formula(kind):
    moves = kind.window is not kinds.no_window
    assert (kind.name in arithmetic.EXPLAINED) >= (moves or kind.multiplies)


# --- roles --------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", PRESETS.values(), ids=lambda config: config.name)
def test_the_parts_of_every_block_are_its_layers_once_each(config):
    traced = trace(config)
    for block in traced.blocks():
        parts = traced.parts(block.path)
        named = [*parts.branch, *parts.shortcut, parts.total, parts.activation]
        inside = [row.path for row in traced.inside(block.path)]
        assert sorted(filter(None, named)) == sorted(inside)
        kinds_of = [traced[path].kind for path in parts.branch]
        assert (kinds_of[0], kinds_of[-1]) == ("Conv2d", "BatchNorm2d")
        assert traced[parts.activation].kind == "ReLU"
        assert traced.producer(block.path) == parts.activation
        plain = config.shortcut == "none"
        assert (parts.total == "") == (parts.shortcut == ()) == plain
        if not plain:  # the sum reads the branch first, then the shortcut
            assert traced.sources(parts.total) == (parts.branch[-1], parts.shortcut[-1])


@pytest.mark.parametrize("config", PRESETS.values(), ids=lambda config: config.name)
def test_stem_stages_head_and_classifier_are_the_network(config):
    traced = trace(config)
    top = (*traced.stem, *traced.stages(), *traced.head, traced.classifier)
    assert top == traced.top()
    assert traced.classifier.output_shape == (config.num_classes,)
    assert [stage.stage for stage in traced.stages()] == [*range(1, len(config.repeats) + 1)]
    assert {row.role for row in traced.leaves()} >= {Role.STEM, Role.BRANCH, Role.CLASSIFIER}


def test_a_stage_is_read_from_a_path_only_where_there_is_one():
    paths = ("layer1", "layer12.3.conv1", "conv1", "fc", "layernorm", "layer")
    assert [stage_number(path) for path in paths] == [1, 12, 0, 0, 0, 0]


# --- what a stranger adds -------------------------------------------------------------------------


@pytest.fixture
def average_stem(monkeypatch):
    """The stem pools by means instead of maxima: a kind of layer that nobody has described."""
    original = resnet._stem

    def stem(config):
        for name, module in original(config):
            yield name, nn.AvgPool2d(3, 2, 1) if isinstance(module, nn.MaxPool2d) else module

    monkeypatch.setattr(resnet, "_stem", stem)


def test_a_kind_that_nobody_described_is_refused_and_never_guessed(average_stem):
    with pytest.raises(ConfigError, match=r"maxpool is a AvgPool2d, a kind of layer that is not"):
        trace_anew(SMALL, 64)


def test_one_line_in_the_table_makes_a_kind_known(average_stem, monkeypatch):
    known = {**KINDS, "AvgPool2d": LayerKind(nn.AvgPool2d, own_window)}
    monkeypatch.setattr(kinds, "KINDS", known)
    traced, usual = trace_anew(SMALL, 64), trace(SMALL)
    for row, same in zip(traced.layers, usual.layers, strict=True):
        assert (row.receptive_field, row.jump, row.start, row.output_shape) == (
            *(same.receptive_field, same.jump, same.start),
            same.output_shape,
        )
    assert "not explained yet" in explanation("AvgPool2d")
    formulas = {each.measures: each.value for each in arithmetic.explain(traced, "maxpool")}
    assert formulas["receptive_field"] == 11
    drawn = {level: network_diagram(traced, level, LIGHT).source for level in LEVELS}
    assert "AvgPool2d" in drawn["layers"]


class Wide(BasicBlock):
    """A basic block whose second convolution sees 5 × 5."""

    def __init__(self, config: ResNetConfig, stage: int, in_channels: int, stride: int) -> None:
        super().__init__(config, stage, in_channels, stride)
        planes = config.planes(stage)
        self.conv2 = blocks.Conv2d(planes, planes, 5, padding=2, bias=False)


def test_a_new_block_is_a_class_and_its_entries(monkeypatch):
    monkeypatch.setitem(blocks.BLOCKS, "wide", Wide)
    own = ResNetConfig("own", "wide", (1, 2, 1), width=8, num_classes=5, input_size=64)
    traced = trace_anew(own, 64)
    assert [block.kind for block in traced.blocks()] == ["Wide"] * 4
    assert traced.params == sum(p.numel() for p in build_meta(own).parameters())
    assert traced["layer2.0"].receptive_field > trace(SMALL)["layer2.0"].receptive_field
    assert traced.parts("layer2.0").shortcut == ("layer2.0.downsample.0", "layer2.0.downsample.1")
    assert "not explained yet" in explanation("Wide")
    with torch.no_grad():
        assert build_random(own, 0)(torch.zeros(1, 3, 64, 64)).shape == (1, 5)


def test_a_tensor_that_no_layer_made_is_refused(monkeypatch):
    """A functional operation between two modules would be filed as the image."""
    forward = BasicBlock.forward
    monkeypatch.setattr(BasicBlock, "forward", lambda self, x: forward(self, x * 1))
    with pytest.raises(ConfigError, match=r"reads a tensor that no layer has made"):
        trace_anew(SMALL, 64)
