"""Altered networks against the identities that they must obey, and the shared one against any change."""

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from resnet_viz.analysis.ablation import Ablation, ablated_model, capture_ablated
from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.residual import block_view
from resnet_viz.errors import ConfigError, PathError
from resnet_viz.images import to_tensor
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel
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
)

RESIDUAL = tuple(config for config in ALL if config is not PLAIN)


def blocks(loaded: LoadedModel) -> tuple[str, ...]:
    return tuple(block.path for block in traced(loaded).blocks())


def logits_with_weights_of(
    loaded: LoadedModel, config: ResNetConfig, rename: Callable[[str], str] = str
) -> np.ndarray:
    """Another network with the parameters that it shares with `loaded`, asked without our code."""
    other = ResNet(config).eval()
    ours = {rename(name): value for name, value in loaded.module.state_dict().items()}
    other.load_state_dict({name: ours[name] for name in other.state_dict()})
    with torch.inference_mode():
        logits: np.ndarray = other(to_tensor(CAT, loaded.weights.preprocessing))[0].numpy()
    return logits


@pytest.mark.parametrize("config", RESIDUAL, ids=lambda c: c.name)
def test_alpha_one_is_the_untouched_network_bit_for_bit(config):
    loaded = network(config)
    paths, before = traced(loaded).paths, snapshot(loaded)
    whole = capture_ablated(
        loaded, CAT, Ablation(scale=tuple((b, 1.0) for b in blocks(loaded))), paths
    )
    untouched = capture(loaded, CAT, paths)
    np.testing.assert_array_equal(whole.logits, untouched.logits)
    for path in paths:
        np.testing.assert_array_equal(whole[path].values, untouched[path].values)
    assert unchanged(loaded, before)


