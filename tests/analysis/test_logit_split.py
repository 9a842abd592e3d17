"""What a logit is made of: every split adds up to it, and each part is what happens without it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from resnet_viz.analysis.ablation import Ablation, ablated_model
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.hires_cam import HiResCam
from resnet_viz.analysis.attribution.split import split_logit
from resnet_viz.analysis.attribution.target_layer import last_stage
from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.residual import block_view
from resnet_viz.errors import ClassError
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.sources import load
from tests.analysis.networks import ALL, BASIC, CAT, PLAIN, RESNET20, network, snapshot, unchanged

each_network = pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)


@each_network
@pytest.mark.parametrize("precise", [False, True])
def test_channels_positions_and_blocks_add_up_to_the_logit(config, precise):
    loaded = network(config)
    before, near = snapshot(loaded), 1e-12 if precise else 1e-5
    split = split_logit(loaded, CAT, 3, precise=precise)
    logit = split.target.logit
    assert logit == pytest.approx(float(capture(loaded, CAT).logits[3]), abs=1e-5)
    assert split.channels.sum() + split.bias == pytest.approx(logit, abs=near)
    assert split.positions.sum() + split.bias == pytest.approx(logit, abs=near)
    last = split.blocks[-1]
    assert last.branch_total + last.shortcut_total + split.bias == pytest.approx(logit, abs=near)
    for block, behind in zip(split.blocks, split.blocks[1:], strict=False):
        together = block.branch_total + block.shortcut_total
        assert behind.shortcut_total == pytest.approx(together, abs=near)
    branches = sum(block.branch_total for block in split.blocks)
    first = split.blocks[0].shortcut_total
    assert branches + first + split.bias == pytest.approx(logit, abs=near)
    assert abs(split.gap) < near
    assert unchanged(loaded, before)


@each_network
def test_channels_and_positions_are_weights_times_maps(config):
    loaded = network(config)
    stage = last_stage(traced(loaded))
    maps = capture(loaded, CAT, [stage])[stage].values.astype(np.float64)
    layer = loaded.module.get_submodule(traced(loaded).classifier.path)
    row = layer.get_parameter("weight")[3].double().numpy()
    split = split_logit(loaded, CAT, 3)
    np.testing.assert_allclose(split.channels, row * maps.mean(axis=(1, 2)), atol=1e-7)
    np.testing.assert_allclose(
        split.positions, np.tensordot(row, maps, 1) / maps[0].size, atol=1e-7
    )
    hires = attribute(loaded, CAT, HiResCam(), target=3)
    np.testing.assert_allclose(split.positions, hires.values, atol=1e-6)
    assert split.field == hires.field
    assert abs(split.channels[split.strongest[0]]) == np.abs(split.channels).max()


def test_the_last_blocks_parts_are_its_branch_and_shortcut_behind_its_gate():
    loaded = network(RESNET20)
    last = traced(loaded).blocks()[-1].path
    view = block_view(loaded, CAT, last)
    assert view.shortcut is not None
    row = loaded.module.get_submodule("fc").get_parameter("weight")[3].numpy()
    gate = view.total > 0
    split = split_logit(loaded, CAT, 3).blocks[-1]
    assert split.shortcut is not None
    for part, values in ((split.branch, view.branch), (split.shortcut, view.shortcut)):
        by_hand = np.tensordot(row, gate * values, 1) / gate[0].size
        np.testing.assert_allclose(part, by_hand, atol=1e-6)


def test_where_no_gate_changes_a_branch_gives_what_is_lost_without_it():
    loaded = load(replace(BASIC, repeats=(1, 1, 1, 3)), "random:0", 64)
    last = traced(loaded).blocks()[-1].path
    with torch.no_grad():  # the branch is far above zero: the gate is open with and without it
        norm = traced(loaded).parts(last).branch[-1]
        loaded.module.get_submodule(norm).get_parameter("bias").fill_(100)
    part = split_logit(loaded, CAT, 3)
    without = split_logit(ablated_model(loaded, Ablation(removed=(last,))), CAT, 3)
    lost = part.target.logit - without.target.logit
    assert lost == pytest.approx(part.blocks[-1].branch_total, abs=1e-4)
    assert without.blocks[-1].branch_total == 0
    assert without.blocks[-1].shortcut_total == pytest.approx(part.blocks[-1].shortcut_total)


@pytest.mark.parametrize("change", [{"cut": ("layer3.1",)}, {"scale": (("layer3.1", 0.3),)}])
def test_an_altered_network_is_split_as_it_is(change):
    altered = ablated_model(network(RESNET20), Ablation(**change))
    split = split_logit(altered, CAT, 3)
    parts = sum(block.branch_total for block in split.blocks) + split.blocks[0].shortcut_total
    assert parts + split.bias == pytest.approx(split.target.logit, abs=1e-5)
    cut = "cut" in change  # then nothing before that block reaches the logit by shortcuts
    assert (split.blocks[1].shortcut_total == 0) == cut
    assert (split.blocks[0].branch_total == 0) == cut


def test_a_plain_stage_speaks_through_its_last_branch():
    (only,) = split_logit(network(PLAIN), CAT, 3).blocks
    assert only.shortcut is None
    assert only.path == traced(network(PLAIN)).blocks()[-1].path


def test_one_logits_complement_has_the_opposite_parts():
    loaded = load(replace(BASIC, num_classes=1), "random:0", 64)
    yes, no = (split_logit(loaded, CAT, target) for target in (0, 1))
    np.testing.assert_array_equal(yes.channels, -no.channels)
    assert (yes.bias, yes.target.logit) == (-no.bias, -no.target.logit)
    assert abs(no.gap) < 1e-5


def test_the_bundled_network_is_split_for_the_class_that_it_names():
    loaded = load(PRESETS["resnet20"], "bundled", 32)
    split = split_logit(loaded, CAT)
    assert split.target.label == "cat"
    with pytest.raises(ClassError, match="choose one of airplane"):
        split_logit(loaded, CAT, "whale")
