"""The public functions, as somebody would use them who knows nothing of the modules below."""

from __future__ import annotations

import ast
import csv
import doctest
import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import resnet_viz
from resnet_viz import api
from resnet_viz.analysis.residual_records import BlockView
from resnet_viz.errors import (
    ClassError,
    ConfigError,
    ImageError,
    MethodError,
    PathError,
    WeightsError,
)
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.matching import CheckpointMismatch
from tests.references import RECEPTIVE_FIELDS, TORCHVISION

ROOT = Path(__file__).parents[1]
HEART = ROOT / "resnet_viz/images/samples/heart.png"


@pytest.fixture(scope="module")
def model() -> resnet_viz.LoadedModel:
    return resnet_viz.load("resnet20")


@pytest.fixture(scope="module")
def cat() -> resnet_viz.ImageInput:
    return resnet_viz.sample("cat")


def weights(module: ResNet, layer: str) -> torch.Tensor:
    return module.get_parameter(f"{layer}.weight")


def shortcut_of(view: BlockView) -> np.ndarray:
    assert view.shortcut is not None
    return view.shortcut


def test_importing_the_package_imports_nothing_slow():
    code = (
        "import sys, resnet_viz, resnet_viz.errors; "
        "slow = {'torch', 'streamlit', 'numpy', 'plotly', 'PIL'} & set(sys.modules); "
        "assert not slow, slow; "
        "resnet_viz.trace; assert 'torch' in sys.modules; assert 'streamlit' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=120)


def test_every_public_name_is_there_and_no_other():
    for name in resnet_viz.__all__:
        assert getattr(resnet_viz, name) is getattr(api, name)
    assert set(resnet_viz.__all__) <= set(dir(resnet_viz))
    with pytest.raises(AttributeError, match="nonsense"):
        getattr(resnet_viz, "nonsense")  # noqa: B009


def test_what_mypy_sees_are_the_names_that_can_be_imported():
    tree = ast.parse(Path(resnet_viz.__file__).read_text("utf-8"))
    (imported,) = (n for n in ast.walk(tree) if getattr(n, "module", "") == "resnet_viz.api")
    assert isinstance(imported, ast.ImportFrom)
    assert [alias.name for alias in imported.names] == resnet_viz.__all__


def test_the_examples_in_the_docstrings_are_true():
    examples = doctest.DocTestFinder().find(api)
    documented = {test.name.rpartition(".")[2] for test in examples if test.examples}
    functions = {name for name in resnet_viz.__all__ if name.islower()}
    assert documented == functions
    assert doctest.testmod(api).failed == 0


@pytest.mark.parametrize("name", TORCHVISION)
def test_the_tables_add_up_to_torchvisions_counts(name):
    params, gmacs = TORCHVISION[name]
    rows = list(csv.DictReader(io.StringIO(resnet_viz.table(name, "csv", blocks=False))))
    assert sum(int(row["params"]) for row in rows) == params
    assert round(sum(int(row["macs"]) for row in rows) / 1e9, 3) == gmacs


def test_all_tables_have_the_same_rows():
    rows = resnet_viz.table("resnet18", "records")
    assert [row["path"] for row in rows] == list(resnet_viz.trace("resnet18").paths)
    formats: dict[Literal["text", "markdown", "csv"], int] = {"text": 1, "markdown": 2, "csv": 1}
    for form, heading in formats.items():
        written = resnet_viz.table("resnet18", form)
        assert len(written.splitlines()) == len(rows) + heading
    assert resnet_viz.table("resnet18", "latex", columns=["path"]).startswith(r"\begin{tabular}{l}")


@pytest.mark.parametrize("name", RECEPTIVE_FIELDS)
def test_receptive_fields_are_the_published_ones(name):
    found = [resnet_viz.receptive_field(name, f"layer{stage}").size for stage in (1, 2, 3, 4)]
    assert tuple(found) == RECEPTIVE_FIELDS[name]


def test_nothing_outside_of_a_receptive_field_moves_its_position(model, cat):
    field = resnet_viz.receptive_field(model, "layer1.0", 4, 20)
    left, top, right, bottom = map(int, field.box)
    seen = resnet_viz.capture(model, cat, "input", "layer1.0")
    inputs = torch.from_numpy(seen["input"].values.copy())[None]  # (1, 3, H, W)
    outside = torch.ones_like(inputs, dtype=torch.bool)
    outside[..., top:bottom, left:right] = False
    with torch.no_grad():
        stem = torch.nn.Sequential(*list(model.module.children())[:3])
        before = model.module.layer1[0](stem(inputs))[0, :, 4, 20]
        after = model.module.layer1[0](stem(torch.where(outside, inputs + 1, inputs)))[0, :, 4, 20]
        inside = model.module.layer1[0](stem(torch.where(outside, inputs, inputs + 1)))[0, :, 4, 20]
    assert torch.equal(before, after)
    assert not torch.equal(before, inside)
    assert np.allclose(before, seen["layer1.0"].values[:, 4, 20], atol=1e-5)


def test_a_prediction_is_the_softmax_of_the_modules_own_logits(cat):
    model, module = resnet_viz.load("resnet20"), resnet_viz.build("resnet20", "bundled")
    seen = resnet_viz.capture(model, cat, "input")
    with torch.no_grad():
        chances = module(torch.from_numpy(seen["input"].values.copy())[None]).softmax(1)[0]
    for score in resnet_viz.predict(model, cat, top=10).top:
        assert score.probability == pytest.approx(float(chances[score.index]), abs=1e-5)


def test_a_built_module_can_be_trained_and_is_nobody_elses():
    module = resnet_viz.build("resnet20", "bundled")
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    module.train()(torch.randn(4, 3, 32, 32)).square().mean().backward()
    optimiser.step()
    fresh = resnet_viz.build("resnet20", "bundled")
    assert not torch.equal(weights(module, "fc"), weights(fresh, "fc"))


def test_the_same_seed_gives_the_same_module():
    first, again, other = (resnet_viz.build("resnet20", f"random:{seed}") for seed in (3, 3, 4))
    assert torch.equal(weights(first, "conv1"), weights(again, "conv1"))
    assert not torch.equal(weights(first, "conv1"), weights(other, "conv1"))


def test_a_state_dict_is_copied_and_decides_the_number_of_classes(cat):
    seven = replace(resnet_viz.PRESETS["resnet20"], num_classes=7)
    module = resnet_viz.build(seven, "random:5")
    names = [f"thing {index}" for index in range(7)]
    state = {f"module.{name}": value for name, value in module.state_dict().items()}
    model = resnet_viz.load("resnet20", state, labels=names)
    before = resnet_viz.capture(model, cat).logits
    with torch.no_grad():
        module.get_parameter("fc.bias").add_(1)
    assert model.config.num_classes == 7
    assert np.array_equal(before, resnet_viz.capture(model, cat).logits)
    assert {score.label for score in resnet_viz.predict(model, cat, 7).top} == set(names)


def test_a_file_is_as_good_as_the_state_dict_in_it(cat, tmp_path):
    module = resnet_viz.build("resnet20", "random:5")
    file, labels = tmp_path / "own.safetensors", tmp_path / "names.txt"
    save_file(module.state_dict(), file)
    labels.write_text("\n".join("abcdefghij"), "utf-8")
    of_file = resnet_viz.load("resnet20", file, labels=labels)
    of_dict = resnet_viz.load("resnet20", module.state_dict(), labels=list("abcdefghij"))
    assert resnet_viz.match(file).config == resnet_viz.match(module.state_dict()).config
    for model in (of_file, of_dict):
        assert model.weights.labels == tuple("abcdefghij")
    one, other = (resnet_viz.capture(model, cat).logits for model in (of_file, of_dict))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "wide_resnet50_2", "resnet56"])
