"""torchvision's checkpoints: the table, the names of the classes, and the way into a network."""

import io

import pytest
import torch

from resnet_viz.errors import WeightsError
from resnet_viz.images import PHOTOGRAPHS
from resnet_viz.images.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_meta, build_random
from resnet_viz.weights import checkpoints, imagenet
from resnet_viz.weights.checkpoints import CHECKPOINTS, MB, published
from resnet_viz.weights.download import start
from resnet_viz.weights.imagenet import ImageNetSource, NotDownloaded, imagenet_labels
from tests.references import TORCHVISION
from tests.weights.shelf import BOUND

SOURCE = ImageNetSource()
NARROW = ResNetConfig("narrow", repeats=(1, 1, 1, 1), width=16, num_classes=10)


def test_the_table_has_every_network_of_the_references():
    assert {checkpoint.network for checkpoint in CHECKPOINTS} == set(TORCHVISION)
    assert len(set(CHECKPOINTS)) == len({c.file for c in CHECKPOINTS}) == 17
    only_v1 = {name for name in TORCHVISION if len(published(name)) == 1}
    assert only_v1 == {"resnet18", "resnet34", "resnext101_64x4d"}


@pytest.mark.parametrize("name", TORCHVISION)
def test_every_preset_of_the_table_has_as_many_parameters_as_published(name):
    network = build_meta(PRESETS[name])
    assert sum(p.numel() for p in network.parameters()) == TORCHVISION[name][0]


@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda c: c.file)
def test_sizes_are_those_of_the_parameters(checkpoint):
    """Four bytes a parameter, plus statistics and names; the first wide networks are in halves."""
    params = TORCHVISION[checkpoint.network][0]
    halves = checkpoint.network.startswith("wide") and checkpoint.version == "v1"
    assert checkpoint.size == pytest.approx(params * (2 if halves else 4), rel=0.01)
    assert checkpoint.size_mb == pytest.approx(checkpoint.size / MB, abs=1e-6)


@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda c: c.file)
def test_a_row_of_the_table_is_sound(checkpoint):
    assert checkpoint.url.startswith("https://download.pytorch.org/models/")
    assert checkpoint.file == f"{checkpoint.network}-{checkpoint.sha256_prefix}.pth"
    assert len(bytes.fromhex(checkpoint.sha256_prefix)) == 4
    assert (checkpoint.resize, checkpoint.crop) in ((256, 224), (232, 224))
    assert 69 < checkpoint.acc1 < checkpoint.acc5 < 97
    assert checkpoint.recipe.startswith("https://github.com/pytorch/vision/")


@pytest.mark.parametrize("name", TORCHVISION)
def test_the_most_accurate_version_is_the_first_choice(name):
    scores = [SOURCE.checkpoint(PRESETS[name], v).acc1 for v in SOURCE.options(PRESETS[name])]
    assert scores == sorted(scores, reverse=True)
    assert SOURCE.checkpoint(PRESETS[name], "") == published(name)[0]


def test_a_thousand_classes_in_the_order_of_the_index():
    labels = imagenet_labels()
    assert len(labels) == 1000
    known = {0: "tench", 207: "golden retriever", 281: "tabby", 282: "tiger cat"}
    assert {index: labels[index] for index in known} == known
    assert labels[999] == "toilet tissue"
    assert all(label == label.strip() != "" for label in labels)


def test_size_name_and_initialisation_play_no_role():
    changed = ResNetConfig("mine", zero_init=True, input_size=320)
    assert SOURCE.options(changed) == ("v1",)
    assert SOURCE.options(ResNetConfig("resnet18", num_classes=10)) == ()
    assert SOURCE.options(PRESETS["walkthrough"]) == ()


def test_what_the_sidebar_says():
    weights = SOURCE.describe(PRESETS["resnet50"], 224, "v2")
    assert weights.source == "imagenet:v2"
    assert weights.label == "ImageNet-1k, V2 (torchvision)"
    assert weights.trained
    assert "80.9 %" in weights.note
    assert "BSD-3-Clause" in weights.licence
    assert weights.sha256 == "11ad3fa6"
    assert weights.class_name(281) == "tabby"
    assert weights.samples == PHOTOGRAPHS


@pytest.mark.parametrize(
    ("version", "size", "resize"), [("v1", 224, 256), ("v2", 224, 232), ("v2", 448, 464)]
)
def test_images_are_prepared_as_published(version, size, resize):
    p = SOURCE.describe(PRESETS["resnet50"], size, version).preprocessing
    assert (p.resize, p.crop, p.mean, p.std) == (resize, size, IMAGENET_MEAN, IMAGENET_STD)


@pytest.mark.parametrize("size", [32, 33, 61, 1024])
def test_any_input_size_can_be_prepared(size):
    assert SOURCE.describe(PRESETS["resnet101"], size, "v2").preprocessing.crop == size


@pytest.mark.parametrize(
    ("config", "option", "named"),
    [
        (PRESETS["resnet18"], "v2", "resnet18's"),
        (PRESETS["resnet20"], "", "resnet18, resnet34"),
        (PRESETS["plain18"], "v1", "resnet18, resnet34"),
    ],
)
def test_what_is_not_published_is_said(config, option, named):
    for question in (SOURCE.describe, lambda c, _, o: SOURCE.build(c, o)):
        with pytest.raises(WeightsError, match=named):
            question(config, 224, option)


def test_a_file_that_is_not_here_tells_how_to_get_it(folder):
    assert not SOURCE.is_available(PRESETS["resnet50"], "v2")
    with pytest.raises(NotDownloaded, match=r"102\.5 MB.*weights fetch resnet50`") as best:
        SOURCE.build(PRESETS["resnet50"], "v2")
    assert best.value.checkpoint.file == "resnet50-11ad3fa6.pth"
    with pytest.raises(NotDownloaded, match=r"weights fetch resnet50 --version v1`"):
        SOURCE.build(PRESETS["resnet50"], "v1")


def test_a_damaged_file_is_named_and_not_read(folder):
    folder.mkdir(parents=True)
    (folder / "resnet18-f37072fd.pth").write_bytes(b"no checkpoint")
    assert SOURCE.is_available(PRESETS["resnet18"], "v1")
    with pytest.raises(WeightsError, match=r"resnet18-f37072fd\.pth is damaged.*--version v1"):
        SOURCE.build(PRESETS["resnet18"], "v1")


@pytest.mark.parametrize("halves", [False, True], ids=["float32", "float16"])
@pytest.mark.parametrize("archive", [True, False], ids=["zip", "before-zip"])
def test_served_fetched_and_loaded_it_gives_the_same_scores(
    shelf, folder, monkeypatch, archive, halves
):
    """The published files are of all these kinds."""
    original = build_random(NARROW, seed=5)
    original.to(torch.float16 if halves else torch.float32)
    file = io.BytesIO()
    torch.save(original.state_dict(), file, _use_new_zipfile_serialization=archive)
    original.float()
    shelf.body = file.getvalue()
    checkpoint = shelf.checkpoint("narrow")
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", (checkpoint,))
    monkeypatch.setattr(imagenet, "PRESETS", {"narrow": NARROW})

    with pytest.raises(NotDownloaded) as missing:
        SOURCE.build(NARROW, "v1")
    assert start(missing.value.checkpoint).wait(BOUND).state == "done"
    assert SOURCE.is_available(NARROW, "v1")
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(SOURCE.build(NARROW, "v1")(images), original(images))
