"""Checkpoints in the forms in which other programs save them: the same logits to the last bit, or a word."""

import argparse
import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from resnet_viz.errors import WeightsError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.weights.conversion import convert
from resnet_viz.weights.files import open_weights
from resnet_viz.weights.matching import network_from
from resnet_viz.weights.suggestion import suggest
from resnet_viz.weights.tensor_file import read_tensors
from tests.weights.files import SMALL, small_network


def alive(seed: int) -> dict[str, Tensor]:
    """A state whose logits depend on the image: no mean is so large that ReLU leaves nothing."""
    state = small_network(seed).state_dict()
    return {n: t - 1 if n.endswith("running_mean") else t for n, t in state.items()}


STATE, OTHER = alive(1), alive(2)
IMAGES = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def under(prefix: str, state: Mapping[str, Tensor] = STATE) -> dict[str, Tensor]:
    return {f"{prefix}{name}": tensor for name, tensor in state.items()}


def logits(config: ResNetConfig, tensors: Mapping[str, Tensor]) -> Tensor:
    with torch.no_grad():
        out: Tensor = network_from(config, tensors)(IMAGES)
    return out


def called(**names: str) -> dict[str, Tensor]:
    """The state with parts of its names replaced, as other programs have them."""
    state = {}
    for name, tensor in STATE.items():
        for ours, theirs in names.items():
            name = name.replace(f"{ours}.", f"{theirs}.")
        state[name] = tensor
    return state


def of_hugging_face() -> dict[str, Tensor]:
    """The state as `transformers.ResNetForImageClassification` names it."""
    kinds = {"conv": "convolution", "bn": "normalization"}
    state = {}
    for name, tensor in STATE.items():
        place, _, last = name.rpartition(".")
        match place.split("."):
            case ["fc"]:
                theirs = "classifier.1"
            case [layer]:
                theirs = f"resnet.embedder.embedder.{kinds[layer[:-1]]}"
            case [stage, block, *inner]:
                theirs = f"resnet.encoder.stages.{int(stage[5]) - 1}.layers.{block}."
                if inner[0] == "downsample":
                    theirs += f"shortcut.{list(kinds.values())[int(inner[1])]}"
                else:
                    theirs += f"layer.{int(inner[0][-1]) - 1}.{kinds[inner[0][:-1]]}"
        state[f"{theirs}.{last}"] = tensor
    return state