def test_a_checkpoint_is_matched_by_shapes_alone_and_its_names_lead_to_ours(name):
    wanted = replace(resnet_viz.PRESETS[name], num_classes=9)
    with torch.device("meta"):
        state = ResNet(wanted).state_dict()
    theirs = {f"model.module.{key}": tuple(value.shape) for key, value in state.items()}
    found = resnet_viz.match(theirs)
    assert found.fits
    assert found.config == wanted
    assert found.names == {
        f"model.module.{key}": key for key in state if not key.endswith("num_batches_tracked")
    }
    other = resnet_viz.match(theirs, "resnet101")
    assert not other.fits
    assert "layer3.22.conv3.weight" in other.missing


def test_images_are_the_same_however_they_come():
    by_path, by_bytes = resnet_viz.read_image(HEART), resnet_viz.read_image(HEART.read_bytes())
    by_text = resnet_viz.read_image(str(HEART), "my heart")
    with Image.open(HEART) as original:
        by_array = resnet_viz.read_image(np.asarray(original.convert("RGB")))
    for image in (by_bytes, by_text, by_array, resnet_viz.sample("heart")):
        assert np.array_equal(image.rgb, by_path.rgb)
    assert (by_path.name, by_text.name) == ("heart.png", "my heart")
    assert resnet_viz.read_image(by_path) is by_path


