"""The table of layer kinds: complete, and a stranger's kind or block is shown right or not at all."""

from collections.abc import Mapping
from dataclasses import replace
from typing import get_type_hints

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_viz.analysis import arithmetic, walkthrough, worked_example
from resnet_viz.analysis.filters import weight_histogram, weight_statistics
from resnet_viz.analysis.price import price
from resnet_viz.analysis.records import LayerRecord
from resnet_viz.analysis.residual import block_view
from resnet_viz.analysis.trace import trace, trace_anew
from resnet_viz.analysis.worked_example.layers import CONTRIBUTIONS, WORKED
from resnet_viz.components.worked_example import encode
from resnet_viz.errors import ConfigError
from resnet_viz.figures import diagram_labels
from resnet_viz.figures.diagrams import LEVELS, network_diagram
from resnet_viz.figures.palette import LIGHT
from resnet_viz.images import read_sample
from resnet_viz.model import blocks, kinds, resnet
from resnet_viz.model.blocks import BasicBlock, Bottleneck
from resnet_viz.model.config import ResNetConfig, Traits, traits
from resnet_viz.model.kinds import CONTAINERS, KINDS, LayerKind, everywhere, no_window, own_window
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_meta, build_random
from resnet_viz.model.roles import Role, stage_number
from resnet_viz.texts import explanation, text
from resnet_viz.ui.filters import filters_panel
from resnet_viz.ui.residual import ablation_controls
from resnet_viz.weights.matching import CheckpointMismatch, check, match, suggest
from resnet_viz.weights.sources import load
from tests.made_up import (
    STRANGE,
    ActivationFirst,
    MeanPool,
    Scale,
    Scaled,
    Strange,
    Swish,
    Wide,
    WideInside,
)

NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
SMALL = ResNetConfig("small", repeats=(1, 2, 1), width=8, num_classes=5, input_size=64)


def networks() -> tuple[ResNetConfig, ...]:
    """All presets, and a small network of each block."""
    return (*PRESETS.values(), *(replace(SMALL, block=each, name=each) for each in blocks.BLOCKS))


def test_every_kind_that_any_network_has_is_in_the_table():
    found = {row.kind for config in networks() for row in trace(config).layers}
    assert found == {*KINDS, *CONTAINERS}, "kinds in the table that no preset and no block has"


@pytest.mark.parametrize("kind", [*KINDS, *CONTAINERS])
def test_every_kind_is_explained_in_words(kind):
    assert "not explained yet" not in explanation(kind), f"write resnet_viz/texts/{kind}.md"
    assert explanation(kind) == text(kind)
    assert len(text(kind)) > 80, f"resnet_viz/texts/{kind}.md is too short to explain anything"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_worked_example(kind):
    assert kind in WORKED, f"add {kind} to WORKED in analysis/worked_example/layers.py"


@pytest.mark.parametrize("kind", KINDS)
def test_every_worked_example_is_written_out_in_words(kind):
    record = get_type_hints(WORKED[kind])["return"]
    assert record in encode._WRITTEN, "add it to _WRITTEN in components/worked_example/encode"


def reached(
    module: nn.Module, inputs: tuple[torch.Tensor, ...], row: int, column: int
) -> set[tuple[int, int]]:
    """The output positions that one input position changes."""
    changed = inputs[0].clone()
    changed[..., row, column] += 3
    with torch.no_grad():
        differs = (module(*inputs) != module(changed, *inputs[1:])).any(dim=1)[0]  # (H, W)
    return {(int(r), int(c)) for r, c in differs.nonzero()}


def within_window(layer: LayerRecord, row: int, column: int) -> set[tuple[int, int]]:
    """The output positions whose window, as the table has it, covers an input position."""
    kernel, stride, padding = (
        layer.kernel or (1, 1),
        layer.stride or (1, 1),
        layer.padding or (0, 0),
    )
    return {
        (r, c)
        for r in range(layer.output_shape[1])
        for c in range(layer.output_shape[2])
        if 0 <= row - (r * stride[0] - padding[0]) < kernel[0]
        and 0 <= column - (c * stride[1] - padding[1]) < kernel[1]
    }


