"""The short answers beside numbers: asked where they are true, with this network's numbers."""

import re

import pytest

from resnet_viz.analysis.trace import trace
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui.shared import why
from resnet_viz.weights.checkpoints import published
from tests.ui.test_pages import problems, texts


def questions(name: str, path: str, size: int | None = None) -> list[str]:
    """What a layer of a preset makes one ask."""
    return [note.question for note in why.of_layer(trace(PRESETS[name], size), path) if note]


@pytest.mark.parametrize(
    ("name", "path", "asked"),
    [
        ("resnet50", "layer1.0", ["Why 64-64-256?", "Why a projection at stride 1?"]),
        ("resnet50", "layer1", ["Why 64-64-256?", "Why a projection at stride 1?"]),
        ("resnet50", "layer1.0.downsample.0", ["Why a projection at stride 1?"]),
        ("resnet50", "layer1.1", ["Why 64-64-256?"]),
        ("resnet50", "layer1.1.conv2", []),
        ("wide_resnet50_2", "layer1.1", ["Why 128-128-256?"]),
        ("resnet50", "layer4.2", ["Why 427 px in an image of 224?", "Why 512-512-2048?"]),
        ("resnet18", "layer1.0", []),
        ("resnet18", "layer4.1", ["Why 435 px in an image of 224?"]),
        ("resnet18", "layer2.0", []),
        ("plain18", "conv1", []),
    ],
)
def test_a_question_is_asked_where_its_number_is(name, path, asked):
    assert questions(name, path) == asked


def test_a_larger_image_holds_the_receptive_field():
    assert questions("resnet18", "layer4.1", 448) == []


@pytest.mark.parametrize("name", PRESETS)
def test_no_answer_has_a_gap_or_a_number_that_was_not_filled_in(name):
    network = trace(PRESETS[name])
    notes = [why.depth(network), why.costs(network)]
    for row in network.layers:
        notes += why.of_layer(network, row.path)
    for note in filter(None, notes):
        assert not re.search(r"[{}]|\b0 projections", note.answer)
    (depth,) = [note for note in notes if note and note.question == f"Why {PRESETS[name].depth}?"]
    assert f"**{PRESETS[name].depth}**" in depth.answer


def test_the_two_costs_of_resnet50_are_the_papers_and_torchvisions(open_page):
    for slug in ("overview", "layers"):
        app = open_page(slug, model="resnet50")
        assert problems(app) == []
        said = texts(app)
        assert "53 convolutions + 1 classifier − 4 projections = **50**" in said
        assert "**3.858 G** multiply-adds instead of **4.089 G**" in said
        assert "the stride in its 3 × 3" in said
        labels = [block.proto.popover.label for block in app.get("popover")]
        assert labels[:2] == ["Why 50?", "Why 3.858 G or 4.089 G?"]
    said = texts(open_page("overview", model="resnet50", stride_place="1x1"))
    assert "3.858 G multiply-adds" in said
    assert "the stride in its first 1 × 1" in said


def test_where_the_costs_are_is_explained_in_numbers(open_page):
    said = texts(open_page(model="resnet18"))
    assert "**layer1.1.conv2** has 36,864 parameters at 3,136 positions" in said
    assert "**layer4.1.conv2** has 2,359,296 at 49" in said
    assert "20 convolutions + 1 classifier − 3 projections" in said


def test_a_convolution_says_what_biases_would_cost(open_page):
    said = texts(open_page("layers", model="resnet18", layer="conv1"))
    assert "cost 64 parameters here and 4,800 in all convolutions" in said


def test_weights_called_v2_are_said_to_be_of_the_same_network(open_page):
    best, first = published("resnet50")
    said = texts(open_page(model="resnet50", weights="imagenet:v2"))
    assert f"{best.acc1:.1f} % of ImageNet's validation images" in said
    assert f"instead of {first.acc1:.1f} % with V1" in said
    for weights in ("imagenet:v1", "random"):
        assert "ResNet v2" not in texts(open_page("layers", model="resnet50", weights=weights))