def test_others_who_ask_the_shared_network_meanwhile_notice_nothing():
    loaded, before = network(BASIC), snapshot(network(BASIC))
    whole = Ablation(scale=tuple((b, 1.0) for b in blocks(loaded)))
    none = Ablation(removed=blocks(loaded))
    expected = {s: capture_ablated(loaded, CAT, s, ("layer2",)) for s in (Ablation(), whole, none)}
    found = []

    def work(ablation):
        for _ in range(5):
            found.append((ablation, capture_ablated(loaded, CAT, ablation, ("layer2",))))
            found.append((Ablation(), capture(loaded, CAT, ("layer2",))))

    threads = [threading.Thread(target=work, args=(s,)) for s in (whole, none) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    for ablation, answer in found:
        np.testing.assert_array_equal(answer.logits, expected[ablation].logits)
        np.testing.assert_array_equal(answer["layer2"].values, expected[ablation]["layer2"].values)
    assert unchanged(loaded, before)


@pytest.mark.parametrize(
    ("config", "path"), [(BASIC, "layer1.1"), (BOTTLENECK, "layer1.1"), (ZERO_PAD, "layer2.1")]
)
def test_alpha_zero_on_an_identity_block_returns_its_input_exactly(config, path):
    loaded = network(config)
    given = block_view(loaded, CAT, path).input
    for ablation in (Ablation(scale=((path, 0.0),)), Ablation(removed=(path,))):
        answer = capture_ablated(loaded, CAT, ablation, (path,))
        np.testing.assert_array_equal(answer[path].values, given)


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("path", ["layer1.0", "layer2.0"])
def test_alpha_scales_the_branch(path, alpha):
    loaded = network(BASIC)
    view = block_view(loaded, CAT, path)
    assert view.shortcut is not None
    answer = capture_ablated(loaded, CAT, Ablation(scale=((path, alpha),)), (path,))
    expected = np.maximum(np.float32(alpha) * view.branch + view.shortcut, 0)
    np.testing.assert_array_equal(answer[path].values, expected)


def test_a_removed_projection_block_keeps_its_projection_and_its_relu():
    view = block_view(network(BASIC), CAT, "layer2.0")
    assert view.shortcut is not None
    answer = capture_ablated(network(BASIC), CAT, Ablation(removed=("layer2.0",)), ("layer2.0",))
    np.testing.assert_array_equal(answer["layer2.0"].values, np.maximum(view.shortcut, 0))


@pytest.mark.parametrize(
    ("config", "stage"), [(RESNET20, 1), (RESNET20, 2), (BASIC, 1), (BOTTLENECK, 1), (GROUPS, 2)]
)
def test_without_all_but_its_first_block_a_stage_is_that_of_the_smaller_network(config, stage):
    loaded = network(config)
    removed = tuple(b for b in blocks(loaded) if b.startswith(f"layer{stage}.") and b[-1] != "0")
    repeats = tuple(1 if i == stage else n for i, n in enumerate(config.repeats, start=1))
    expected = logits_with_weights_of(loaded, replace(config, repeats=repeats))
    answer = capture_ablated(loaded, CAT, Ablation(removed=removed))
    np.testing.assert_array_equal(answer.logits, expected)


def test_two_blocks_change_places_and_back():
    loaded, pair = network(RESNET20), ("layer2.1", "layer2.2")
    untouched = capture(loaded, CAT).logits
    names = {"layer2.1": "layer2.2", "layer2.2": "layer2.1"}
    expected = logits_with_weights_of(
        loaded, RESNET20, lambda name: names.get(name[:8], name[:8]) + name[8:]
    )
    once = capture_ablated(loaded, CAT, Ablation(swapped=(pair,))).logits
    np.testing.assert_array_equal(once, expected)
    assert not np.array_equal(once, untouched)
    twice = capture_ablated(loaded, CAT, Ablation(swapped=(pair, pair[::-1]))).logits
    np.testing.assert_array_equal(twice, untouched)


def test_a_block_keeps_its_factor_when_it_changes_places():
    """Block 1, silenced and moved to place 2: place 2 hands on what it is given."""
    ablation = Ablation(scale=(("layer2.1", 0.0),), swapped=(("layer2.1", "layer2.2"),))
    answer = capture_ablated(network(RESNET20), CAT, ablation, ("layer2.1", "layer2.2"))
    np.testing.assert_array_equal(answer["layer2.1"].values, answer["layer2.2"].values)


@pytest.mark.parametrize("config", [BASIC, BOTTLENECK, ZERO_PAD], ids=lambda c: c.name)
def test_all_shortcuts_cut_is_the_plain_network_with_the_same_weights(config):
    loaded = network(config)
    expected = logits_with_weights_of(loaded, replace(config, shortcut="none"))
    answer = capture_ablated(loaded, CAT, Ablation(cut=blocks(loaded)))
    np.testing.assert_array_equal(answer.logits, expected)


def test_the_private_network_shares_the_memory_and_nothing_else():
    loaded = network(BASIC)
    private = ablated_model(loaded, Ablation(removed=("layer1.1",)))
    ours, theirs = loaded.module, private.module
    for (name, value), other in zip(
        ours.state_dict().items(), theirs.state_dict().values(), strict=True
    ):
        assert value.data_ptr() == other.data_ptr(), name
    assert not set(ours.modules()) & set(theirs.modules())
    assert not {*map(id, ours.parameters())} & {*map(id, theirs.parameters())}


@pytest.mark.parametrize(
    ("ablation", "error", "words"),
    [
        (Ablation(swapped=(("layer1.1", "layer2.1"),)), ConfigError, "8 × 16 × 16 into 8 × 16"),
        (Ablation(removed=("layer9.0",)), PathError, r"layer9\.0"),
        (Ablation(cut=("layer1.0.conv1",)), PathError, "no block"),
        (Ablation(scale=(("conv1", 0.5),)), PathError, "no block"),
        (Ablation(swapped=(("layer1.0", "layer1"),)), PathError, "no block"),
    ],
)
def test_ablation_that_does_not_fit_is_a_sentence_and_leaves_no_trace(ablation, error, words):
    loaded, before = network(BASIC), snapshot(network(BASIC))
    with pytest.raises(error, match=words):
        capture_ablated(loaded, CAT, ablation)
    with pytest.raises(PathError, match="nowhere"):
        capture_ablated(loaded, CAT, Ablation(removed=("layer1.1",)), ("layer1", "nowhere"))
    assert unchanged(loaded, before)


@pytest.mark.parametrize("ablation", [Ablation(removed=("layer1.1",)), Ablation(cut=("layer1.1",))])
def test_a_plain_network_has_no_shortcuts_to_keep_or_cut(ablation):
    with pytest.raises(ConfigError, match=r"layer1\.1 is a plain block"):
        capture_ablated(network(PLAIN), CAT, ablation)


def test_plain_blocks_can_change_places():
    loaded = network(PLAIN)
    answer = capture_ablated(loaded, CAT, Ablation(swapped=(("layer1.0", "layer1.1"),)))
    assert not np.array_equal(answer.logits, capture(loaded, CAT).logits)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"scale": (("layer1.0", 1.5),)}, "1.5"),
        ({"scale": (("layer1.0", float("nan")),)}, "nan"),
        ({"scale": (("layer1.0", 0.5), ("layer1.0", 0.7))}, "two factors"),
        ({"removed": ("layer1.0",), "cut": ("layer1.0",)}, "nothing would pass"),
    ],
)
def test_ablation_is_valid_from_birth(fields, words):
    with pytest.raises(ConfigError, match=words):
        Ablation(**fields)


def test_ablation_is_a_key():
    assert len({Ablation(), Ablation(), Ablation(removed=("layer1.0",))}) == 2
