"""How images were prepared in training: told in texts, in a header and in a link, and followed."""

import json
import math

import pytest
import torch
from safetensors.torch import save, save_file

from resnet_viz.errors import WeightsError
from resnet_viz.images import Preprocessing, read_sample, to_tensor
from resnet_viz.weights import sources, uploads
from resnet_viz.weights.conversion import convert
from resnet_viz.weights.files import open_weights
from resnet_viz.weights.preparation import UNKNOWN, USUAL, in_header, prepared_as
from tests.weights.files import SMALL, small_network

FAMILY = Preprocessing.imagenet(224)
STATE = small_network().state_dict()


def test_what_nobody_said_is_the_familys():
    assert prepared_as({"mean": "", "order": " "}) == UNKNOWN
    assert UNKNOWN.applied(FAMILY) == FAMILY


def test_one_number_stands_for_all_channels():
    steps = prepared_as({"mean": "0.5", "std": "0.25"}).applied(FAMILY)
    assert (steps.mean, steps.std) == ((0.5,) * 3, (0.25,) * 3)


@pytest.mark.parametrize(
    ("resize", "pixels"),
    [("232", 232), ("0.875", 256), ("0.95", 235), ("0.9", 248), ("1", 224), ("1.0", 224)],
)
def test_a_resize_is_pixels_or_the_crops_share(resize, pixels):
    assert pixels in (int(float(resize)), math.floor(224 / float(resize)))  # timm cuts down
    assert prepared_as({"resize": resize}).applied(FAMILY).resize == pixels


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"mean": "a"}, "mean “a”"),
        ({"mean": "1,2"}, "mean “1,2”"),
        ({"mean": "nan"}, "mean “nan”"),
        ({"mean": "1e309"}, "mean"),
        ({"mean": "Infinity"}, "mean"),
        ({"std": "0"}, "std “0”"),
        ({"std": "-1"}, "std “-1”"),
        ({"range": "2"}, "1 or 255"),
        ({"order": "gbr"}, "rgb or bgr"),
        ({"resize": "-3"}, "resize “-3”"),
        ({"resize": "0.01"}, "resize"),
        ({"resize": "99999"}, "resize"),
        ({"resize": "256.5"}, "resize"),
        ({"interpolation": "<b>"}, "bilinear or bicubic"),
        ({"gamma": "2"}, "no “gamma”"),
        ({"mean": "0." + "1" * 500}, "mean"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(texts, words):
    with pytest.raises(WeightsError, match=words) as refused:
        prepared_as(texts)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("texts", [{"mean": "0.5"}, {"std": "1"}, {"range": "255"}])
def test_mean_std_and_range_are_told_together(texts):
    with pytest.raises(WeightsError, match="belong together"):
        prepared_as(texts).applied(FAMILY)


def test_a_resize_below_the_crop_is_a_sentence():
    with pytest.raises(WeightsError, match="200 pixels is less than the 224"):
        prepared_as({"resize": "200"}).applied(FAMILY)


@pytest.mark.parametrize("name", USUAL)
def test_the_usual_ones_survive_a_link_and_a_header(name):
    usual = USUAL[name]
    assert prepared_as(usual.as_texts()) == usual
    assert in_header({"preprocessing": usual.as_json()}) == (usual, "")
    assert usual.applied(FAMILY).crop == 224


def test_caffes_is_bgr_and_0_to_255():
    image = read_sample("cat")
    steps = USUAL["Caffe"].applied(Preprocessing.imagenet(64))
    red, green, blue = (255 * to_tensor(image, Preprocessing(73, 64, (0,) * 3, (1,) * 3)))[0]
    by_hand = torch.stack([blue - 103.939, green - 116.779, red - 123.68])
    torch.testing.assert_close(to_tensor(image, steps)[0], by_hand, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "told",
    ["", "[", "[1]", "7", '"mean"', "{}", '{"other": 1}', "[" * 9000],
)
def test_a_header_that_says_nothing_takes_nothing_away(told):
    found, complaint = in_header({"preprocessing": told})
    assert found == UNKNOWN
    assert complaint == "" or complaint.endswith(".")
    assert bool(complaint) == (told != "{}")


@pytest.fixture
def described(monkeypatch):
    store = uploads.Store()
    monkeypatch.setattr(uploads, "_STORE", store)

    def describe(metadata=None, chosen="", size=64):
        upload = uploads.accept(save(STATE, metadata), "mine.safetensors")
        return sources.describe(SMALL, f"upload:{upload.id}{chosen}", size)

    yield describe
    store.clear()


def test_a_file_that_tells_its_preprocessing_is_believed(described):
    half = {"mean": 0.5, "std": [0.5, 0.5, 0.5], "interpolation": "bicubic"}
    weights = described({"preprocessing": json.dumps(half)})
    assert weights.preprocessing.mean == weights.preprocessing.std == (0.5,) * 3
    assert weights.preprocessing.interpolation == "bicubic"
    assert "as the file says" in weights.note


def test_who_looks_at_it_has_the_last_word(described):
    weights = described({"preprocessing": '{"mean": 0.5, "std": 0.5}'}, "?order=bgr&mean=0&std=1")
    assert weights.preprocessing.mean == (0.0,) * 3
    assert weights.preprocessing.order == "bgr"
    assert weights.source.endswith("?mean=0%2C0%2C0&std=1%2C1%2C1&order=bgr")
    assert sources.describe(SMALL, weights.key, 64) == weights  # what caches are asked by


def test_a_header_that_cannot_be_followed_is_said_and_the_file_used(described):
    told = {"mean": 0.5, "std": 0.5, "resize": 100}
    weights = described({"preprocessing": json.dumps(told)}, size=128)
    assert weights.preprocessing.mean == (0.5,) * 3
    assert weights.preprocessing.resize == Preprocessing.imagenet(128).resize
    assert "header says of preprocessing is not used" in weights.note


def test_weights_with_a_card_have_their_own():
    with pytest.raises(WeightsError, match="a file of your own"):
        sources.describe(SMALL, "random:0?mean=0.5&std=0.5", 64)


def test_a_conversion_keeps_and_adds_what_is_known(tmp_path):
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    source = tmp_path / "a.pth"
    torch.save(STATE, source)
    convert(source, first, preparation=prepared_as({"mean": "0.5", "std": "0.5"}))
    convert(first, second, preparation=prepared_as({"order": "bgr"}))
    found = open_weights(second).preparation
    assert (found.mean, found.std, found.order) == ((0.5,) * 3, (0.5,) * 3, "bgr")


def test_a_file_without_metadata_gets_none(tmp_path):
    save_file(STATE, tmp_path / "a.safetensors")
    convert(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    assert open_weights(tmp_path / "b.safetensors").preparation == UNKNOWN