LIGHTNING = {
    "state_dict": {**under("net.encoder."), "criterion.weight": torch.ones(5)},
    "epoch": 1,
    "callbacks": {"best": torch.tensor(0.3)},
    "hyper_parameters": argparse.Namespace(lr=0.1),
    "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(3)}}, "param_groups": [{}]}],
}
TRAINED = {
    "weights_of_mine": STATE,
    "args": argparse.Namespace(folder=Path("a"), lr=np.float64(0.1)),
    "best": np.float32(0.3),
    "random": np.random.RandomState(0).get_state(),
    "seen": {1, 2},
}
# What is saved, and what is said of it.
FORMS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "as it is": (STATE, ()),
    "parallel": (under("module."), ("“module.” was removed",)),
    "compiled and parallel": (under("module._orig_mod."), ("“module._orig_mod.”",)),
    "under any key": ({"a": {"b": STATE}, "epoch": 3}, ("the table “a.b”",)),
    "in a list": ([STATE], ("the table “0”",)),
    "of Lightning": (
        LIGHTNING,
        (
            "“state_dict”",
            "“net.encoder.”",
            "1 tensor beside the network (“criterion.weight”) is left",
        ),
    ),
    "with a Namespace and numpy's scalars": (TRAINED, ("the table “weights_of_mine”",)),
    "with an average in a table": (
        {"model_ema": OTHER, "model": STATE},
        ("the table “model”", "another table of a network, “model_ema”"),
    ),
    "with an average among the names": (
        {**under("ema_model.", OTHER), **under("model.")},
        ("“model.” was removed", "another network, with names such as “ema_model.conv1.weight”"),
    ),
    "as parameters": (
        OrderedDict(
            (name, nn.Parameter(t) if t.is_floating_point() else t) for name, t in STATE.items()
        ),
        (),
    ),
    "channels last": (
        {
            n: t.to(memory_format=torch.channels_last) if t.ndim == 4 else t
            for n, t in STATE.items()
        },
        (),
    ),
    "in double precision": (
        {n: t.double() if t.is_floating_point() else t for n, t in STATE.items()},
        (),
    ),
    "of programs for CIFAR": (
        called(downsample="shortcut", fc="linear"),
        ("in another program's style", "became torchvision's"),
    ),
    "with a head of its own name": (called(fc="classifier"), ("“classifier.weight”",)),
    "under a prefix of other signs": (under("my net/réseau-1:a."), ("“my net·r·seau-1:a.” was",)),
    "in ten tables": ({"a": [{"b": {"c": {"d": [{"e": {"f": {"g": STATE}}}]}}}]}, ("“a.0.b.c.d",)),
    "with layers beside it": (
        {"model": STATE, "layer": nn.ReLU, "whole": nn.Linear(2, 2)},
        ("“model”",),
    ),
    "with its head outside of the prefix": (
        {
            **{f"backbone.{n}": t for n, t in STATE.items() if not n.startswith("fc")},
            **{f"head.{n}": t for n, t in STATE.items() if n.startswith("fc")},
            "criterion.weight": torch.ones(5),
        },
        ("“backbone.”", "(“head.fc.weight”) became torchvision's (“fc.weight”)", "1 tensor beside"),
    ),
    "of Hugging Face": (
        of_hugging_face(),
        ("“resnet.”", "(“resnet.embedder.embedder.convolution.weight”) became torchvision's"),
    ),
    "of a running average": (
        {**under("module."), "n_averaged": torch.tensor(3)},
        ("1 tensor is passed over", "“n_averaged” (int64)"),
    ),
    "behind its momentum encoder": (
        {**under("momentum_encoder.", OTHER), **under("encoder."), "queue": torch.ones(9)},
        (
            "“encoder.” was",
            "“momentum_encoder.conv1.weight”; it is not shown",
            "beside the network (“queue”)",
        ),
    ),
    "of several networks": (
        {"ema": OTHER, "mine": STATE, "swa": dict(OTHER)},
        ("“mine”", "other tables of networks, “ema”, “swa”, which are"),
    ),
    "with dropout before the classifier": (called(fc="fc.1"), ("“fc.1.weight”",)),
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_logits_and_says_what_was_done(form, zipped, tmp_path):
    content, said = FORMS[form]
    path = tmp_path / "a.pth"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    opened = open_weights(path)
    found = suggest(opened.shapes)
    assert found is not None
    assert found.config == replace(SMALL, name="custom")
    expected = logits(SMALL, STATE)
    assert float(expected[0].std()) > 0
    assert not torch.equal(expected[0], expected[1])
    assert torch.equal(logits(SMALL, opened.tensors()), expected)
    notes = " ".join(opened.notes)
    assert all(words in notes for words in said), notes
    assert bool(notes) == bool(said)
    done = convert(path, tmp_path / "a.safetensors")
    assert "fits" in done.sentence
    assert torch.equal(logits(SMALL, read_tensors(done.target)), logits(SMALL, opened.tensors()))


def test_the_other_table_can_be_asked_for(tmp_path):
    path, target = tmp_path / "a.pth", tmp_path / "a.safetensors"
    torch.save({"model": STATE, "model_ema": OTHER}, path)
    convert(path, target, table="model_ema")
    assert torch.equal(read_tensors(target)["conv1.weight"], OTHER["conv1.weight"])
    with pytest.raises(WeightsError, match="no table “ema”; it has “model”, “model_ema”"):
        convert(path, target, True, table="ema")


def test_tied_parameters_are_read_for_each_of_their_names(tmp_path):
    tied = dict(small_network(config=replace(SMALL, repeats=(3, 3, 3, 3))).state_dict())
    for stage in range(1, 5):
        for block in (1, 2):
            for name in ("conv1.weight", "conv2.weight"):
                tied[f"layer{stage}.{block}.{name}"] = tied[f"layer{stage}.1.conv1.weight"]
    torch.save(tied, tmp_path / "a.pth")
    assert (tmp_path / "a.pth").stat().st_size < sum(tensor.nbytes for tensor in tied.values())
    tensors = open_weights(tmp_path / "a.pth").tensors()
    assert all(torch.equal(tensors[name], tied[name]) for name in tied)


