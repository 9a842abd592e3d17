"""What a file leaves open is said: each entry applies where it should, and its switch does something."""

from dataclasses import replace

import pytest

from resnet_viz.images.preprocessing import INTERPOLATIONS, ORDERS
from resnet_viz.model.config import SHORTCUTS, STRIDE_PLACES, ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights import sources
from resnet_viz.weights.assumptions import ASSUMPTIONS, Situation, assumed, certain, open_questions
from resnet_viz.weights.loaded import Weights
from resnet_viz.weights.own import OwnFile, describe_own, prepared
from resnet_viz.weights.preparation import NAMES, UNKNOWN, Preparation, prepared_as
from resnet_viz.weights.suggestion import parameter_shapes

ACCEPTED = {
    "stride_place": STRIDE_PLACES,
    "shortcut": SHORTCUTS,
    "order": ORDERS,
    "interpolation": tuple(INTERPOLATIONS),
}


def described(
    name: str = "resnet50", preparation: Preparation = UNKNOWN
) -> tuple[ResNetConfig, Weights]:
    config = PRESETS[name]
    file = OwnFile("x", "mine", parameter_shapes(config), ("float16",), preparation=preparation)
    return config, describe_own(config, config.input_size, file)


def names(config: ResNetConfig, weights: Weights) -> set[str]:
    return {each.name for each in open_questions(config, weights)}


def test_weights_with_a_card_leave_nothing_open():
    config = PRESETS["shapes"]
    weights = sources.describe(config, "bundled", 128)
    assert open_questions(config, weights) == ()
    assert certain(config, weights) == ()


def test_a_bottleneck_may_halve_elsewhere_and_a_basic_block_may_not():
    assert "Stride of a bottleneck" in names(*described("resnet50"))
    assert "Stride of a bottleneck" not in names(*described("resnet18"))


def test_shortcuts_without_parameters_are_assumed_and_projections_are_certain():
    assert "Shortcuts where the shape changes" in names(*described("resnet20"))
    assert "Shortcuts where the shape changes" in names(*described("plain18"))
    config, weights = described("resnet18")
    assert "Shortcuts where the shape changes" not in names(config, weights)
    assert "with projections" in certain(config, weights)[0]


def test_what_the_file_says_is_certain_and_no_longer_assumed():
    told = prepared_as({"mean": "0.5", "std": "0.5", "order": "bgr"})
    config, weights = described(preparation=told)
    assert not {"Normalising", "Order of the channels"} & names(config, weights)
    assert "Interpolation" in names(config, weights)
    said = " ".join(certain(config, weights))
    assert "mean 0.5 · 0.5 · 0.5" in said
    assert "blue, green, red" in said
    assert "float16" in said


def test_what_was_chosen_is_no_longer_assumed():
    config, weights = described()
    assert "Interpolation" in names(config, weights)
    chosen = prepared(weights, config, 224, prepared_as({"interpolation": "bicubic"}))
    assert "Interpolation" not in names(config, chosen)
    assert chosen.preprocessing.interpolation == "bicubic"


def test_one_logit_is_told_apart_from_several():
    config = replace(PRESETS["resnet18"], num_classes=1)
    weights = describe_own(config, 224, OwnFile("x", "mine", parameter_shapes(config)))
    assert "Probability" in names(config, weights)
    assert "Probabilities" not in names(config, weights)
    assert "1 logit" in certain(config, weights)[0]


def situations() -> list[Situation]:
    """Networks of every kind that an assumption can be about."""
    found = [Situation(*described(name)) for name in ("resnet50", "resnet20", "plain18")]
    config = replace(PRESETS["resnet18"], num_classes=1)
    weights = describe_own(config, 224, OwnFile("x", "mine", parameter_shapes(config)))
    return [*found, Situation(config, weights)]


@pytest.mark.parametrize("each", ASSUMPTIONS, ids=lambda each: each.name)
def test_every_entry_is_whole(each):
    sentences = [each.sentence(known) for known in situations() if each.applies(known)]
    assert sentences
    for sentence in sentences:
        assert sentence.startswith(f"{each.name}: ")
        assert sentence.endswith(".")
        assert "could be" in sentence
        if each.switch:
            assert each.place in sentence
            assert set(each.values) <= set(ACCEPTED.get(each.switch, each.values))
        else:
            assert "this explorer cannot build it yet" in sentence


@pytest.mark.parametrize("each", ASSUMPTIONS, ids=lambda each: each.name)
def test_every_switch_is_an_option_that_changes_the_network_or_its_images(each):
    config, weights = described("resnet20" if each.switch == "shortcut" else "resnet50")
    for value in each.values:
        if each.switch in NAMES:
            chosen = prepared_as({each.switch: value})
            assert prepared(weights, config, 224, chosen).preprocessing != weights.preprocessing
        else:
            now = getattr(config, each.switch)
            assert replace(config, **{each.switch: value}) != config or value == now


def test_sentences_are_those_of_the_open_questions():
    config, weights = described()
    assert len(assumed(config, weights)) == len(open_questions(config, weights)) >= 10