def test_a_layer_reads_no_more_than_its_window(monkeypatch):
    """As computed; else its receptive field would be wrong without a word. `GroupNorm` reads everywhere."""
    monkeypatch.setitem(blocks.BLOCKS, "strange", Strange)
    monkeypatch.setattr(kinds, "KINDS", {**KINDS, **STRANGE})
    seen = set()
    for config in (*networks(), replace(SMALL, name="z", shortcut="zero-pad")):
        if config.name in PRESETS:
            continue
        traced, network = trace(config), build_random(config, 0)
        for layer in traced.leaves():
            formulas = {
                each.measures: each.value for each in arithmetic.explain(traced, layer.path)
            }
            assert formulas["receptive_field"] == layer.receptive_field, layer.path
            kind = kinds.KINDS[layer.kind]
            if kind.name in seen or len(layer.input_shape) != 3 or len(layer.output_shape) != 3:
                continue
            seen.add(kind.name)
            generator = torch.Generator().manual_seed(0)
            shapes = [layer.input_shape] * max(1, len(traced.sources(layer.path)))
            inputs = tuple(torch.randn(1, *shape, generator=generator) for shape in shapes)
            for row, column in ((0, 0), (layer.input_shape[1] // 2, 1)):
                found = reached(network.get_submodule(layer.path), inputs, row, column)
                allowed = within_window(layer, row, column)
                assert (found <= allowed) == (kind.window is not everywhere), layer.path
    assert seen == {*KINDS, *STRANGE} - {"Linear", "Flatten"}


@pytest.mark.parametrize("config", networks(), ids=lambda config: config.name)
def test_every_parameter_and_statistic_is_drawn(config):
    """Memory of an untrained network is whatever was there before: NaN shows what nobody has set."""
    network = build_meta(config).to_empty(device="cpu")
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.fill_(float("nan") if tensor.is_floating_point() else -1)
    network.initialise(0)
    for name, tensor in network.state_dict().items():
        assert torch.isfinite(tensor).all(), name


def test_parameters_that_nobody_draws_are_refused_and_those_with_other_names_are_shown(monkeypatch):
    monkeypatch.setitem(blocks.BLOCKS, "scaled", Scaled)
    monkeypatch.setattr(kinds, "KINDS", {**KINDS, "Scale": LayerKind(Scale, no_window)})
    own = replace(SMALL, name="scaled", block="scaled")
    with pytest.raises(ConfigError, match="How gamma of Scale are drawn is not said yet"):
        build_random(own, 0)

    def draw(self: Scale, generator: torch.Generator) -> None:
        nn.init.constant_(self.gamma, 0.5)

    monkeypatch.setattr(Scale, "draw", draw, raising=False)
    loaded = load(own, "random:0", 64)
    shown = {row.path: row for row in weight_statistics(loaded)}
    assert shown["layer1.0.scale"].mean == 0.5
    assert weight_histogram(loaded, "layer1.0.scale").counts.sum() == 8


def test_what_hangs_on_kinds_names_no_kind_that_is_not_there():
    mappings: dict[str, Mapping[str, object]] = {
        "formulas": arithmetic.EXPLAINED,
        "worked examples": WORKED,
        "contributions": CONTRIBUTIONS,
        "what follows": worked_example._AFTER,
        "diagram details": diagram_labels._DETAILS,
        "filters": filters_panel._KINDS,
        "titles of steps": dict.fromkeys(kind for step in walkthrough._TITLES for kind in step),
        "blocks that are not missed": {
            k: v for k, v in ablation_controls._AS_IF_NOT_THERE.items() if k
        },
        "diagram words": diagram_labels._WORDS,
    }
    for name, mapping in mappings.items():
        assert set(mapping) <= set(KINDS), name
    assert set(worked_example._FOLLOWED) <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_moves_a_window_or_multiplies_has_a_formula(kind):
    moves = kind.window is not kinds.no_window
    rows = [row for config in networks() for row in trace(config).leaves()]
    needs_one = moves or kind.multiplies or any(row.params for row in rows if row.kind == kind.name)
    known = kind.name in arithmetic.EXPLAINED
    assert known or not needs_one, f"add {kind.name} to EXPLAINED in analysis/arithmetic.py"


# --- roles --------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", PRESETS.values(), ids=lambda config: config.name)
def test_the_parts_of_every_block_are_its_layers_once_each(config):
    traced = trace(config)
    for block in traced.blocks():
        parts = traced.parts(block.path)
        named = [*parts.branch, *parts.shortcut, parts.total, parts.activation]
        inside = [row.path for row in traced.inside(block.path)]
        assert sorted(filter(None, named)) == sorted(inside)
        norm = f"{block.path}.{blocks.BLOCKS[config.block].last_norm}"
        assert norm in parts.branch
        assert traced[norm].kind == "BatchNorm2d"
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
def mean_stem(monkeypatch):
    """The stem pools by means instead of maxima."""
    original = resnet.stem_layers

    def stem(config):
        for name, module in original(config):
            yield name, MeanPool(3, 2, 1) if isinstance(module, nn.MaxPool2d) else module

    monkeypatch.setattr(resnet, "stem_layers", stem)


def test_a_kind_that_nobody_described_is_refused_and_never_guessed(mean_stem):
    with pytest.raises(ConfigError, match=r"maxpool is of the kind MeanPool, which is not"):
        trace_anew(SMALL, 64)


def test_one_line_in_the_table_makes_a_kind_known(mean_stem, monkeypatch):
    known = {**KINDS, "MeanPool": LayerKind(MeanPool, own_window)}
    monkeypatch.setattr(kinds, "KINDS", known)
    traced, usual = trace_anew(SMALL, 64), trace(SMALL)
    for row, same in zip(traced.layers, usual.layers, strict=True):
        assert (row.receptive_field, row.jump, row.start, row.output_shape) == (
            *(same.receptive_field, same.jump, same.start),
            same.output_shape,
        )
    assert "not explained yet" in explanation("MeanPool")
    formulas = {each.measures: each.value for each in arithmetic.explain(traced, "maxpool")}
    assert formulas["receptive_field"] == 11
    drawn = {level: network_diagram(traced, level, LIGHT).source for level in LEVELS}
    assert "MeanPool 3×3, /2" in drawn["layers"]
    assert "MeanPool 3×3, /2" in drawn["stages"]  # the stem in one node


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


MADE_UP = {
    "wide": (Wide, Traits(2, 1, False, False, traits(BasicBlock).tensors)),
    "activation first": (
        ActivationFirst,
        Traits(
            2,
            1,
            False,
            False,
            (
                "first.weight",
                "second.weight",
                *(f"{norm}.{each}" for norm in ("norm1", "norm2") for each in NORM),
            ),
        ),
    ),
    "inside": (
        WideInside,
        Traits(4, 4, True, True, (*traits(Bottleneck).tensors, "conv4.weight")),
    ),
}


@pytest.mark.parametrize("name", MADE_UP)
def test_a_block_is_asked_what_it_does_not_say(name):
    block, known = MADE_UP[name]
    found = traits(block)
    assert replace(found, tensors=()) == replace(known, tensors=())
    assert set(found.tensors) == set(known.tensors)


@pytest.fixture(params=MADE_UP)
def made_up(request, monkeypatch):
    """A small network of made-up blocks, which are in the table of blocks under their own name."""
    block, known = MADE_UP[request.param]
    monkeypatch.setitem(blocks.BLOCKS, request.param, block)
    own = replace(SMALL, name=request.param, block=request.param, repeats=(1, 3, 2), num_classes=7)
    return replace(own, groups=4, width_per_group=16) if known.grouped else own


def test_a_new_block_costs_what_it_takes(made_up):
    """Parameters, multiply-adds, rows and outputs of a trace, without a formula for them."""
    traced, found = trace_anew(made_up, 64), price(made_up, 64)
    assert found.params == traced.params
    assert found.macs == traced.macs
    assert found.values == traced.activations
    assert found.rows == len(traced.layers)
    state = build_meta(made_up).state_dict().values()
    assert found.weights == sum(value.numel() * value.element_size() for value in state)
    assert made_up.depth == 2 + 6 * MADE_UP[made_up.name][1].convolutions


@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_file_of_a_new_block_is_recognised(made_up, prefix):
    state = build_meta(made_up).state_dict()
    shapes = {prefix + name: tuple(tensor.shape) for name, tensor in state.items()}
    found = suggest(shapes)
    assert found is not None
    assert found.config == replace(made_up, name="custom", input_size=224)
    assert f"with {made_up.block} blocks 1, 3, 2, a 7×7 stem, width 8" in found.sentence
    assert match(shapes, found.config).fits
    del shapes[f"{prefix}fc.bias"]
    with pytest.raises(CheckpointMismatch, match=f"{made_up.block} blocks 1, 3, 2.* 1 tensor is"):
        check(shapes, found.config)
    usual = build_meta(replace(SMALL, num_classes=7)).state_dict()  # as if it were not there
    basic = suggest({name: tuple(tensor.shape) for name, tensor in usual.items()})
    assert basic is not None
    assert basic.config.block == "basic"


@pytest.mark.parametrize(("block", "last"), [(ActivationFirst, ""), (Swish, "Hardswish")])
def test_a_block_may_end_in_its_sum_or_in_any_activation(block, last, monkeypatch):
    monkeypatch.setitem(blocks.BLOCKS, "new", block)
    monkeypatch.setattr(
        kinds, "KINDS", {**KINDS, nn.Hardswish.__name__: LayerKind(nn.Hardswish, no_window)}
    )
    own = replace(SMALL, name=block.__name__, block="new")  # traces are kept by configuration
    traced = trace_anew(own, 64)
    parts = traced.parts("layer2.1")
    view = block_view(load(own, "random:0", 64), read_sample("cat"), "layer2.1")
    assert view.activation == last == (traced[parts.activation].kind if parts.activation else "")
    assert view.shortcut is not None
    np.testing.assert_allclose(view.total, view.branch + view.shortcut, rtol=1e-5, atol=1e-6)
    total = torch.from_numpy(view.total.copy())
    np.testing.assert_allclose(view.output, F.hardswish(total) if last else total, atol=1e-6)
    module = build_random(own, 0).get_submodule("layer2.1")
    assert isinstance(module, blocks.Block)
    x = torch.randn(1, module.in_channels, 8, 8)
    torch.testing.assert_close(module.bypass(x), F.hardswish(x) if last else x)


def test_a_tensor_that_no_layer_made_is_refused(monkeypatch):
    """A functional operation between two modules would be filed as the image."""
    forward = BasicBlock.forward
    monkeypatch.setattr(BasicBlock, "forward", lambda self, x: forward(self, x * 1))
    with pytest.raises(ConfigError, match=r"reads a tensor that no layer has made"):
        trace_anew(SMALL, 64)
