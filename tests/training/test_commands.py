"""`python -m resnet_viz.training`: a small training from start to card, and the sample drawings."""

import json

import pytest

from resnet_viz.training import bundle, drawings
from resnet_viz.training.__main__ import main
from resnet_viz.training.fit import Training
from resnet_viz.training.sets import rendered

SMALL = ["--epochs", "2", "--pictures", "64"]


@pytest.fixture
def box(tmp_path, monkeypatch):
    """A folder, and no set of more than 64 pictures."""

    def few(split, seed, count, size):
        return rendered(split, seed, min(count, 64), size)

    monkeypatch.setattr(bundle, "rendered", few)
    return tmp_path / "box"


def test_it_trains_tests_and_writes_the_cards(box, capsys):
    assert main([*SMALL, "--out", str(box)]) == 0
    assert main([*SMALL, "--plain", "--out", str(box)]) == 0
    written = {file.name for file in box.iterdir()}
    assert written == {
        *("shapes.safetensors", "shapes.json", "README.md"),
        *("shapes_plain.safetensors", "shapes_plain.json"),
    }
    card = json.loads((box / "shapes_plain.json").read_text("utf-8"))
    assert card["command"].endswith("--plain --seed 0 --epochs 2 --pictures 64")
    assert (card["test_pictures"], len(card["curves"])) == (64, 2)
    assert capsys.readouterr().err.count("epoch   2") == 2


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
    [(["--device", "cuda:9"], "cuda:9"), (["--pictures", "5"], "Pictures 5")],
)
def test_a_mistake_is_one_sentence(arguments, named, box, capsys):
    assert main([*arguments, "--out", str(box)]) == 2
    error = capsys.readouterr().err
    assert named in error
    assert error.count("\n") == 1
    assert not box.exists()


def test_other_options_do_not_overwrite_what_comes_with_the_package(capsys):
    before = {file: file.stat().st_mtime_ns for file in bundle.FOLDER.iterdir()}
    assert main(["--epochs", "1"]) == 2
    assert main(["--seed", "3"]) == 2
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
        assert "cannot be written" in error


def test_no_page_is_written_where_there_are_no_cards(tmp_path, capsys):
    assert main(["--card", "--out", str(tmp_path)]) == 2
    assert "no cards" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
