"""The networks in the box: their files, their cards, and how good they really are."""

import hashlib
import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from resnet_viz.images import DRAWINGS, Preprocessing, read_sample, to_tensor
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_meta
from resnet_viz.training import bundle
from resnet_viz.training.card import as_markdown
from resnet_viz.training.evaluation import evaluate, logits
from resnet_viz.training.forms import FILLED_ONLY, SHAPES, Manner, form
from resnet_viz.training.sets import PictureSet, Split, rendered
from resnet_viz.training.stencil import Pose, Stencil

NAMES = ("shapes", "shapes_plain")
CARDS = {name: json.loads((bundle.FOLDER / f"{name}.json").read_text("utf-8")) for name in NAMES}
WHOLE = Preprocessing.whole(128)
SEED = 2  # of no picture that was ever learned from or looked at: those of the cards have 0


def network(name: str):
    """Not by way of `resnet_viz.weights`, so that the file itself is tested."""
    module = build_meta(PRESETS[name]).to_empty(device="cpu")
    tensors = load_file(bundle.FOLDER / f"{name}.safetensors")
    missing, unexpected = module.load_state_dict(tensors, strict=False)
    assert all(each.endswith("num_batches_tracked") for each in missing)
    assert unexpected == []
    return module.eval()


@pytest.fixture(scope="module")
def fresh():
    return rendered(Split.TEST, SEED, 5_004, 128)  # 417 of each


@pytest.mark.parametrize("name", NAMES)
def test_it_tells_fresh_pictures_apart(name, fresh):
    found = evaluate(network(name), fresh, WHOLE)
    assert found.accuracy >= 0.99
    assert min(found.accuracy_by_class) >= 0.9
    # Two samples of one distribution: four standard errors at most between this and the card's.
    error = np.sqrt(2 * 0.01 * 0.99 / len(fresh))
    assert found.accuracy == pytest.approx(CARDS[name]["accuracy"], abs=4 * error)


@pytest.mark.parametrize("ink", ["solid", "felt pen", "fine liner"])
def test_it_knows_clean_black_on_white(ink):
    """Which no training picture is exactly: upright, centred, without noise, blur or trembling."""
    width = {"solid": 0.02, "felt pen": 0.03, "fine liner": 0.008}[ink]
    shapes = [s for s in SHAPES if ink == "solid" or s not in FILLED_ONLY]
    how = Manner(ink != "solid", two_tone=False, tremble=0.0, width=width, unevenness=0.0)
    rgb = []
    for shape in shapes:
        cut = form(shape, np.random.default_rng(1), how, Pose(angle=-np.pi / 2), Stencil(128))
        rgb.append(np.repeat((255 * (1 - cut.ink))[..., None], 3, axis=2).astype(np.uint8))
    labels = np.array([SHAPES.index(shape) for shape in shapes])
    answers = logits(network("shapes"), PictureSet(np.stack(rgb), labels), WHOLE).argmax(dim=1)
    assert [SHAPES[answer] for answer in answers] == shapes


@pytest.mark.parametrize("slug", DRAWINGS)
@torch.no_grad()
def test_it_knows_the_samples(slug):
    scores = network("shapes")(to_tensor(read_sample(slug), WHOLE))[0]
    best = [SHAPES[index] for index in scores.argsort(descending=True)]
    if slug == "two_shapes":
        assert set(best[:2]) == {"star", "ring"}
    else:
        assert best[0] == {"drawn": "heart"}.get(slug, slug)


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_that_of_the_file_beside_it(name):
    card, config = CARDS[name], PRESETS[name]
    content = (bundle.FOLDER / f"{name}.safetensors").read_bytes()
    assert len(content) <= 3_000_000
    assert card["sha256"] == hashlib.sha256(content).hexdigest()
    assert card["format"] == 1
    assert card["network"] == name
    assert card["classes"] == list(SHAPES)
    assert (card["input_size"], len(SHAPES)) == (config.input_size, config.num_classes)
    assert card["preprocessing"] == json.loads(json.dumps(asdict(WHOLE)))
    assert card["samples"] == list(DRAWINGS)
    assert (card["licence"], "--plain" in card["command"]) == ("MIT", name == "shapes_plain")


@pytest.mark.parametrize("name", NAMES)
def test_the_cards_accuracy_follows_from_its_confusion_matrix(name):
    card = CARDS[name]
    confusion = np.array(card["confusion"])
    assert confusion.shape == (12, 12)
    assert confusion.sum() == card["test_pictures"] == 5_000
    assert card["accuracy"] == pytest.approx(np.trace(confusion) / confusion.sum())
    recall = confusion.diagonal() / confusion.sum(axis=1)
    assert list(card["accuracy_by_class"]) == card["classes"]
    assert list(card["accuracy_by_class"].values()) == pytest.approx(recall.tolist())


def test_both_curves_are_of_the_same_recipe_and_seed():
    shapes, plain = (CARDS[name] for name in NAMES)
    assert (shapes["recipe"], shapes["seed"]) == (plain["recipe"], plain["seed"])
    for card in (shapes, plain):
        assert [p["epoch"] for p in card["curves"]] == [*range(1, card["recipe"]["epochs"] + 1)]
        assert card["curves"][-1]["train_loss"] < card["curves"][0]["train_loss"]
        assert card["curves"][-1]["validation_accuracy"] >= 0.98


def test_the_page_is_that_of_the_cards():
    written = (bundle.FOLDER / "README.md").read_text("utf-8")
    assert written == as_markdown(CARDS)
    for card in CARDS.values():
        assert card["command"] in written
        assert card["sha256"] in written


def test_nothing_else_lies_in_the_box():
    files = {f"{name}.{kind}" for name in NAMES for kind in ("safetensors", "json")}
    assert {file.name for file in bundle.FOLDER.iterdir()} == {*files, "README.md"}
