"""The trace against published numbers, torch's own counter, and the model that really runs."""

import itertools
import threading

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from resnet_viz.analysis.records import INPUT
from resnet_viz.analysis.trace import trace, trace_anew
from resnet_viz.analysis.walkthrough import walkthrough
from resnet_viz.errors import ConfigError, PathError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_meta, build_random
from tests.references import (
    LAST_FIELDS,
    NINE_STEPS,
    PAPER_CIFAR_MPARAMS,
    PAPER_GMACS,
    RECEPTIVE_FIELDS,
    TORCHVISION,
)

CUSTOM = ResNetConfig(
    "custom", "bottleneck", (1, 2, 1), stem="cifar", width=32, shortcut="zero-pad", num_classes=7
)


@pytest.mark.parametrize("name", TORCHVISION)
def test_totals_are_torchvisions(name):
    params, gmacs = TORCHVISION[name]
    traced = trace(PRESETS[name], 224)
    assert traced.params == params
    assert round(traced.macs / 1e9, 3) == gmacs


@pytest.mark.parametrize("name", PAPER_GMACS)
def test_macs_are_the_papers_with_the_stride_on_the_first_1x1(name):
    config = PRESETS[name]
    paper = ResNetConfig(
        name, config.block, config.repeats, shortcut=config.shortcut, stride_place="1x1"
    )
    # The paper prints one decimal, 3.8 for 3.858: cut off, not rounded.
    assert int(trace(paper, 224).macs / 1e8) / 10 == pytest.approx(PAPER_GMACS[name], abs=0.11)


@pytest.mark.parametrize("name", PAPER_CIFAR_MPARAMS)
def test_cifar_networks_have_the_papers_parameters(name):
    millions = trace(PRESETS[name]).params / 1e6
    published = PAPER_CIFAR_MPARAMS[name]
    assert round(millions, 1 if name == "resnet110" else 2) == published


@pytest.mark.parametrize("name", PRESETS)
def test_macs_are_half_of_torchs_own_flop_counter(name):
    config = PRESETS[name]
    with FlopCounterMode(display=False) as counter:
        build_meta(config)(torch.empty(1, 3, config.input_size, config.input_size, device="meta"))
    assert trace(config).macs == counter.get_total_flops() // 2


def test_the_nine_steps_of_the_original_walkthrough():
    steps = walkthrough(trace(PRESETS["walkthrough"]))
    assert tuple(step.output_shape for step in steps) == NINE_STEPS
    assert steps[0].input_shape == (3, 214, 214)
    assert steps[8].input_shape == (2048,)
    for before, after in itertools.pairwise(steps[:8]):
        assert before.output_shape == after.input_shape


@pytest.mark.parametrize("name", RECEPTIVE_FIELDS)
def test_receptive_fields_after_each_stage(name):
    fields = tuple(stage.receptive_field for stage in trace(PRESETS[name]).stages())
    assert fields == RECEPTIVE_FIELDS[name]


@pytest.mark.parametrize("name", LAST_FIELDS)
def test_receptive_field_of_the_last_stage_for_both_places_of_the_stride(name):
    config = PRESETS[name]
    paper = ResNetConfig(name, config.block, config.repeats, stride_place="1x1")
    found = tuple(trace(c).stages()[-1].receptive_field for c in (config, paper))
    assert found == LAST_FIELDS[name]


@pytest.mark.parametrize("path", ["layer1.0", "layer2.1.conv1", "layer3.0"])
def test_a_pixel_outside_the_receptive_field_changes_nothing_and_one_inside_does(path):
    """The theory against the network itself: the gradient of one cell with respect to the image."""
    config = ResNetConfig("t", repeats=(1, 2, 1, 1), width=8)
    size, row = 193, trace(config, 193)[path]
    network = build_random(config, seed=1).double()
    input_tensor = torch.rand(1, 3, size, size, dtype=torch.float64, requires_grad=True)
    seen: list[torch.Tensor] = []
    network.get_submodule(path).register_forward_hook(lambda _, __, output: seen.append(output))
    network(input_tensor)
    cell = row.output_shape[1] // 2
    # Random signs, or ReLU's zeros could hide a whole path.
    seen[0][0, :, cell, cell].sum().backward()  # type: ignore[no-untyped-call]
    assert input_tensor.grad is not None
    touched = input_tensor.grad[0].abs().sum(0).nonzero()
    centre = row.start + cell * row.jump
    reach = (row.receptive_field - 1) / 2
    low, high = touched.min().item(), touched.max().item()
    assert low >= centre - reach
    assert high <= centre + reach
    assert high - low + 1 == row.receptive_field