def test_every_question_takes_a_path_to_an_image():
    model = resnet_viz.load("shapes")
    assert resnet_viz.predict(model, HEART).top[0].label == "heart"
    assert resnet_viz.capture(model, str(HEART), "layer4")["layer4"].values.shape == (128, 4, 4)
    assert resnet_viz.residual(model, HEART, "layer1.0").total.shape == (16, 32, 32)
    worked = resnet_viz.worked_example(model, HEART, "layer1.0.conv1", strongest=2)
    assert worked.value == pytest.approx(worked.total, abs=1e-5)


def test_a_loaded_model_is_traced_at_its_own_size():
    model = resnet_viz.load("resnet18", "random:0", size=64)
    assert resnet_viz.trace(model).input_size == 64
    assert resnet_viz.trace(model, 96).input_size == 96
    traced = resnet_viz.trace("resnet18", 64)
    assert resnet_viz.trace(model) == traced
    assert resnet_viz.trace(traced) is traced
    assert resnet_viz.trace(traced, 96) == resnet_viz.trace("resnet18", 96)


def test_ablations_do_what_they_say_and_leave_the_network_alone(model, cat):
    before = resnet_viz.capture(model, cat).logits
    halved = resnet_viz.residual(resnet_viz.ablate(model, scale={"layer1.1": 0.5}), cat, "layer1.1")
    assert np.allclose(halved.total, 0.5 * halved.branch + shortcut_of(halved), atol=1e-6)
    cut = resnet_viz.residual(resnet_viz.ablate(model, cut=["layer1.1"]), cat, "layer1.1")
    assert np.array_equal(cut.total, cut.branch)
    swapped = resnet_viz.ablate(model, swap=[("layer3.1", "layer3.2")])
    assert not np.array_equal(resnet_viz.capture(swapped, cat).logits, before)
    assert np.array_equal(resnet_viz.capture(model, cat).logits, before)


def test_a_diagram_names_its_nodes_by_paths():
    drawing = resnet_viz.diagram("resnet18", "layers", within="layer2.0", theme="dark")
    for path in resnet_viz.trace("resnet18").parts("layer2.0").branch:
        assert f'"{path}"' in drawing.source
    assert "#12161c" in drawing.source


