"""The networks in the box: their files, their cards, and how good they really are."""

import hashlib
import json
import os
from dataclasses import asdict

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from resnet_viz.images import (
    DRAWINGS,
    PHOTOGRAPHS,
    ImageInput,
    Preprocessing,
    read_sample,
    to_tensor,
)
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import ResNet, build_meta
from resnet_viz.training import bundle
from resnet_viz.training.card_page import as_markdown
from resnet_viz.training.dataset import ArrayImages
from resnet_viz.training.evaluation import evaluate, logits
from resnet_viz.training.lesion_study import lesion_table
from resnet_viz.training.rendered import Split, rendered
from resnet_viz.training.shapes import FILLED_ONLY, SHAPES, Manner, form
from resnet_viz.training.sources import CIFAR10_VARIABLE, open_dataset
from resnet_viz.training.stencil import Pose, Stencil
from resnet_viz.weights.bundled import read_cards
from resnet_viz.weights.curves import read_curves
from resnet_viz.weights.lesion_table import read_lesions
from resnet_viz.weights.loss_surface import read_surface
from tests.training.drawn import SCENES, scene

CARDS = read_cards(bundle.FOLDER)
DRAWN = tuple(name for name in CARDS if CARDS[name]["dataset"] == "shapes")
PHOTOS = tuple(name for name in CARDS if name not in DRAWN)
WHOLE = Preprocessing.whole(128)
SPREAD = np.arange(0, 10_000, 10)  # test images of all classes, however they are sorted
SEED = 2  # of no image that was ever learned from or looked at: those of the cards have 0
CIFAR10 = os.environ.get(CIFAR10_VARIABLE, "")
CLASSES = tuple(
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
)


def network(name: str) -> ResNet:
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


def test_networks_for_shapes_and_for_photographs_are_bundled():
    assert DRAWN == ("shapes", "shapes_plain")
    assert PHOTOS == ("plain20", "plain56", "resnet20", "resnet56")


@pytest.mark.parametrize("name", DRAWN)
def test_it_tells_fresh_images_apart(name, fresh):
    found = evaluate(network(name), fresh, WHOLE)
    assert found.accuracy >= 0.99
    assert min(share or 0 for share in found.accuracy_by_class) >= 0.9
    # Two samples of one distribution: four standard errors at most between this and the card's.
    error = np.sqrt(2 * 0.01 * 0.99 / len(fresh))
    assert found.accuracy == pytest.approx(CARDS[name]["accuracy"], abs=4 * error)


@pytest.mark.parametrize("ink", ["solid", "felt pen", "fine liner"])
def test_it_knows_clean_black_on_white(ink):
    """Which no training image is exactly: upright, centred, without noise, blur or trembling."""
    width = {"solid": 0.02, "felt pen": 0.03, "fine liner": 0.008}[ink]
    shapes = [s for s in SHAPES if ink == "solid" or s not in FILLED_ONLY]
    how = Manner(ink != "solid", two_tone=False, tremble=0.0, width=width, unevenness=0.0)
    rgb = []
    for shape in shapes:
        cut = form(shape, np.random.default_rng(1), how, Pose(angle=-np.pi / 2), Stencil(128))
        rgb.append(np.repeat((255 * (1 - cut.ink))[..., None], 3, axis=2).astype(np.uint8))
    labels = np.array([SHAPES.index(shape) for shape in shapes])
    answers = logits(network("shapes"), ArrayImages(np.stack(rgb), labels), WHOLE).argmax(dim=1)
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


@pytest.mark.parametrize("name", CARDS)
def test_the_card_is_that_of_the_file_beside_it(name):
    card, config = CARDS[name], PRESETS[name]
    content = (bundle.FOLDER / f"{name}.safetensors").read_bytes()
    assert len(content) <= 3_000_000
    assert card["sha256"] == hashlib.sha256(content).hexdigest()
    assert card["format"] == 2
    assert card["network"] == name
    assert card["config"] == json.loads(json.dumps(asdict(config)))
    assert card["classes"] == list(SHAPES if name in DRAWN else CLASSES)
    assert card["input_size"] == config.input_size
    whole = Preprocessing.whole(config.input_size)
    assert card["preprocessing"] == json.loads(json.dumps(asdict(whole)))
    assert card["samples"] == list(DRAWINGS if name in DRAWN else PHOTOGRAPHS)
    assert (card["licence"], f".training {name} " in card["command"]) == ("MIT", True)


@pytest.mark.parametrize("name", CARDS)
def test_the_cards_accuracy_follows_from_its_confusion_matrix(name):
    card = CARDS[name]
    confusion, classes = np.array(card["confusion"]), len(card["classes"])
    assert confusion.shape == (classes, classes)
    assert confusion.sum() == card["test_images"] == (5_000 if name in DRAWN else 10_000)
    assert card["accuracy"] == pytest.approx(np.trace(confusion) / confusion.sum())
    recall = confusion.diagonal() / confusion.sum(axis=1)
    assert list(card["accuracy_by_class"]) == card["classes"]
    assert list(card["accuracy_by_class"].values()) == pytest.approx(recall.tolist())


@pytest.mark.parametrize("names", [DRAWN, PHOTOS], ids=["shapes", "photographs"])
def test_networks_that_are_compared_had_the_same_recipe_and_seed(names):
    assert len({json.dumps([CARDS[name]["recipe"], CARDS[name]["seed"]]) for name in names}) <= 1
    for name in names:
        points, recipe = read_curves(name).points, CARDS[name]["recipe"]
        assert [point.epoch for point in points] == [*range(1, recipe["epochs"] + 1)]
        assert points[-1].train_loss < points[0].train_loss


