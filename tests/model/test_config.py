import pytest

from resnet_viz.errors import ConfigError
from resnet_viz.model.config import ResNetConfig, check_input_size, parse_repeats
from resnet_viz.model.presets import PRESETS, preset, title


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"block": "fancy"}, "fancy"),
        ({"stem": "big"}, "big"),
        ({"shortcut": "maybe"}, "maybe"),
        ({"stride_place": "2x2"}, "2x2"),
        ({"repeats": (2, 2)}, "2, 2"),
        ({"repeats": ()}, "3 or 4 stages"),
        ({"repeats": (0, 2, 2, 2)}, "0"),
        ({"repeats": (2, 2, 2, 9999)}, "9,999"),
        ({"width": 0}, "0"),
        ({"width": 10_000}, "10,000"),
        ({"num_classes": 0}, "0"),
        ({"groups": 32}, "32"),
        ({"block": "bottleneck", "width": 24, "width_per_group": 4}, "24"),
        ({"input_size": 16}, "16"),
        ({"input_size": 4096}, "4096"),
    ],
)
def test_absurd_networks_are_refused_in_one_sentence_that_names_the_value(options, named):
    with pytest.raises(ConfigError) as caught:
        ResNetConfig("custom", **options)
    sentence = str(caught.value)
    assert named in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize("name", PRESETS)
def test_depth_is_the_number_in_the_name(name):
    nameless = {"walkthrough": "26", "shapes": "18", "shapes_plain": "18"}
    digits = nameless.get(name) or "".join(
        c for c in name.removeprefix("wide_").partition("_")[0] if c.isdigit()
    )
    assert PRESETS[name].depth == int(digits)


def test_configs_are_keys():
    assert ResNetConfig("resnet18") == PRESETS["resnet18"]
    assert len({ResNetConfig("resnet18"), PRESETS["resnet18"]}) == 1


@pytest.mark.parametrize("text", ["3, 4, 6, 3", "3-4-6-3", " 3 4 6 3 "])
def test_repeats_are_read_however_they_are_separated(text):
    assert parse_repeats(text) == (3, 4, 6, 3)


@pytest.mark.parametrize("text", ["", "three", "3,,x", "3;4", "²", "999999 1 1"])
def test_unreadable_repeats_are_refused(text):
    with pytest.raises(ConfigError, match="whole numbers"):
        parse_repeats(text)


def test_input_sizes_end_where_they_say():
    assert check_input_size(32) == 32
    assert check_input_size(1024) == 1024
    for size in (31, 1025):
        with pytest.raises(ConfigError, match=str(size)):
            check_input_size(size)


def test_unknown_preset_names_those_that_exist():
    with pytest.raises(ConfigError, match="resnet18"):
        preset("resnet19")


def test_custom_networks_are_titled_by_depth():
    assert title(ResNetConfig("custom", repeats=(1, 1, 1, 1))) == "Custom ResNet-10"
    assert title(ResNetConfig("custom", shortcut="none")) == "Custom Plain-18"
