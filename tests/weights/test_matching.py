from dataclasses import replace

import pytest
import torch

from resnet_viz.errors import WeightsError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_meta
from resnet_viz.weights import suggestion
from resnet_viz.weights.matching import CheckpointMismatch, check, match, network_from
from resnet_viz.weights.suggestion import suggest
from tests.weights.files import SMALL, small_network


def shapes_of(config: ResNetConfig, prefix: str = "") -> dict[str, tuple[int, ...]]:
    """As a checkpoint has them: with the counters."""
    state = build_meta(config).state_dict()
    return {prefix + name: tuple(tensor.shape) for name, tensor in state.items()}


ZERO_PADDED = [name for name, known in PRESETS.items() if known.shortcut == "zero-pad"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_recognised_with_another_number_of_classes(name):
    wanted = replace(PRESETS[name], num_classes=37)
    suggestion = suggest(shapes_of(wanted))
    assert suggestion is not None
    number = name.removeprefix("plain").removeprefix("resnet")
    if name == "walkthrough":  # a ResNet-26, which is seen at 224 pixels
        wanted = replace(wanted, name="custom", input_size=224)
        assert suggestion.config == wanted
        assert suggestion.sentence.startswith("This file fits ResNet-26, a network of your own")
        return
    if name == f"plain{number}" and f"resnet{number}" in ZERO_PADDED:
        wanted = replace(PRESETS[f"resnet{number}"], num_classes=37)
    assert suggestion.config == wanted
    assert suggestion.sentence.startswith(f"This file fits {wanted.name} with 37 classes")
    twins = [twin for twin in ZERO_PADDED if twin == wanted.name and f"plain{number}" in PRESETS]
    assert (f"or plain{number}: shortcuts without" in suggestion.sentence) == bool(twins)


CUSTOM = (
    SMALL,
    replace(SMALL, repeats=(1, 2, 3), stem="cifar", input_size=32),
    replace(SMALL, shortcut="none"),
    replace(SMALL, block="bottleneck", repeats=(1, 3, 2, 1)),
    replace(SMALL, block="bottleneck", width=32, groups=8, width_per_group=6),
    replace(SMALL, block="bottleneck", width=64, groups=4, width_per_group=24, num_classes=1),
)


@pytest.mark.parametrize("config", CUSTOM, ids=range(len(CUSTOM)))
def test_other_networks_are_inferred_from_shapes(config):
    suggestion = suggest(shapes_of(config))
    assert suggestion is not None
    assert suggestion.config == replace(config, name="custom")
    assert str(config.width) in suggestion.sentence
    assert "1 groups" not in suggestion.sentence
    check(shapes_of(config), suggestion.config)


@pytest.mark.parametrize(
    "change",
    [
        lambda shapes: shapes.pop("fc.weight"),
        lambda shapes: shapes.pop("conv1.weight"),
        lambda shapes: shapes.pop("layer3.0.bn2.bias"),
        lambda shapes: shapes.update(extra=(1,)),
        lambda shapes: shapes.update({"conv1.weight": ()}),
        lambda shapes: shapes.update({"conv1.weight": (10**9, 3, 7, 7)}),
        lambda shapes: shapes.update({"fc.weight": (10**9, 64)}),
        lambda shapes: shapes.clear(),
    ],
)
def test_what_is_no_such_network_gives_no_suggestion(change):
    shapes = shapes_of(SMALL)
    change(shapes)
    assert suggest(shapes) is None


@pytest.mark.parametrize(
    "prefix", ["module.", "model.", "backbone.", "module.model.", "_orig_mod."]
)
def test_known_prefixes_are_removed_and_said_so(prefix):
    found = match(shapes_of(SMALL, prefix), SMALL)
    assert found.fits
    assert found.prefix == prefix
    assert any(f"“{prefix}” was removed" in note for note in found.notes)
    suggestion = suggest(shapes_of(PRESETS["resnet18"], prefix))
    assert suggestion is not None
    assert suggestion.config == PRESETS["resnet18"]


def test_a_head_beside_the_backbone_still_fits():
    shapes = {
        name if name.startswith("fc.") else f"backbone.{name}": shape
        for name, shape in shapes_of(SMALL).items()
    }
    assert match(shapes, SMALL).fits


def test_one_parameter_under_two_names_is_not_overlooked():
    shapes = {**shapes_of(SMALL, "module."), "conv1.weight": (8, 3, 7, 7)}
    assert match(shapes, SMALL).unexpected == ("module.conv1.weight",)


def test_without_a_prefix_there_is_nothing_to_note():
    found = match(shapes_of(SMALL), SMALL)
    assert found.fits
    assert (found.prefix, found.notes) == ("", ())


def test_a_misfit_lists_what_is_missing_unexpected_and_of_another_shape():
    shapes = shapes_of(replace(SMALL, num_classes=7))
    del shapes["bn1.weight"]
    shapes["head.weight"] = (3, 4)
    with pytest.raises(CheckpointMismatch) as misfit:
        check(shapes, SMALL)
    assert misfit.value.match.missing == ("bn1.weight",)
    assert misfit.value.match.unexpected == ("head.weight",)
    assert [wrong.name for wrong in misfit.value.match.wrong_shape] == ["fc.weight", "fc.bias"]
    assert "1 tensor is missing (“bn1.weight”)" in str(misfit.value)
    assert "1 tensor does not belong there (“head.weight”)" in str(misfit.value)
    assert "“fc.weight” is 7 × 64 instead of 5 × 64" in str(misfit.value)
    assert misfit.value.suggestion is None


def test_a_misfit_names_the_network_that_would_fit():
    with pytest.raises(
        CheckpointMismatch, match=r"resnet50 with 1,000 classes: .* and .* more"
    ) as misfit:
        check(shapes_of(replace(PRESETS["resnet34"], num_classes=10)), PRESETS["resnet50"])
    assert misfit.value.suggestion is not None
    assert misfit.value.suggestion.config.name == "resnet34"
    assert str(misfit.value).endswith("This file fits resnet34 with 10 classes.")


def test_timms_deep_stem_is_explained():
    shapes = shapes_of(SMALL)
    shapes["conv1.0.weight"] = shapes.pop("conv1.weight")
    with pytest.raises(CheckpointMismatch, match="three convolutions"):
        check(shapes, SMALL)


def test_a_hostile_name_is_shown_without_its_markup():
    with pytest.raises(CheckpointMismatch) as misfit:
        check({**shapes_of(SMALL), "![x](http://y)": (1,)}, SMALL)
    assert "“··x··http:··y·”" in str(misfit.value)


def test_parameters_own_their_memory_and_are_in_order():
    tensors = small_network().state_dict()
    whole = torch.cat([tensor.float().flatten() for tensor in tensors.values()])
    views, at = {}, 0
    for name, tensor in tensors.items():
        views[name] = whole[at : at + tensor.numel()].view(tensor.shape)
        at += tensor.numel()
    views["conv1.weight"] = views["conv1.weight"].to(memory_format=torch.channels_last).double()
    network = network_from(SMALL, views)
    for name, tensor in network.state_dict().items():
        assert tensor.untyped_storage().nbytes() == tensor.nbytes, name
        assert tensor.is_contiguous(), name
        assert tensor.device.type == "cpu", name
        torch.testing.assert_close(tensor, tensors[name], rtol=0, atol=0)
    assert all(parameter.dtype is torch.float32 for parameter in network.parameters())


def test_counters_are_optional():
    tensors = small_network().state_dict()
    bare = {name: tensor for name, tensor in tensors.items() if "num_batches" not in name}
    assert int(network_from(SMALL, bare).state_dict()["bn1.num_batches_tracked"]) == 0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("fc.weight", float("nan"), "“fc.weight” holds 1 of 320 values"),
        ("conv1.weight", float("-inf"), "“conv1.weight” holds 1 of"),
        ("layer1.0.bn1.running_var", -1.0, "negative variance, -1"),
    ],
)
def test_values_that_no_training_ends_with_are_refused(name, value, words):
    tensors = small_network().state_dict()
    tensors[name].view(-1)[0] = value
    with pytest.raises(WeightsError, match=words):
        network_from(SMALL, tensors)


def test_a_double_that_float32_cannot_hold_is_refused():
    tensors = dict(small_network().state_dict())
    tensors["fc.bias"] = tensors["fc.bias"].double().fill_(1e300)
    with pytest.raises(WeightsError, match="5 of 5 values"):
        network_from(SMALL, tensors)


def test_a_file_of_many_strange_tensors_in_its_first_block_takes_no_longer(monkeypatch):
    """No more networks are tried than the weights of a block allow."""
    tried: list[ResNetConfig] = []
    real = suggestion._first_block

    def counted(config: ResNetConfig) -> dict[str, tuple[int, ...]]:
        tried.append(config)
        return real(config)

    monkeypatch.setattr(suggestion, "_first_block", counted)
    shapes = shapes_of(replace(SMALL, block="bottleneck", width=32, groups=8, width_per_group=6))
    strange = {f"layer1.0.x{n}.weight": (64 + n, 1 + n % 60, 3, 3) for n in range(3000)}
    assert suggest(shapes | strange) is None
    assert len(tried) <= 3
