"""Maps of attribution against published numbers, formulas, finite differences and work by hand."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from resnet_viz.analysis.attribution import METHODS, make_method
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.grad_cam import GradCam
from resnet_viz.analysis.attribution.hires_cam import HiResCam
from resnet_viz.analysis.attribution.integrated_gradients import IntegratedGradients
from resnet_viz.analysis.attribution.layer_cam import LayerCam
from resnet_viz.analysis.attribution.method import LayerMethod, PixelMethod, evidence
from resnet_viz.analysis.attribution.occlusion import Occlusion, on_pixels
from resnet_viz.analysis.attribution.passes import Passes
from resnet_viz.analysis.attribution.records import ClassLogit, Completeness, Heatmap
from resnet_viz.analysis.attribution.target import find_class, score
from resnet_viz.analysis.attribution.target_layer import last_stage
from resnet_viz.analysis.double import in_double
from resnet_viz.analysis.forward import prepared, record_io, traced
from resnet_viz.analysis.receptive_field import Field
from resnet_viz.errors import ClassError, ConfigError, MethodError, PathError
from resnet_viz.images import read_sample, to_tensor
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load
from tests.analysis.networks import ALL, BASIC, CAT, PLAIN, RESNET20, ZERO_PAD, network
from tests.analysis.toys import counted, one_conv

CLASS = 3
each_network = pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)


def ours(
    loaded: LoadedModel,
    slug: str = "grad_cam",
    layer: str = "",
    part: str = "",
    target: int | None = CLASS,
    **options: Any,
) -> Heatmap:
    return attribute(loaded, CAT, make_method(slug, options), layer, part, target, precise=True)


def colours(found: Heatmap) -> np.ndarray:
    assert found.colours is not None
    return found.colours


def input_of(loaded: LoadedModel) -> torch.Tensor:
    return to_tensor(CAT, loaded.weights.preprocessing).double()


def classifier(network: ResNet, loaded: LoadedModel) -> tuple[torch.Tensor, torch.Tensor]:
    layer = network.get_submodule(traced(loaded).classifier.path)
    return layer.get_parameter("weight"), layer.get_parameter("bias")


# Published numbers


@pytest.mark.parametrize(
    ("path", "published", "channels"),
    [
        (
            "conv1",
            [[11.25, 13.5], [20.25, 22.5]],
            [[[-3.75, 3], [23.25, 30]], [[15, 10.5], [-3, -7.5]]],
        ),
        ("relu1", [[0, 4], [28, 32.5]], None),
    ],
)
def test_grad_cam_of_captums_toy_network_has_the_published_numbers(path, published, channels):
    seen = evidence(one_conv(), counted(), path, 0)
    found = GradCam().find(seen)
    assert found.values.tolist() == published
    assert found.weights is not None
    if channels:
        assert (found.weights[:, None, None] * seen.activations).tolist() == channels
    assert seen.logit == 54


def test_the_other_maps_of_that_network_by_hand():
    """Behind the ReLU the gradients are the classifier's row: four 1, then 1 and three −1."""
    seen = evidence(one_conv(), counted(), "relu1", 0)
    assert seen.activations.tolist() == [[[0, 4], [31, 40]], [[0, 0], [6, 15]]]
    assert HiResCam().find(seen).values.tolist() == [[0, 4], [25, 25]]
    assert HiResCam().find(seen).values.sum() == seen.logit
    assert LayerCam().find(seen).values.tolist() == [[0, 4], [31, 40]]


# The last stage, where maps, mean and classifier are linear


@each_network
def test_at_the_last_stage_grad_cam_is_cam_and_hires_cam_adds_up_to_the_logit(config):
    loaded = network(config)
    stage = last_stage(traced(loaded))
    weight, bias = classifier(in_double(loaded).module, loaded)
    grad, cam, hires = (ours(loaded, slug, stage) for slug in ("grad_cam", "cam", "hires_cam"))
    assert grad.weights is not None
    np.testing.assert_allclose(grad.weights, weight[CLASS] / grad.values.size, rtol=1e-12)
    np.testing.assert_allclose(grad.values, cam.values / cam.values.size, rtol=0, atol=1e-14)
    np.testing.assert_allclose(grad.values, hires.values, rtol=0, atol=1e-14)
    assert hires.values.sum() + float(bias[CLASS]) == pytest.approx(hires.target.logit, abs=1e-12)
    assert cam.values.mean() + float(bias[CLASS]) == pytest.approx(cam.target.logit, abs=1e-12)
    for found in (cam, hires):
        assert found.completeness
        assert abs(found.completeness.gap) < 1e-12


