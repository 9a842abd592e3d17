import os
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from resnet_viz.errors import WeightsError
from resnet_viz.weights.folder import VARIABLE, FolderSource, contents, left_out, problems
from resnet_viz.weights.matching import CheckpointMismatch
from tests.weights.files import SMALL, small_network

SOURCE = FolderSource()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two files that fit, one of another network, two broken ones, and what is none."""
    state = small_network().state_dict()
    save_file(state, tmp_path / "a.safetensors")
    torch.save(
        {"state_dict": {f"module.{name}": t for name, t in state.items()}}, tmp_path / "b.pth"
    )
    other = small_network(config=replace(SMALL, num_classes=7))
    save_file(other.state_dict(), tmp_path / "seven.safetensors")
    (tmp_path / "broken.pt").write_bytes(b"<html>404</html>")
    (tmp_path / "half.safetensors").write_bytes((tmp_path / "a.safetensors").read_bytes()[:-9])
    (tmp_path / "readme.md").write_text("hello")
    (tmp_path / ".hidden.pth").write_bytes(b"")
    (tmp_path / "nested.pth").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("place", [None, "", "/nowhere/at/all"])
def test_without_a_folder_there_is_nothing(place, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    if place is not None:
        monkeypatch.setenv(VARIABLE, place)
    assert SOURCE.options(SMALL) == ()
    assert problems() == ()
    assert not SOURCE.is_available(SMALL, "a.safetensors")


def test_what_fits_is_listed_and_the_broken_take_nothing_away(folder):
    assert SOURCE.options(SMALL) == ("a.safetensors", "b.pth")
    assert SOURCE.options(replace(SMALL, num_classes=7)) == ("seven.safetensors",)
    assert SOURCE.is_available(SMALL, "b.pth")


def test_the_broken_ones_are_named_each_with_its_sentence(folder):
    broken, half = problems()
    assert broken.startswith("“broken.pt”: This file seems to be a web page")
    assert half.startswith("“half.safetensors”: This file ends too early")


@pytest.mark.parametrize("name", ["a.safetensors", "b.pth"])
def test_both_kinds_give_the_same_network(name, folder):
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(SOURCE.build(SMALL, name)(images), small_network()(images))


def test_the_description_has_labels_hash_and_what_was_done(folder):
    (folder / "b.txt").write_text("a\nb\nc\nd\ne")
    weights = SOURCE.describe(SMALL, 64, "b.pth")
    assert weights.source == "folder:b.pth"
    assert weights.labels == ("a", "b", "c", "d", "e")
    assert len(weights.sha256) == 64
    assert "“module.” was removed" in weights.note
    assert SOURCE.describe(SMALL, 64, "a.safetensors").labels == ()


def test_bad_labels_are_left_out_and_said_so(folder):
    (folder / "a.txt").write_bytes(b"\xff")
    weights = SOURCE.describe(SMALL, 64, "a.safetensors")
    assert weights.labels == ()
    assert "“a.txt” is not used" in weights.note
    assert "UTF-8" in weights.note


def test_too_few_labels_are_used_and_said_so(folder):
    (folder / "a.txt").write_bytes(b"cat\ndog")
    weights = SOURCE.describe(SMALL, 64, "a.safetensors")
    assert weights.class_names(5) == ("cat", "dog", "class 2", "class 3", "class 4")
    assert "2 class names for 5 classes" in weights.note


@pytest.mark.parametrize(
    "name",
    ["", "../a.safetensors", "/etc/passwd", "x/../a.safetensors", "readme.md", "c\u202e.pth"],
)
def test_only_what_is_listed_is_opened(name, folder):
    assert not SOURCE.is_available(SMALL, name)
    for ask in (lambda: SOURCE.build(SMALL, name), lambda: SOURCE.describe(SMALL, 64, name)):
        with pytest.raises(
            WeightsError, match=r"There is no file .* it has a.safetensors"
        ) as refused:
            ask()
        assert "\u202e" not in str(refused.value)


def test_what_does_not_fit_or_is_broken_says_so(folder):
    with pytest.raises(CheckpointMismatch, match="7 classes"):
        SOURCE.describe(SMALL, 64, "seven.safetensors")
    with pytest.raises(WeightsError, match=r"“broken\.pt”: This file seems"):
        SOURCE.describe(SMALL, 64, "broken.pt")


def test_a_file_that_is_written_again_is_looked_at_again(folder):
    assert "seven.safetensors" not in SOURCE.options(SMALL)
    os.replace(folder / "a.safetensors", folder / "seven.safetensors")
    assert SOURCE.options(SMALL) == ("b.pth", "seven.safetensors")


def test_what_is_left_out_is_said_with_its_reason(folder):
    torch.save({"a": torch.ones(2)}, folder / "other.pth")
    (folder / ".hidden.pth").write_bytes(b"x")
    (folder / "a.txt").write_text("a\nb\nc\nd\ne")
    said = dict(sentence.split("”", 1) for sentence in left_out())
    assert "fits no network" in said["“other.pth"]
    assert "ends in none of .safetensors, .pth" in said["“readme.md"]
    assert "it is a folder" in said["“nested.pth"]
    assert "begins with a dot" in said["“.hidden.pth"]
    assert "“a.txt" not in said  # the names beside a file belong to it
    assert "“a.safetensors" not in said


@pytest.mark.parametrize("ending", [".ckpt", ".pth.tar", ".bin", ".PTH"])
def test_other_endings_of_checkpoints_are_known(ending, folder):
    name = f"trained{ending}"
    torch.save({"state_dict": small_network().state_dict()}, folder / name)
    (folder / "trained.txt").write_text("a\nb\nc\nd\ne")
    assert name in SOURCE.options(SMALL)
    assert SOURCE.describe(SMALL, 64, name).labels == ("a", "b", "c", "d", "e")


def test_who_looks_for_a_file_sees_which_network_it_is_of(folder):
    found = contents()
    assert any(each.startswith("“seven.safetensors”: This file fits ") for each in found)
    assert any(each.startswith("“broken.pt”: This file seems") for each in found)
