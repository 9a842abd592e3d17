"""The command line, as a script would call it."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import save_file

from resnet_viz.__main__ import main
from resnet_viz.analysis.trace import trace
from resnet_viz.figures import tables
from resnet_viz.images import DRAWINGS
from resnet_viz.images.samples import SAMPLES
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_random
from tests.references import TORCHVISION

ROOT = Path(__file__).parents[1]
CAT = ROOT / "resnet_viz/images/samples" / SAMPLES["cat"].file


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    out = capsys.readouterr()
    return status, out.out, out.err


def test_trace_as_json_has_a_row_for_every_module(capsys):
    status, out, _ = answer(capsys, "trace", "resnet50", "--format", "json")
    found = json.loads(out)
    assert status == 0
    assert found["params"] == TORCHVISION["resnet50"][0]
    assert found["input_size"] == 224
    assert found["config"]["repeats"] == [3, 4, 6, 3]
    first = found["layers"][0]
    assert first["path"] == "conv1"
    assert first["input_shape"] == [3, 224, 224]
    assert first["output_shape"] == [64, 112, 112]
    assert (first["kernel"], first["stride"], first["padding"]) == ([7, 7], [2, 2], [3, 3])
    assert first["receptive_field"] == 7
    kinds = [row["kind"] for row in found["layers"]]
    assert kinds.count("Stage") == 4
    assert kinds.count("Bottleneck") == 16
    leaves = [r for r in found["layers"] if r["kind"] not in ("Stage", "Bottleneck")]
    assert sum(row["params"] for row in leaves) == found["params"]
    assert sum(row["macs"] for row in leaves) == found["macs"]


def test_trace_as_csv_has_the_same_rows(capsys):
    _, out, _ = answer(capsys, "trace", "resnet20", "--format", "csv", "--size", "40")
    rows = list(csv.DictReader(io.StringIO(out)))
    traced = trace(PRESETS["resnet20"], 40)
    assert [row["path"] for row in rows] == list(traced.paths)
    assert [int(row["params"]) for row in rows] == [layer.params for layer in traced.layers]


def test_trace_as_a_table_ends_with_the_totals(capsys):
    _, out, _ = answer(capsys, "trace", "resnet18")
    assert "11,689,512 parameters, 1,814,073,344 multiply-adds" in out.splitlines()[-1]


def test_predict_answers_in_order_and_says_what_cannot_be_read(capsys, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    arguments = ("predict", str(CAT), str(broken), str(tmp_path / "none.jpg"), str(CAT))
    status, out, _ = answer(capsys, *arguments, "--model", "resnet20", "--format", "json")
    found = json.loads(out)
    assert status == 2
    assert [entry["path"] for entry in found] == list(arguments[1:])
    assert [("error" in entry) for entry in found] == [False, True, True, False]
    good = found[0]
    named = {"path", "model", "weights", "width", "height", "notes", "top", "range"}
    assert named == set(good)
    assert good["range"]["in_range"]
    assert 0 <= good["range"]["logit_percentile"] <= 100
    assert len(good["top"]) == 5
    assert good["top"] == found[3]["top"]
    chances = [score["probability"] for score in good["top"]]
    assert chances == sorted(chances, reverse=True)
    assert all("\n" not in entry["error"] for entry in found if "error" in entry)


def test_without_a_model_the_network_in_the_box_answers(capsys):
    samples = {slug: ROOT / "resnet_viz/images/samples" / SAMPLES[slug].file for slug in DRAWINGS}
    status, out, _ = answer(capsys, "predict", *map(str, samples.values()), "--format", "json")
    assert status == 0
    found = {slug: entry["top"] for slug, entry in zip(samples, json.loads(out), strict=True)}
    assert {entry["model"] for entry in json.loads(out)} == {"shapes"}
    assert {entry["weights"] for entry in json.loads(out)} == {"bundled"}
    assert found["drawn"][0]["label"] == "heart"
    for slug in ("star", "heart", "spiral", "arrow", "crescent"):
        assert found[slug][0]["label"] == slug
    assert {score["label"] for score in found["two_shapes"][:2]} == {"star", "ring"}


def test_a_file_of_ones_own_with_names_for_its_classes(capsys, tmp_path):
    file, labels = tmp_path / "own.safetensors", tmp_path / "names.txt"
    network = build_random(replace(PRESETS["resnet20"], num_classes=7), 5)  # not the preset's ten
    save_file(network.state_dict(), file)
    labels.write_text("\n".join(f"thing {i}" for i in range(7)), "utf-8")
    arguments = ("--model", "resnet20", "--weights", str(file), "--labels", str(labels))
    status, out, _ = answer(capsys, "predict", str(CAT), *arguments, "--format", "json")
    (found,) = json.loads(out)
    assert status == 0
    assert found["weights"] == "own.safetensors"
    assert all(score["label"] == f"thing {score['index']}" for score in found["top"])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("predict", str(CAT), "--model", "resnet50", "--weights", "imagenet"), "weights fetch"),
        (("predict", str(CAT), "--model", "resnet20", "--weights", "imagenet"), "resnet18"),
        (("predict", str(CAT), "--weights", "no.safetensors"), "no.safetensors"),
        (("predict", str(CAT), "--weights", "folder:no.safetensors"), "folder"),
        (("predict", str(CAT), "--labels", "names.txt"), "--labels"),
        (("predict", str(CAT), "--weights", "random:0000000000099999999999"), "Seed"),
        (("trace", "resnet19"), "resnet19"),
        (("trace", "resnet18", "--size", "5"), "5"),
        (("predict", str(CAT), "--model", "nothing"), "nothing"),
        (("predict", str(CAT), "--weights", "nowhere"), "nowhere"),
        (("predict", str(CAT), "--device", "cuda:9"), "cuda:9"),
        (("predict", str(CAT), "--top", "0"), "0"),
        (("predict", str(CAT), "--model", "resnet20", "--top", "11"), "11"),
    ],
)
def test_a_mistake_is_one_sentence_on_stderr_and_status_2(capsys, arguments, named):
    status, out, error = answer(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert named in error
    assert len(error.strip().splitlines()) == 1


def test_it_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "resnet_viz", "trace", "resnet99"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "resnet99" in done.stderr


def test_trace_of_a_customised_network_is_that_of_its_configuration(capsys):
    changes = ("-s", "block=bottleneck", "-s", "width=32", "--set", "shortcut=zero-pad")
    status, out, _ = answer(
        capsys, "trace", "resnet18", *changes, "-s", "repeats=1-2-1", "--format", "json"
    )
    config = replace(
        *(PRESETS["resnet18"],),
        name="custom",
        block="bottleneck",
        width=32,
        shortcut="zero-pad",
        repeats=(1, 2, 1),
    )
    assert status == 0
    assert json.loads(out) == json.loads(tables.to_json(trace(config)))


def test_predict_takes_a_files_network_with_the_changes_that_leave_no_trace(capsys, tmp_path):
    """Both bottlenecks have the same tensors; where the stride stands decides the answer."""
    config = replace(
        PRESETS["resnet50"], name="own", repeats=(1, 1, 1), width=8, stride_place="1x1"
    )
    file = tmp_path / "own.safetensors"
    save_file(build_random(config, 0).state_dict(), file)
    common = ("predict", str(CAT), "--weights", str(file), "--format", "json")
    _, usual, notes = answer(capsys, *common)
    _, changed, changed_notes = answer(capsys, *common, "-s", "stride_place=1x1")
    assert "Stride of a bottleneck: in the 3×3" in notes
    assert "Stride of a bottleneck: in the 1×1" in changed_notes
    assert json.loads(usual)[0]["top"] != json.loads(changed)[0]["top"]


@pytest.mark.parametrize(
    "command", [("trace", "shapes"), ("predict", str(CAT)), ("explain", str(CAT))]
)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("depth=3", "There is no field “depth”; choose one of block, repeats, stem, width,"),
        ("width=x", "width=x is not accepted; write a whole number."),
        ("zero_init=yes", "zero_init=yes is not accepted; write true or false."),
        ("block=nonesuch", "Block “nonesuch” is not one of basic, bottleneck"),
    ],
)
def test_a_change_that_no_network_has_is_one_sentence(capsys, command, change, words):
    status, out, error = answer(capsys, *command, "-s", change)
    assert (status, out) == (2, "")
    assert error.startswith(words)
    assert error.count("\n") == 1