def test_the_page_is_that_of_the_cards():
    written = (bundle.FOLDER / "README.md").read_text("utf-8")
    assert written == as_markdown(CARDS, {name: read_curves(name) for name in CARDS})
    for card in CARDS.values():
        assert card["command"] in written
        assert card["sha256"] in written


def test_nothing_else_lies_in_the_box():
    kinds = ("safetensors", "json", "curves.json", "range.safetensors")
    files = {f"{name}.{kind}" for name in CARDS for kind in kinds}
    studies = {f"{name}.lesions.json" for name in PHOTOS}
    studies |= {f"{name}.surface.json" for name in PHOTOS if name.endswith("56")}
    assert {file.name for file in bundle.FOLDER.iterdir()} == {*files, *studies, "README.md"}


def test_the_networks_for_photographs_take_six_megabytes_together():
    files = [file for name in PHOTOS for file in bundle.FOLDER.glob(f"{name}.*")]
    assert sum(file.stat().st_size for file in files) <= 6_000_000


# --- the networks that were trained on photographs ------------------------------------------------


@pytest.mark.parametrize("name", PHOTOS)
def test_the_last_row_of_the_curves_is_what_the_card_says(name):
    """But for rounding: the card is of the stored parameters, which may have half the digits."""
    last, card = read_curves(name).points[-1], CARDS[name]
    assert last.held_out_accuracy == pytest.approx(card["accuracy"], abs=0.001)
    assert last.held_out_loss == pytest.approx(card["test_loss"], rel=0.01)


def test_the_deep_plain_network_is_worse_on_what_it_learned_from_and_the_residual_one_is_not():
    """Degradation, He et al. 2015, figure 6: on training images, so it is not overfitting."""
    error = {name: 1 - CARDS[name]["train_accuracy"] for name in PHOTOS}
    assert error["plain56"] > 1.2 * error["plain20"]
    assert error["resnet56"] < error["resnet20"]
    on_the_way = {name: read_curves(name).points[-1].train_accuracy for name in PHOTOS}
    assert on_the_way["plain56"] < on_the_way["plain20"]
    assert on_the_way["resnet56"] > on_the_way["resnet20"]
    assert CARDS["resnet56"]["accuracy"] >= CARDS["resnet20"]["accuracy"]
    assert CARDS["plain56"]["accuracy"] < CARDS["plain20"]["accuracy"]


@pytest.mark.parametrize("name", ["plain56", "resnet56"])
def test_the_stored_slice_has_the_trained_network_at_its_centre(name):
    surface = read_surface(name)
    assert surface is not None
    assert (surface.network, surface.kind, len(surface.steps)) == (name, "training", 21)
    assert {len(row) for row in surface.losses} == {21}
    assert surface.steps == pytest.approx(np.linspace(-1, 1, 21).tolist())
    # 256 of the 50,000 training images: five standard errors, where the few wrong answers, of about a nat
    # each, make most of a small loss.
    loss = CARDS[name]["train_loss"]
    assert surface.centre == pytest.approx(loss, abs=5 * loss**0.5 / 16)
    assert surface.centre == pytest.approx(min(min(row) for row in surface.losses), rel=0.2)


@pytest.mark.parametrize("name", PHOTOS)
def test_every_block_has_its_gradient_in_every_epoch(name):
    curves = read_curves(name)
    blocks = len(curves.blocks)  # none where gradients were not measured: all, or nothing
    assert blocks in (0, sum(PRESETS[name].repeats))
    assert len(curves.initial_output_gradients) == blocks
    for point in curves.points:
        assert len(point.output_gradients) == len(point.weight_gradients) == blocks
        assert min((*point.output_gradients, *point.weight_gradients), default=1) > 0


@pytest.mark.parametrize("name", PHOTOS)
@torch.no_grad()
def test_drawn_scenes_are_recognised(name):
    """A handful, drawn for this test: no image of the data set may lie in the project."""
    net, right = network(name), 0
    for title in SCENES:
        image = ImageInput(title, scene(title).copy(), title, (256, 256))
        answer = net(to_tensor(image, Preprocessing.whole(32)))[0].argmax()
        right += CLASSES[answer] == title
    assert right >= len(SCENES) - 1


@pytest.fixture(scope="module")
def data():
    return open_dataset(CIFAR10, 32, 0, lambda done, total: None)


@pytest.mark.skipif(not CIFAR10, reason=f"{CIFAR10_VARIABLE} names no folder with CIFAR-10")
class TestOnCifar10:
    """What the files say, measured again on the images themselves."""

    @pytest.mark.parametrize("name", PHOTOS)
    def test_accuracy_is_that_of_the_card(self, name, data):
        found = evaluate(network(name), data.test, Preprocessing.whole(32))
        # The networks learned from a copy as JPEG; the official files differ by JPEG's loss.
        exact = data.name != "cifar10"
        assert found.accuracy == pytest.approx(
            CARDS[name]["accuracy"], abs=0.0005 if exact else 0.01
        )

    @pytest.mark.parametrize("name", PHOTOS)
    def test_errors_without_a_block_are_those_of_the_study(self, name, data):
        table, few = (
            read_lesions(name),
            ArrayImages(data.test.pixels(SPREAD), data.test.labels[SPREAD]),
        )
        assert table is not None
        found = lesion_table(network(name), few, Preprocessing.whole(32), lambda done, total: None)
        assert [block.path for block in found.blocks] == [block.path for block in table.blocks]
        for some, whole in zip(found.blocks, table.blocks, strict=True):
            # 1,000 of the 10,000 images: four standard errors.
            error = np.sqrt(max(whole.error * (1 - whole.error), 0.01) / 1000)
            assert some.error == pytest.approx(whole.error, abs=4 * error)