@each_network
def test_cam_is_refused_elsewhere_and_says_where_it_is(config):
    loaded = network(config)
    trace = traced(loaded)
    stage = last_stage(trace)
    last = trace.blocks(stage)[-1].path
    same = [stage, last, trace.producer(stage)]
    maps = [ours(loaded, "cam", path).values for path in same]
    assert all(np.array_equal(each, maps[0]) for each in maps)
    for path, part in ((trace.stages()[0].path, ""), (trace.layers[0].path, ""), (last, "sum")):
        with pytest.raises(MethodError, match=f"at the output of {stage}, and not at"):
            ours(loaded, "cam", path, part)


# Any layer, against torch


@pytest.mark.parametrize("config", [BASIC, ZERO_PAD, PLAIN], ids=lambda c: c.name)
def test_a_layers_gradients_are_those_of_a_network_that_begins_behind_it(config):
    """Without a hook: the rest of the network is run on the stage's own output."""
    loaded = network(config)
    twin, trace = in_double(loaded).module, traced(loaded)
    for stage in trace.stages():
        with torch.no_grad(), record_io(twin, [stage.path]) as seen:
            logits = twin(input_of(loaded))
        maps = seen[stage.path].output.clone().requires_grad_()
        names = [name for name, _ in twin.named_children()]
        rest = list(twin.children())[names.index(stage.path) + 1 :]
        value = maps
        for module in rest:
            value = module(value)
        value[0, CLASS].backward()  # type: ignore[no-untyped-call]
        assert maps.grad is not None
        alpha = maps.grad[0].mean(dim=(1, 2))
        values, gradient = maps.detach()[0], maps.grad[0]
        grad, hires, layer = (
            ours(loaded, slug, stage.path) for slug in ("grad_cam", "hires_cam", "layer_cam")
        )
        by_hand = (alpha[:, None, None] * values).sum(0)
        np.testing.assert_allclose(grad.values, by_hand, rtol=0, atol=1e-13)
        np.testing.assert_allclose(hires.values, (gradient * values).sum(0), rtol=0, atol=1e-13)
        positive = (gradient.relu() * values).sum(0)
        np.testing.assert_allclose(layer.values, positive, rtol=0, atol=1e-13)
        assert grad.target.logit == pytest.approx(float(logits[0, CLASS]), abs=1e-12)