@pytest.mark.parametrize("config", [*PRESETS.values(), CUSTOM], ids=lambda c: c.name)
def test_containers_are_the_sums_of_their_children(config):
    traced = trace(config)
    for row in traced.layers:
        children = traced.children(row.path)
        assert bool(children) == row.is_container
        if children:
            assert sum(child.params for child in children) == row.params
            assert sum(child.macs for child in children) == row.macs
            assert row.output_shape == traced[traced.producer(row.path)].output_shape
    assert sum(row.params for row in traced.top()) == traced.params
    assert sum(row.macs for row in traced.top()) == traced.macs
    model = build_meta(config)
    assert traced.params == sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("config", [*PRESETS.values(), CUSTOM], ids=lambda c: c.name)
def test_the_graph_executed_node_by_node_gives_the_models_logits(config):
    """The edges as displayed, against the model's own forward pass; shapes as displayed, too."""
    if trace(config).params > 30_000_000:  # the same blocks, but cheaper to run
        config = ResNetConfig(
            config.name, config.block, (1, 2, 1, 1), groups=config.groups,
            width_per_group=config.width_per_group,
        )  # fmt: skip
    size = 64
    traced, network = trace(config, size), build_random(config, seed=0)
    input_tensor = torch.randn(1, 3, size, size)
    outputs = {INPUT: input_tensor}
    with torch.inference_mode():
        for row in traced.leaves():
            arguments = [outputs[source] for source in traced.sources(row.path)]
            outputs[row.path] = network.get_submodule(row.path)(*arguments)
            assert tuple(arguments[0].shape[1:]) == row.input_shape
            assert tuple(outputs[row.path].shape[1:]) == row.output_shape
        assert torch.equal(outputs["fc"], network(input_tensor))


def test_rows_stand_in_the_order_of_execution():
    traced = trace(PRESETS["resnet50"])
    assert [row.order for row in traced.layers] == list(range(len(traced.layers)))
    seen = {INPUT}
    for row in traced.leaves():
        assert set(traced.sources(row.path)) <= seen
        seen.add(row.path)


@pytest.mark.parametrize("size", [32, 33, 97, 214, 331, 1024])
def test_any_input_size_has_the_shapes_of_the_real_forward(size):
    config = ResNetConfig("t", repeats=(1, 1, 1, 1), width=8)
    traced, network = trace(config, size), build_random(config, 0)
    shapes: dict[str, tuple[int, ...]] = {}
    for path, module in network.named_modules():
        module.register_forward_hook(
            lambda _, __, out, p=path: shapes.__setitem__(p, tuple(out.shape[1:]))
        )
    with torch.inference_mode():
        network(torch.zeros(1, 3, size, size))
    assert {row.path: row.output_shape for row in traced.layers} == {
        row.path: shapes[row.path] for row in traced.layers
    }


@pytest.mark.parametrize("size", [0, 31, 1025, -5])
def test_sizes_that_are_not_accepted_are_named(size):
    with pytest.raises(ConfigError, match=str(size)):
        trace(PRESETS["resnet18"], size)


def test_an_unknown_path_is_a_sentence():
    with pytest.raises(PathError, match=r"layer9\.0"):
        trace(PRESETS["resnet18"])["layer9.0"]


def test_threads_tracing_at_once_get_single_thread_answers():
    names = ("resnet18", "resnet50", "resnet20", "walkthrough") * 3
    expected = {name: trace(PRESETS[name]) for name in names}
    found: list[tuple[str, object]] = []

    def work(name: str) -> None:
        found.append((name, trace_anew(PRESETS[name], PRESETS[name].input_size)))

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(names)
    assert all(expected[name] == traced for name, traced in found)
