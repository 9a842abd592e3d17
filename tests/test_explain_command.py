"""`explain` on the command line: raw numbers, a file of numpy's, an image, or one sentence."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

import resnet_viz
from resnet_viz.__main__ import main
from resnet_viz.analysis.attribution import METHODS
from resnet_viz.images import to_tensor
from resnet_viz.images.samples import SAMPLES
from tests.markdown import DOCS
from tests.test_cli import ROOT

SAMPLE = ROOT / "resnet_viz/images/samples"
STAR = SAMPLE / SAMPLES["star"].file
CAT = SAMPLE / SAMPLES["cat"].file
ASKED = {"model", "weights", "image", "method", "layer", "class", "values", "size"}


def answer(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> tuple[int, bytes, str]:
    status = main(("explain", *arguments))
    out = capfdbinary.readouterr()
    return status, out.out, out.err.decode()


def test_the_json_has_the_raw_values_of_the_layer_and_the_class(capfdbinary):
    asked = ("--method", "grad_cam", "--layer", "layer4.1", "--class", "star", "--format", "json")
    status, out, _ = answer(capfdbinary, str(STAR), *asked, "--precise")
    found = json.loads(out)
    assert status == 0
    assert list(found) == [
        *("model", "weights", "image", "method", "layer", "class", "values", "size"),
    ]
    named = {key: found[key] for key in ("model", "weights", "image", "method", "layer")}
    assert named == {
        "model": "shapes",
        "weights": "bundled",
        "image": str(STAR),
        "method": "grad_cam",
        "layer": "layer4.1",
    }
    module = resnet_viz.build("shapes", "bundled").double()
    loaded = resnet_viz.load("shapes")
    image = to_tensor(resnet_viz.read_image(STAR), loaded.weights.preprocessing).double()
    parts = list(module.children())
    maps = torch.nn.Sequential(*parts[:-3])(image).detach().requires_grad_()
    logits = torch.nn.Sequential(*parts[-3:])(maps)[0]
    index = loaded.weights.labels.index("star")
    (gradient,) = torch.autograd.grad(logits[index], maps)
    by_hand = (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1)[0].detach().numpy()
    np.testing.assert_allclose(found["values"], by_hand, rtol=0, atol=1e-12)
    assert found["size"] == list(by_hand.shape)
    assert found["class"]["index"] == index
    assert found["class"]["label"] == "star"
    logits = logits.detach()
    assert found["class"]["logit"] == pytest.approx(float(logits[index]), abs=1e-12)
    assert found["class"]["probability"] == pytest.approx(
        float(logits.softmax(0)[index]), abs=1e-12
    )


@pytest.mark.parametrize("method", METHODS)
def test_every_method_answers_and_says_what_it_was_asked_with(capfdbinary, method):
    status, out, _ = answer(capfdbinary, str(CAT), "--model", "resnet20", "--method", method)
    found = json.loads(out)
    assert status == 0
    options = METHODS[method]().options
    assert set(found) - ASKED == {
        *(["options"] if options else []),
        *(["completeness"] if method in ("cam", "hires_cam", "integrated_gradients") else []),
    }
    assert found.get("options", {}) == options
    assert found["class"]["label"] == "cat"
    assert np.shape(found["values"]) == tuple(found["size"])


def test_numpys_file_holds_the_same_numbers(capfdbinary, tmp_path):
    asked = (str(STAR), "--layer", "layer2.0", "--part", "shortcut", "--class", "8")
    _, out, _ = answer(capfdbinary, *asked)
    _, written, _ = answer(capfdbinary, *asked, "--format", "npy")
    values = np.load(io.BytesIO(written))
    assert values.dtype == np.float32
    assert values.tolist() == json.loads(out)["values"]
    assert json.loads(out)["part"] == "shortcut"
    status, out, _ = answer(
        capfdbinary, *asked, "--format", "npy", "--output", str(tmp_path / "a.npy")
    )
    assert (status, out) == (0, b"")
    assert np.array_equal(np.load(tmp_path / "a.npy"), values)


def test_the_png_has_colour_where_the_highest_value_lies(capfdbinary):
    asked = (str(STAR), "--layer", "layer3", "--class", "star")
    _, out, _ = answer(capfdbinary, *asked, "--format", "png")
    found = resnet_viz.explain(resnet_viz.load("shapes"), STAR, layer="layer3", target="star")
    with Image.open(io.BytesIO(out)) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    row, column = divmod(int(found.values.argmax()), found.size[1])
    x, y = (int(place * 4) for place in found.centre(row, column))  # 128 pixels are drawn as 512
    colourful = np.ptp(pixels[:512, :512], axis=2)
    assert colourful[y, x] > 60
    low, column = divmod(int(found.values.argmin()), found.size[1])
    x, y = (int(place * 4) for place in found.centre(low, column))
    assert colourful[y, x] < 5


def test_no_evidence_is_said_and_not_painted(capfdbinary):
    asked = (str(STAR), "--layer", "avgpool")  # one position prefers no place
    status, out, error = answer(capfdbinary, *asked, "--format", "png")
    assert status == 0
    assert "There is no positive evidence for" in error
    with Image.open(io.BytesIO(out)) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert np.ptp(pixels[:512, :512], axis=2).max() == 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("no.png",), "no.png"),
        ((str(STAR), "--model", "resnet19"), "resnet19"),
        ((str(STAR), "--weights", "nowhere"), "nowhere"),
        ((str(STAR), "--labels", "names.txt"), "--labels"),
        ((str(STAR), "--device", "cuda:9"), "cuda:9"),
        ((str(STAR), "--method", "lime"), "no method “lime”"),
        ((str(STAR), "--layer", "layer9"), "layer9"),
        ((str(STAR), "--layer", "fc"), "nowhere on the image"),
        ((str(STAR), "--layer", "layer1", "--part", "sum"), "no block"),
        ((str(STAR), "--class", "dog"), "choose one of circle, ring"),
        ((str(STAR), "--class", "12"), "class 12"),
        ((str(STAR), "--method", "cam", "--layer", "layer3"), "at the output of layer4"),
        ((str(STAR), "--method", "gradient", "--layer", "layer3"), "no layer"),
        ((str(STAR), "--steps", "5"), "no option “steps”"),
        ((str(STAR), "--method", "occlusion", "--patch", "500"), "500"),
        ((str(STAR), "--output", "/no/where/a.json"), "a.json"),
    ],
)
def test_a_mistake_is_one_sentence_on_stderr_and_status_2(capfdbinary, arguments, named):
    status, out, error = answer(capfdbinary, *arguments)
    assert (status, out) == (2, b"")
    assert named in error
    assert len(error.strip().splitlines()) == 1


def test_what_is_no_number_is_one_sentence_too():
    done = subprocess.run(
        [sys.executable, "-m", "resnet_viz", "explain", str(STAR), "--steps", "many"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "many" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_bytes_are_not_written_on_a_terminal(capfdbinary, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    status, out, error = answer(capfdbinary, str(STAR), "--format", "png")
    assert (status, out) == (2, b"")
    assert "--output" in error


def test_the_docs_say_of_every_method_what_the_code_says():
    for slug, method in METHODS.items():
        row = f"| {method.title}, `{slug}` | {method.shows} | {method.hides} |"
        assert row in DOCS["docs/api.md"]
        assert f"`{slug}`" in DOCS["docs/command-line.md"]
