"""`python -m resnet_viz.training`: a small training from start to card, and the sample drawings."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from resnet_viz.model.presets import PRESETS
from resnet_viz.training import bundle, drawings, sources
from resnet_viz.training.__main__ import main
from resnet_viz.training.train import Training
from resnet_viz.weights.curves import read_curves
from resnet_viz.weights.lesion_table import read_lesions
from resnet_viz.weights.loss_surface import read_surface
from resnet_viz.weights.suggestion import parameter_shapes
from tests.training.folders import CLASSES, write_cifar10, write_images

SMALL = ["--epochs", "2", "--images", "100"]
FILES = ("safetensors", "json", "curves.json", "range.safetensors")


@pytest.fixture
def box(tmp_path, monkeypatch):
    """A folder, and no set of more than 64 images."""
    monkeypatch.setattr(sources, "VALIDATION_IMAGES", 24)
    monkeypatch.setattr(sources, "TEST_IMAGES", 64)
    return tmp_path / "box"


def test_it_trains_tests_and_writes_the_cards(box, capsys):
    assert main([*SMALL, "--out", str(box)]) == 0
    assert main(["shapes_plain", *SMALL, "--out", str(box)]) == 0
    written = {file.name for file in box.iterdir()}
    files = {f"{name}.{kind}" for name in ("shapes", "shapes_plain") for kind in FILES}
    assert written == {*files, "README.md"}
    card = json.loads((box / "shapes_plain.json").read_text("utf-8"))
    assert card["command"] == (
        "python -m resnet_viz.training shapes_plain --epochs 2 --images 100 --seed 0"
    )
    assert (card["train_images"], card["test_images"], card["seed"]) == (100, 64, 0)
    curves = read_curves("shapes_plain", box)
    assert [point.epoch for point in curves.points] == [1, 2]
    assert (curves.held_out_kind, curves.held_out_images) == ("validation", 24)
    assert len(curves.blocks) == len(curves.points[0].output_gradients) == 8
    told = capsys.readouterr().err
    assert told.count("epoch   2") == 2
    assert told.count("0 s left") >= 2


@pytest.mark.parametrize("half", [False, True])
def test_it_trains_any_network_on_a_folder_of_images(tmp_path, half):
    write_images(tmp_path / "data", 60)
    command = [
        *("resnet20", "--set", "repeats=1-1-1", "--set", "shortcut=none", "--name", "tiny"),
        *("--data", str(tmp_path / "data"), "--about", "Three colours.", "--epochs", "6"),
        *("--batch", "6", "--out", str(tmp_path / "out"), *(["--half"] if half else [])),
    ]
    assert main(command) == 0
    card = json.loads((tmp_path / "out" / "tiny.json").read_text("utf-8"))
    assert card["classes"] == list(CLASSES)
    assert card["config"]["num_classes"] == 3
    assert (card["config"]["repeats"], card["config"]["shortcut"]) == ([1, 1, 1], "none")
    assert card["data"].startswith("Three colours. 54 training and 6 test images")
    assert card["accuracy"] == 1.0  # colours are easily told apart
    assert card["stored"].startswith("float16" if half else "float32")
    assert str(tmp_path) not in json.dumps(card)
    tiny = replace(PRESETS["plain20"], repeats=(1, 1, 1), num_classes=3)
    size = (tmp_path / "out" / "tiny.safetensors").stat().st_size
    parameters = sum(math.prod(shape) for shape in parameter_shapes(tiny).values())
    assert (2 if half else 4) * parameters < size < (2.4 if half else 4.4) * parameters
    assert (tmp_path / "out" / "README.md").read_text("utf-8").count("`tiny`") >= 3


def test_it_trains_on_cifar10s_binary_files_named_by_the_environment(tmp_path, monkeypatch):
    write_cifar10(tmp_path / "cifar", per_batch=30)
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "cifar"))
    command = ["plain20", "--epochs", "1", "--batch", "50", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    card = json.loads((tmp_path / "out" / "plain20.json").read_text("utf-8"))
    assert (card["dataset"], card["classes"][3], card["train_images"]) == ("cifar10", "cat", 150)
    curves = read_curves("plain20", tmp_path / "out")
    assert (curves.held_out_kind, curves.held_out_images) == ("test", 24)
    assert list(card["accuracy_by_class"].values())[3:] == [None] * 7  # no image of these
    page = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "| cat | – |" in page
    assert "Licence" not in page


def test_a_lesion_study_is_on_the_images_that_were_held_out(tmp_path, capsys):
    """The seed of the card decides which they are, not that of the command line."""
    write_images(tmp_path / "data", 60)
    out = tmp_path / "out"
    data = ["--data", str(tmp_path / "data"), "--name", "tiny", "--out", str(out)]
    made = ["resnet20", "--set", "repeats=1-1-1", "--epochs", "1", "--batch", "6", "--seed", "3"]
    assert main([*made, *data, "--licence", "CC0"]) == 0
    assert "Licence: CC0" in (out / "README.md").read_text("utf-8")
    assert main(["--lesions", *data]) == 0
    table = read_lesions("tiny", out)
    card = json.loads((out / "tiny.json").read_text("utf-8"))
    assert table
    assert (table.images, len(table.blocks)) == (6, 3)
    assert table.error == pytest.approx(1 - card["accuracy"])
    assert not (out / "tiny.range.safetensors").exists()  # 54 images have no percentiles
    assert card["out_of_range"] is None
    assert main(["--surface", *data]) == 0
    surface = read_surface("tiny", out)
    assert surface
    assert (surface.images, surface.kind, len(surface.losses)) == (54, "training", 21)
    assert surface.centre == pytest.approx(card["train_loss"], rel=1e-4)
    (tmp_path / "data" / "red").rename(tmp_path / "data" / "orange|umber")
    assert main(["--lesions", *data]) == 2
    assert "give the same --data" in capsys.readouterr().err
    assert main([*made, *data, "--licence", "CC0"]) == 0
    assert "| orange\\|umber |" in (out / "README.md").read_text("utf-8")
    assert main(["--lesions", "--data", "shapes", "--name", "other", "--out", str(out)]) == 2
    assert "holds no trained other" in capsys.readouterr().err


def test_only_one_thing_is_done_at_a_time(box, capsys):
    with pytest.raises(SystemExit):
        main(["--card", "--lesions", "--out", str(box)])
    assert "not allowed with" in capsys.readouterr().err


def test_a_training_that_diverges_ends_with_a_sentence(box, capsys, monkeypatch):
    diverged = torch.tensor(float("nan")), torch.tensor(0)
    monkeypatch.setattr(Training, "_step", lambda *_: diverged)
    assert main([*SMALL, "--out", str(box)]) == 2
    error = capsys.readouterr().err
    assert "diverged: in epoch 1" in error
    assert error.count("\n") == 1
    assert not [*box.glob("shapes*")]


def test_it_resumes_what_was_interrupted(box, monkeypatch, capsys):
    main([*SMALL, "--out", str(box)])
    whole = (box / "shapes.safetensors").read_bytes()
    (box / "shapes.safetensors").unlink()
    step, steps = Training._step, []

    def interrupted(training, inputs, labels):
        steps.append(len(training.curve))
        if steps == [0, 1]:
            raise KeyboardInterrupt
        return step(training, inputs, labels)

    monkeypatch.setattr(Training, "_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        main([*SMALL, "--out", str(box)])
    assert bundle.progress_file(box, "shapes").exists()
    unfinished = bundle.progress_file(box, "shapes").read_bytes()
    assert main([*SMALL, "--out", str(box)]) == 2
    assert "--resume" in capsys.readouterr().err.splitlines()[-1]
    assert bundle.progress_file(box, "shapes").read_bytes() == unfinished
    main([*SMALL, "--out", str(box), "--resume"])
    assert steps == [0, 1, 1]
    assert (box / "shapes.safetensors").read_bytes() == whole


def test_a_killed_training_ends_bit_by_bit_where_an_uninterrupted_one_does(tmp_path):
    """kill -9 in the middle of an epoch, in a process of its own."""
    write_images(tmp_path / "data", 150)
    command = [
        *(sys.executable, "-m", "resnet_viz.training", "resnet20", "--set", "repeats=1-1-1"),
        *("--name", "tiny", "--data", str(tmp_path / "data"), "--epochs", "2", "--batch", "6"),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    whole, killed = (["--out", str(tmp_path / name)] for name in ("whole", "killed"))
    subprocess.run([*command, *whole], check=True, env=environment, capture_output=True)
    with subprocess.Popen([*command, *killed], env=environment, stderr=subprocess.DEVNULL) as run:
        progress = bundle.progress_file(tmp_path / "killed", "tiny")
        end = time.monotonic() + 120
        while not progress.exists() and time.monotonic() < end:
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
        assert run.wait(10) == -signal.SIGKILL
    assert not (tmp_path / "killed" / "tiny.json").exists()
    subprocess.run(
        [*command, *killed, "--resume"], check=True, env=environment, capture_output=True
    )
    for kind in ("safetensors", "curves.json", "range.safetensors"):
        one, other = (tmp_path / name / f"tiny.{kind}" for name in ("whole", "killed"))
        assert one.read_bytes() == other.read_bytes()
    assert not progress.exists()


def test_the_samples_are_drawn_anew_to_the_byte(tmp_path, monkeypatch):
    monkeypatch.setattr(drawings, "FOLDER", tmp_path)
    shipped = bundle.FOLDER.parents[1] / "images" / "samples"
    assert main(["--samples"]) == 0
    files = {file.name for file in shipped.glob("*.png")}
    assert {file.name for file in tmp_path.iterdir()} == files
    for name in files:
        assert (tmp_path / name).read_bytes() == (shipped / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--device", "cuda:9"], "cuda:9"),
        (["resnet19"], "resnet19"),
        (["--set", "widht=8"], "widht"),
        (["--set", "width=wide"], "width=wide"),
        (["--set", "zero_init=1"], "zero_init=1"),
        (["--set", "shortcut=long"], "long"),
        (["--set", "repeats=x"], "x"),
        (["--size", "7"], "Input size 7"),
        (["--epochs", "0"], "Epochs 0"),
        (["--name", "../up"], "../up"),
        (["--data", "/nowhere/at/all"], "/nowhere/at/all"),
        (["resnet20"], "--data"),
        (["--images", "0"], "--images"),
        (["--images", "9000000"], "442.4 GB"),
        (["--seed", "100000000000000000000"], "Seed 100,000"),
    ],
)
def test_a_mistake_is_one_sentence(arguments, named, box, capsys, monkeypatch):
    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    assert main([*arguments, "--out", str(box)]) == 2
    error = capsys.readouterr().err
    assert named in error
    assert error.count("\n") == 1
    assert not box.exists()


def test_too_few_images_are_said_before_anything_is_written(box, capsys):
    assert main(["--images", "5", "--out", str(box)]) == 2
    assert "5 training images" in capsys.readouterr().err
    assert not [*box.glob("shapes*")]


def test_other_options_do_not_overwrite_what_comes_with_the_package(capsys):
    before = {file: file.stat().st_mtime_ns for file in bundle.FOLDER.iterdir()}
    for options in (["--epochs", "1"], ["--seed", "3"], ["--set", "width=8"], ["--images", "99"]):
        assert main(options) == 2
        assert "--out" in capsys.readouterr().err
    assert {file: file.stat().st_mtime_ns for file in bundle.FOLDER.iterdir()} == before


def test_a_folder_that_cannot_be_written_is_a_sentence_before_anything_is_learned(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(Training, "_step", lambda *_: pytest.fail("it has begun to learn"))
    (tmp_path / "file").write_text("no folder")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        assert main([*SMALL, "--out", str(place)]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert f"“{tmp_path / 'file'}" in error
        assert "cannot be used" in error


def test_a_readme_of_somebody_else_and_other_json_files_stay_as_they_are(box):
    box.mkdir()
    (box / "README.md").write_text("# My project")
    (box / "settings.json").write_text("{}")
    assert main([*SMALL, "--out", str(box)]) == 0
    assert (box / "README.md").read_text() == "# My project"
    assert "`shapes`" in (box / "CARDS.md").read_text("utf-8")


def test_no_page_is_written_where_there_are_no_cards(tmp_path, capsys):
    assert main(["--card", "--out", str(tmp_path)]) == 2
    assert "no cards" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