WRONG: Any = resnet_viz  # for what a type checker would not let through
MISTAKES: dict[str, tuple[Callable[[Any, Any], object], type[Exception], str]] = {
    "network": (lambda m, i: resnet_viz.trace("resnet19"), ConfigError, "resnet19"),
    "size": (lambda m, i: resnet_viz.trace("resnet18", 5), ConfigError, "5"),
    "format": (lambda m, i: WRONG.table("resnet18", "xml"), ConfigError, "xml"),
    "column": (lambda m, i: resnet_viz.table("resnet18", columns=["cost"]), ConfigError, "cost"),
    "level": (lambda m, i: resnet_viz.diagram(m, "all"), resnet_viz.ExplorerError, "all"),
    "theme": (lambda m, i: WRONG.diagram(m, theme="blue"), ConfigError, "blue"),
    "within": (lambda m, i: resnet_viz.diagram(m, within="fc"), PathError, "fc"),
    "position": (lambda m, i: resnet_viz.receptive_field(m, "layer3", 8), PathError, "8"),
    "layer": (lambda m, i: resnet_viz.capture(m, i, "layer9"), PathError, "layer9"),
    "block": (lambda m, i: resnet_viz.residual(m, i, "conv1"), PathError, "conv1"),
    "channel": (lambda m, i: resnet_viz.worked_example(m, i, "conv1", 16), PathError, "16"),
    "top": (lambda m, i: resnet_viz.predict(m, i, 11), ConfigError, "11"),
    "image": (lambda m, i: resnet_viz.predict(m, "no.png"), ImageError, "no.png"),
    "array": (lambda m, i: WRONG.read_image(np.zeros((9, 9))), ImageError, "float64"),
    "empty": (lambda m, i: resnet_viz.read_image(np.zeros((0, 9, 3), "u1")), ImageError, "0, 9"),
    "sample": (lambda m, i: resnet_viz.sample("dog"), ImageError, "dog"),
    "weights": (lambda m, i: resnet_viz.load("resnet18", "none"), WeightsError, "none"),
    "file": (lambda m, i: resnet_viz.load("resnet18", "no.safetensors"), WeightsError, "no.saf"),
    "labels": (lambda m, i: resnet_viz.load("resnet20", labels=["a"]), WeightsError, "Labels"),
    "names": (
        lambda m, i: resnet_viz.load("resnet20", m.module.state_dict(), labels=["a", "", "b"]),
        WeightsError,
        "Line 2 of the class names is empty",
    ),
    "list": (lambda m, i: resnet_viz.load("resnet20", {}, labels="no.txt"), WeightsError, "no.txt"),
    "other": (
        lambda m, i: resnet_viz.load("resnet32", m.module.state_dict()),
        CheckpointMismatch,
        "resnet20",
    ),
    "stranger": (lambda m, i: resnet_viz.match({"a.weight": (3, 3)}), WeightsError, "no network"),
    "missing": (lambda m, i: resnet_viz.match("no.safetensors"), WeightsError, "cannot be read"),
    "method": (lambda m, i: resnet_viz.explain(m, i, "lime"), MethodError, "lime"),
    "option": (lambda m, i: resnet_viz.explain(m, i, steps=5), MethodError, "steps"),
    "class": (lambda m, i: resnet_viz.explain(m, i, target="dodo"), ClassError, "dodo"),
    "logit": (lambda m, i: resnet_viz.split_logit(m, i, 10), ClassError, "10"),
    "alpha": (lambda m, i: resnet_viz.ablate(m, scale={"layer1.0": 2}), ConfigError, "2"),
    "twice": (
        lambda m, i: resnet_viz.ablate(resnet_viz.ablate(m, cut="layer1.0"), remove="layer2.1"),
        ConfigError,
        "altered already",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence(model, cat, mistake):
    question, error, named = MISTAKES[mistake]
    with pytest.raises(error) as raised:
        question(model, cat)
    assert isinstance(raised.value, resnet_viz.ExplorerError)
    assert named in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_pickle_is_refused_with_the_way_out(tmp_path):
    file = tmp_path / "own.pth"
    torch.save({"weight": torch.zeros(1)}, file)
    with pytest.raises(WeightsError, match="weights convert"):
        resnet_viz.load("resnet20", file)


def test_fewer_names_than_classes_are_said_and_the_rest_numbered():
    state = resnet_viz.build("resnet20", "random:3").state_dict()
    weights = resnet_viz.load("resnet20", state, labels=["a", "b"]).weights
    assert "2 class names for 10 classes" in weights.note
    assert weights.class_names(10)[1:3] == ("b", "class 2")


def test_a_state_dict_of_ones_own_is_asked_as_it_was_trained(cat):
    module = resnet_viz.build("resnet20", "random:3")
    told = {"mean": 0.5, "std": [0.5, 0.25, 0.5], "order": "bgr", "resize": 1}
    model = resnet_viz.load("resnet20", module.state_dict(), preprocessing=told)
    seen = resnet_viz.capture(model, cat, "input")["input"].values  # (3, 32, 32)
    usual = resnet_viz.load("resnet20", module.state_dict())
    before = resnet_viz.capture(usual, cat, "input")["input"].values
    mean, std = usual.weights.preprocessing.mean, usual.weights.preprocessing.std
    red = before[0] * std[0] + mean[0]
    np.testing.assert_allclose(seen[2], (red - 0.5) / 0.5, atol=1e-5)  # the last channel is red
    assert model.weights.preprocessing.channels == ("blue", "green", "red")
    assert model.weights.preprocessing.std == (0.5, 0.25, 0.5)
    assert usual.weights.preprocessing.order == "rgb"
    with pytest.raises(WeightsError, match="a file of your own"):
        resnet_viz.load("resnet20", preprocessing=told)
    with pytest.raises(WeightsError, match="no “gamma”"):
        resnet_viz.load("resnet20", module.state_dict(), preprocessing={"gamma": 2})