@pytest.mark.parametrize("path", ["layer1.0", "layer2.0"])
def test_branch_shortcut_sum_and_output_of_a_block_are_told_apart(path):
    """The sum's gradient is that of both its terms, so that their maps add up to the sum's."""
    loaded = network(BASIC)
    maps = {
        part: ours(loaded, "hires_cam", path, part)
        for part in ("branch", "shortcut", "sum", "output")
    }
    together = maps["branch"].values + maps["shortcut"].values
    np.testing.assert_allclose(maps["sum"].values, together, rtol=0, atol=1e-13)
    np.testing.assert_allclose(maps["output"].values, maps["sum"].values, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(ours(loaded, "hires_cam", path).values, maps["output"].values)
    grad = {part: ours(loaded, "grad_cam", path, part).values for part in maps}
    assert not np.allclose(grad["output"], grad["sum"])  # its gate changes the mean gradient
    assert maps["shortcut"].field.size < maps["branch"].field.size


def test_a_random_map_knows_the_maps_and_not_the_class():
    loaded = network(BASIC)
    one, other = (ours(loaded, "random_cam", target=target) for target in (0, 5))
    assert np.array_equal(one.values, other.values)
    assert not np.array_equal(one.values, ours(loaded, "random_cam", seed=1).values)
    assert one.weights is not None
    assert np.abs(one.weights).max() <= 1


# Pixels


def moved(loaded: LoadedModel, at: tuple[int, int, int], step: float) -> float:
    """The logit's slope at one value of the image, by two plain forward passes in float64."""
    twin, input_tensor = in_double(loaded).module, input_of(loaded)
    values = []
    for sign in (1, -1):
        changed = input_tensor.clone()
        changed[(0, *at)] += sign * step
        with torch.no_grad():
            values.append(float(twin(changed)[0, CLASS]))
    return (values[0] - values[1]) / (2 * step)


@pytest.mark.parametrize("config", [BASIC, RESNET20], ids=lambda c: c.name)
def test_the_gradient_is_what_a_small_change_of_a_pixel_does(config):
    loaded = network(config)
    found = ours(loaded, "gradient")
    assert found.colours is not None
    for place in ((0, 5, 7), (1, 20, 11), (2, 30, 30), tuple(np.argwhere(found.colours > 0)[9])):
        assert found.colours[place] == pytest.approx(moved(loaded, place, 1e-6), rel=1e-4, abs=1e-9)
    np.testing.assert_allclose(found.values, found.colours.sum(axis=0), rtol=0, atol=1e-15)
    times = ours(loaded, "input_x_gradient")
    np.testing.assert_allclose(
        colours(times), input_of(loaded)[0].numpy() * found.colours, atol=1e-15
    )
    assert (found.layer, found.field) == ("input", Field(1, 1, 0.0))


def test_smooth_grad_is_the_mean_gradient_of_noisy_images():
    loaded = network(BASIC)
    quiet = ours(loaded, "smooth_grad", samples=3, noise=0.0)
    np.testing.assert_allclose(colours(quiet), colours(ours(loaded, "gradient")), atol=1e-15)
    found = ours(loaded, "smooth_grad", samples=11, noise=0.2, seed=4)
    twin, input_tensor = in_double(loaded).module, input_of(loaded)
    sigma = 0.2 * float(input_tensor.max() - input_tensor.min())
    generator, total = torch.Generator().manual_seed(4), torch.zeros_like(input_tensor)
    for _ in range(11):
        noisy = (
            input_tensor + sigma * torch.randn(input_tensor.shape[1:], generator=generator).double()
        )
        noisy.requires_grad_()
        total += torch.autograd.grad(twin(noisy)[0, CLASS], noisy)[0]
    np.testing.assert_allclose(colours(found), total[0] / 11, rtol=0, atol=1e-14)
    assert not np.array_equal(found.values, ours(loaded, "smooth_grad", samples=11).values)
    assert dict(found.options) == {"samples": 11, "noise": 0.2, "seed": 4}


@pytest.mark.parametrize("baseline", ["mean", "black", "white"])
def test_integrated_gradients_come_to_the_difference_of_the_logits_the_closer_the_more_steps(
    baseline,
):
    loaded = network(RESNET20)
    p, input_tensor = loaded.weights.preprocessing, input_of(loaded)
    level = {"mean": torch.tensor(p.mean), "black": torch.zeros(3), "white": torch.ones(3)}[
        baseline
    ]
    flat = ((level - torch.tensor(p.mean)) / torch.tensor(p.std)).double().view(1, 3, 1, 1)
    with torch.no_grad():
        both = in_double(loaded).module(torch.cat([input_tensor, flat.expand_as(input_tensor)]))[
            :, CLASS
        ]
    gaps = []
    for steps in (4, 300):
        found = ours(loaded, "integrated_gradients", steps=steps, baseline=baseline)
        assert found.completeness
        assert found.completeness.expected == pytest.approx(float(both[0] - both[1]), abs=1e-6)
        assert found.completeness.total == pytest.approx(found.values.sum(), abs=1e-12)
        gaps.append(abs(found.completeness.gap))
    assert gaps[1] < 0.02 * max(1, abs(float(both[0] - both[1])))
    assert gaps[1] < gaps[0]


def test_integrated_gradients_of_a_flat_background_are_those_of_one_image_after_another():
    """Where the maximum of equal values lies is rounding, which must not depend on how many go at once."""
    loaded, star = load(PRESETS["shapes"], "bundled", 128), read_sample("star")
    found = attribute(
        *(loaded, star, make_method("integrated_gradients", {"steps": 6})), target=1, precise=True
    )
    twin, x = in_double(loaded).module, prepared(in_double(loaded), star)
    mean = torch.zeros_like(x)
    for node, weight in zip(*np.polynomial.legendre.leggauss(6), strict=True):
        between = (float(node + 1) / 2 * x).requires_grad_()
        mean += weight / 2 * torch.autograd.grad(twin(between)[0, 1], between)[0]
    np.testing.assert_allclose(found.values, (mean * x)[0].sum(dim=0), rtol=0, atol=1e-9)


class TwoInputs(torch.nn.Module):
    """captum's `BasicModel2`: ReLU(ReLU(x₁) − 1 − ReLU(x₂)) for an image of one row and two columns."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, second = F.relu(x[:, 0, 0]).T  # (N,) each
        return F.relu(first - 1 - second)[:, None]


def test_integrated_gradients_of_captums_toy_have_the_published_numbers():
    """1.5 and −0.5 for the input (3, 1), in `test_integrated_gradients_basic.py`."""
    toy, input_tensor = TwoInputs(), torch.tensor([[[[3.0, 1.0]]]])
    passes = Passes(
        lambda inputs, forward: forward(toy, inputs),
        input_tensor,
        index=0,
        logit=1.0,
        batch=7,
        fills={"mean": torch.zeros(1, 1, 1, 1)},
    )
    found = IntegratedGradients(steps=50).find(passes)
    np.testing.assert_allclose(found.values, [[1.5, -0.5]], atol=1e-6)
    assert found.completeness
    assert found.completeness.gap == pytest.approx(0, abs=1e-6)
    assert "a gap of 0.25" in Completeness(1.0, 0.75, "the logit").sentence


@pytest.mark.parametrize(("patch", "stride"), [(16, 16), (20, 12), (16, 7)])
def test_occlusion_is_what_covering_a_square_by_hand_costs(patch, stride):
    loaded = network(BASIC)
    found = ours(loaded, "occlusion", patch=patch, stride=stride, baseline="black")
    twin, input_tensor, p = in_double(loaded).module, input_of(loaded), loaded.weights.preprocessing
    black = -torch.tensor(p.mean, dtype=torch.float64) / torch.tensor(p.std, dtype=torch.float64)
    rows = -(-(64 - patch) // stride) + 1
    assert found.size == (rows, rows)
    for row, column in ((0, 0), (1, 2), (rows - 1, rows - 1), (rows - 1, 0)):
        covered = input_tensor.clone()
        top, left = row * stride, column * stride
        covered[0, :, top : top + patch, left : left + patch] = black[:, None, None]
        with torch.no_grad():
            drop = float(twin(input_tensor)[0, CLASS] - twin(covered)[0, CLASS])
        assert found.values[row, column] == pytest.approx(drop, abs=1e-6)
        box = (left, top, min(64, left + patch), min(64, top + patch))
        assert found.box(row, column) == box
    pixels = on_pixels(found)
    assert pixels[0, 0] == pytest.approx(found.values[0, 0])
    if (patch, stride) == (20, 12):  # pixel 13 lies under the first two squares
        assert pixels[0, 13] == pytest.approx(found.values[0, :2].mean())


def test_the_patch_suits_the_image_when_nobody_chooses_one():
    assert Occlusion().window(224) == Field(32, 16, 15.5)
    assert Occlusion().passes(224) == 13**2
    assert Occlusion().rows(32) == len(range(0, 32 - 5 + 2, 2))


# Where the values lie


def test_positions_lie_at_the_centres_of_their_receptive_fields():
    loaded = load(PRESETS["resnet18"], "random:0", 224)
    place = traced(loaded)["layer4"].field
    heat = heatmap(np.eye(7), place, 224)
    assert heat.centre(0, 0) == (0.5, 0.5)
    assert heat.centre(3, 5) == (160.5, 96.5)  # a stretched map has position 3 on pixel 112
    assert heat.cell(1, 1) == (16.5, 16.5, 48.5, 48.5)
    left, top, right, bottom = heat.box(3, 3)
    assert (left, top, right, bottom) == (0, 0, 224, 224)  # 435 pixels wide before it is cut


def test_on_the_image_the_values_stand_at_their_centres_with_straight_lines_between():
    values = np.array([[0.0, 1.0], [2.0, 4.0]])
    image = heatmap(values, Field(9, 8, 3.0), 16).on_image()
    assert image.shape == (16, 16)
    assert [image[3, 3], image[3, 11], image[11, 3], image[11, 11]] == [0, 1, 2, 4]
    assert image[3, 7] == 0.5
    assert image[7, 7] == 1.75
    assert image[0, 0] == 0
    assert image[15, 15] == 4
    np.testing.assert_array_equal(heatmap(np.ones((1, 1)), Field(99, 32, 0.0), 8).on_image(), 1)


def heatmap(values: np.ndarray, place: Field, side: int) -> Heatmap:
    return Heatmap("grad_cam", "layer4", "", ClassLogit(0, "star", 1.0, 0.5), values, place, side)


# No evidence is said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([[-1.0, -2.0]], "every value is zero or below, from -2 to -1"),
        ([[0.0, 0.0]], "the map is 0 everywhere"),
        ([[0.5, 0.5]], "the map is 0.5 everywhere and so prefers no place"),
        ([[3.0]], "the map is 3 everywhere"),
        ([[0.0, -2.0]], "every value is zero or below"),
    ],
)
def test_a_map_without_evidence_says_so(values, said):
    found = heatmap(np.array(values), Field(), 2)
    assert not found.has_evidence
    assert found.note.startswith("There is no positive evidence for star at layer4: ")
    assert said in found.note
    assert heatmap(np.array([[0.1, -5.0]]), Field(), 2).note == ""


def test_a_layer_that_is_switched_off_has_no_evidence():
    private = in_double(network(BASIC))
    with torch.no_grad():
        norm = private.module.get_submodule("bn1")
        norm.get_parameter("weight").zero_()
        norm.get_parameter("bias").fill_(-1)
    found = attribute(private, CAT, GradCam(), "relu", target=CLASS)
    assert found.range == (0, 0)
    assert "no positive evidence" in found.note


# Classes


def test_a_class_is_found_by_number_name_or_as_the_most_probable():
    names = ("cat", "Dog", "7", "crane", "crane")
    assert find_class(names, None) is None
    assert [find_class(names, each) for each in (1, "dog", "Cat ", "7", "0")] == [1, 1, 0, 2, 0]
    for wrong, said in ((5, "class 5"), (-1, "class -1"), ("crane", "3, 4"), ("ca", "“ca”")):
        with pytest.raises(ClassError, match=said):
            find_class(names, wrong)
    many = tuple(f"thing {n}" for n in range(1000))
    with pytest.raises(ClassError, match="thing 12"):
        find_class(many, "thng 12")


def test_a_network_with_one_logit_explains_its_class_and_the_complement():
    config = ResNetConfig("one", repeats=(1, 1, 1), width=8, num_classes=1)
    loaded = load(config, "random:0", 64)
    yes, no = (ours(loaded, "hires_cam", target=target) for target in (0, 1))
    np.testing.assert_array_equal(yes.values, -no.values)
    assert yes.target.logit == -no.target.logit
    assert yes.target.probability == pytest.approx(1 / (1 + np.exp(-yes.target.logit)))
    assert yes.target.probability + no.target.probability == pytest.approx(1)
    assert ours(loaded, target=None).target.index == (0 if yes.target.logit >= 0 else 1)
    assert no.completeness
    assert abs(no.completeness.gap) < 1e-12
    assert float(score(torch.tensor([[2.0]]), 1)[0]) == -2


def test_without_a_class_it_is_the_most_probable_one():
    loaded = load(PRESETS["shapes"], "bundled", 128)
    for slug in ("grad_cam", "gradient"):
        found = attribute(loaded, CAT, make_method(slug))
        with torch.no_grad():
            odds = loaded.module(to_tensor(CAT, loaded.weights.preprocessing)).softmax(1)[0]
        assert found.target.index == int(odds.argmax())
        assert found.target.label == loaded.weights.labels[found.target.index]
        assert found.target.probability == pytest.approx(float(odds.max()), rel=1e-5)
        assert found.values.dtype == np.float32


# The table of methods


@pytest.mark.parametrize("slug", METHODS)
def test_every_method_says_in_a_sentence_what_it_shows_and_what_not(slug):
    method = METHODS[slug]()
    assert method.slug == slug
    for sentence in (method.shows, method.hides):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert 40 < len(sentence) < 240
    assert method.title
    assert method.source
    assert isinstance(method, LayerMethod) != isinstance(method, PixelMethod)
    assert hash(method) == hash(METHODS[slug]())
    assert set(method.options) == {each.name for each in fields(method)}


@pytest.mark.parametrize(
    ("slug", "options", "said"),
    [
        ("nothing", {}, "no method “nothing”"),
        ("grad_cam", {"steps": 5}, "no option “steps”; it has none"),
        ("smooth_grad", {"steps": 5}, "its options are samples, noise, seed"),
        ("smooth_grad", {"samples": 0}, "Samples 0"),
        ("smooth_grad", {"noise": float("nan")}, "Noise nan"),
        ("smooth_grad", {"seed": -1}, "Seed -1"),
        ("integrated_gradients", {"steps": 1.5}, "cannot be 1.5"),
        ("integrated_gradients", {"baseline": "blue"}, "no baseline “blue”"),
        ("occlusion", {"patch": "big"}, "cannot be 'big'"),
    ],
)
def test_an_option_that_is_none_is_one_sentence(slug, options, said):
    with pytest.raises(MethodError, match=said) as raised:
        make_method(slug, options)
    assert str(raised.value).count("\n") == 0


@pytest.mark.parametrize(
    ("slug", "layer", "part", "error", "said"),
    [
        ("grad_cam", "layer9", "", PathError, "layer9"),
        ("grad_cam", "fc", "", MethodError, "7 numbers that lie nowhere"),
        ("grad_cam", "input", "", MethodError, "no layer"),
        ("grad_cam", "layer1", "branch", MethodError, "no block"),
        ("grad_cam", "layer1.0", "trunk", MethodError, "no part “trunk”"),
        ("gradient", "layer1", "", MethodError, "knows no layer"),
        ("occlusion", "", "sum", MethodError, "knows no layer"),
    ],
)
def test_a_place_without_an_answer_is_one_sentence(slug, layer, part, error, said):
    with pytest.raises(error, match=said):
        ours(network(BASIC), slug, layer, part)


def test_a_plain_block_has_no_shortcut_to_ask():
    with pytest.raises(MethodError, match="plain block"):
        ours(network(PLAIN), "grad_cam", "layer1.0", "shortcut")
    branch = ours(network(PLAIN), "grad_cam", "layer1.0", "branch")
    assert np.array_equal(branch.values, ours(network(PLAIN), layer="layer1.0", part="sum").values)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"patch": 65}, "does not fit an image of 64"),
        ({"patch": 8, "stride": 9}, "gaps between patches of 8; choose at most 8"),
    ],
)
def test_patches_that_make_no_sense_are_refused(options, said):
    with pytest.raises(MethodError, match=said):
        ours(network(BASIC), "occlusion", **options)


def test_a_pooled_map_is_one_position():
    found = ours(network(BASIC), "grad_cam", "avgpool")
    assert found.size == (1, 1)
    assert not found.has_evidence


def test_too_many_passes_are_refused_with_what_would_do():
    loaded = load(PRESETS["resnet18"], "random:0", 224)
    with pytest.raises(ConfigError, match=r"choose a stride of at least (\d+) pixels") as refused:
        attribute(loaded, CAT, Occlusion(patch=32, stride=1))
    assert "passes" in str(refused.value)