def test_one_table_too_many_is_said_and_not_called_an_unknown_network(tmp_path):
    torch.save({**STATE, "extra.weight": torch.ones(2)}, tmp_path / "a.pth")
    done = convert(tmp_path / "a.pth", tmp_path / "a.safetensors")
    assert "1 tensor does not belong there (“extra.weight”)" in done.sentence


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_is_read_as_what_it_says(kind, tmp_path):
    half = {n: t.to(kind) if t.is_floating_point() else t for n, t in STATE.items()}
    torch.save(half, tmp_path / "a.pth")
    opened = open_weights(tmp_path / "a.pth")
    assert opened.kinds == (str(kind).removeprefix("torch."),)
    tensors = opened.tensors()
    assert all(torch.equal(tensors[name], half[name].to(tensors[name].dtype)) for name in half)


def test_a_conversion_to_half_is_half_as_large_and_keeps_what_half_cannot_hold(tmp_path):
    state = dict(STATE) | {"bn1.running_var": torch.full((8,), 1e6)}
    torch.save(state, tmp_path / "a.pth")
    full = convert(tmp_path / "a.pth", tmp_path / "a.safetensors")
    half = convert(tmp_path / "a.pth", tmp_path / "b.safetensors", half=True)
    assert half.size < 0.6 * full.size
    assert "1 tensor stays in float32" in str(half)
    tensors = read_tensors(half.target)
    assert torch.equal(tensors["bn1.running_var"], state["bn1.running_var"])
    assert torch.equal(tensors["fc.weight"], state["fc.weight"].half().float())


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth", "a.bin"])
def test_a_file_is_known_by_what_it_is_and_not_by_its_name(name, tmp_path):
    torch.save(STATE, tmp_path / name)
    assert open_weights(tmp_path / name).tensors().keys() == STATE.keys()
    save_file(STATE, tmp_path / name)
    assert not open_weights(tmp_path / name).is_pickled


def test_a_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "a.pth"
    torch.save(STATE, path)
    content = bytearray(path.read_bytes())
    at = content.find(STATE["fc.weight"].numpy().tobytes())
    content[at + 7] ^= 4
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="checksums do not agree"):
        open_weights(path).tensors()


def test_a_file_without_checksums_has_its_own_sentence(tmp_path):
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(STATE, tmp_path / "a.pth")
    finally:
        torch.serialization.set_crc32_options(before)
    with pytest.raises(WeightsError, match="saved without checksums"):
        open_weights(tmp_path / "a.pth")


def test_an_onnx_file_says_what_to_export_instead(tmp_path):
    # The beginning of the message ModelProto: version 8, then the producer's name.
    (tmp_path / "a.onnx").write_bytes(b"\x08\x08\x12\x07pytorch\x1a\x052.1.0" + bytes(600))
    with pytest.raises(WeightsError, match=r"an ONNX model.*state_dict"):
        open_weights(tmp_path / "a.onnx")


def test_32_pixel_networks_without_projections_are_first_offered_option_a():
    config = ResNetConfig("c", repeats=(1, 2, 1), stem="cifar", width=8, shortcut="none")
    shapes = {name: tuple(t.shape) for name, t in small_network(config=config).state_dict().items()}
    found = suggest(shapes)
    assert found is not None
    assert found.config.shortcut == "zero-pad"


def test_what_nearly_fits_says_what_it_is_near_to_and_what_differs(tmp_path):
    no_statistics = {n: t for n, t in STATE.items() if "running" not in n}
    turned = STATE | {"fc.weight": STATE["fc.weight"].t().contiguous()}
    for state, words in (
        (no_statistics, "they are no BatchNorm"),
        (turned, "nearest to ResNet-10"),
    ):
        torch.save(state, tmp_path / "a.pth")
        done = convert(tmp_path / "a.pth", tmp_path / "a.safetensors", overwrite=True)
        assert words in done.sentence


def test_what_is_neither_kind_of_file_is_told_both_that_are_read(tmp_path):
    (tmp_path / "a.pth").write_bytes(b"\x7fELF" + bytes(range(200)))
    with pytest.raises(WeightsError, match=r"safetensors files and PyTorch files of parameters"):
        open_weights(tmp_path / "a.pth")
    os.mkfifo(tmp_path / "b.pth")
    with pytest.raises(WeightsError, match="a device or a pipe"):
        open_weights(tmp_path / "b.pth")


def test_a_saved_model_of_tensorflow_is_not_called_an_onnx_model(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01\x12\xc2\xb0\x01\x0a" + bytes(600))
    with pytest.raises(WeightsError, match="a TensorFlow SavedModel"):
        open_weights(tmp_path / "saved_model.pb")
