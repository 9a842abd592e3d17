import hashlib
import os

import pytest
import torch

from resnet_viz.errors import WeightsError
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.conversion import convert
from resnet_viz.weights.matching import network_from
from resnet_viz.weights.tensor_file import read_header, read_tensors
from tests.weights.files import SMALL, small_network


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "training.pth"
    state = {f"module.{name}": t for name, t in small_network().state_dict().items()}
    torch.save({"state_dict": state, "epoch": 3}, path)
    return path


def test_a_pickle_becomes_safetensors_with_the_same_logits(source, tmp_path):
    target = tmp_path / "out.safetensors"
    done = convert(source, target)
    assert done.prefix == "module."
    assert done.tensors == len(read_header(target))
    assert done.size == target.stat().st_size
    assert done.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    assert "5 classes" in done.sentence
    assert not any("num_batches" in tensor.name for tensor in read_header(target))
    again = network_from(SMALL, read_tensors(target))
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(again(images), small_network()(images))


def test_the_summary_names_a_preset(tmp_path):
    source, target = tmp_path / "a.pth", tmp_path / "a.safetensors"
    torch.save(small_network(config=PRESETS["resnet20"]).state_dict(), source)
    assert convert(source, target).sentence == (
        "This file fits resnet20 with 10 classes, or plain20: shortcuts without parameters leave no "
        "trace in a file."
    )


def test_what_fits_nothing_is_converted_and_said_so(tmp_path):
    source, target = tmp_path / "a.pth", tmp_path / "a.safetensors"
    torch.save({"weight": torch.ones(2, 2), "bias": torch.ones(2)}, source)
    assert "no network" in convert(source, target).sentence


def test_an_existing_file_is_kept_unless_asked_otherwise(source, tmp_path):
    target = tmp_path / "out.safetensors"
    target.write_bytes(b"precious")
    with pytest.raises(WeightsError, match=r"out\.safetensors” exists already"):
        convert(source, target)
    assert target.read_bytes() == b"precious"
    convert(source, target, overwrite=True)
    assert read_header(target)


def test_the_source_is_never_the_target(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"x")
    (tmp_path / "b.safetensors").symlink_to(path)
    for target in (path, tmp_path / "b.safetensors"):
        with pytest.raises(WeightsError, match="the file to be read"):
            convert(path, target, overwrite=True)


def test_the_new_file_ends_in_safetensors(source, tmp_path):
    with pytest.raises(WeightsError, match=r"“out.pth”; end it in .safetensors"):
        convert(source, tmp_path / "out.pth")


def test_values_that_are_not_finite_are_not_converted(tmp_path):
    source, target = tmp_path / "a.pth", tmp_path / "a.safetensors"
    torch.save({"weight": torch.tensor([1.0, float("nan")])}, source)
    with pytest.raises(WeightsError, match="“weight” holds 1 of 2"):
        convert(source, target)
    assert not target.exists()


def test_a_full_disk_leaves_nothing_behind(source, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WeightsError, match="cannot be written: no space left"):
        convert(source, tmp_path / "out.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["training.pth"]


def test_a_folder_that_does_not_exist_is_a_sentence(source, tmp_path):
    with pytest.raises(WeightsError, match="cannot be written: no such file"):
        convert(source, tmp_path / "nowhere" / "out.safetensors")
