import numpy as np
import pytest
import torch
from torch import nn

from resnet_viz.analysis.capture import capture
from resnet_viz.errors import DeviceError, WeightsError
from resnet_viz.images import PHOTOGRAPHS, Preprocessing, read_sample, to_tensor
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.random import preprocessing
from resnet_viz.weights.sources import SOURCES, load

CONFIG = ResNetConfig("t", repeats=(1, 1, 1, 1), width=16, num_classes=10)


@pytest.mark.parametrize("text", ["random:x", "random:-1", "random:1.5", "random:99999999999"])
def test_a_bad_seed_is_named(text):
    with pytest.raises(WeightsError, match=text.partition(":")[2]):
        load(CONFIG, text, 64)


def test_unknown_weights_name_those_that_exist():
    with pytest.raises(WeightsError, match="random"):
        load(CONFIG, "nowhere", 64)


def test_an_absent_device_is_refused_before_anything_is_built():
    with pytest.raises(DeviceError, match="cuda:9"):
        load(CONFIG, "random", 64, "cuda:9")


def test_the_same_seed_gives_the_same_answer_and_another_one_another():
    image = read_sample("cat")
    a, b, c = (capture(load(CONFIG, f"random:{seed}", 64), image).logits for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)


def test_batch_norm_holds_the_statistics_of_the_samples():
    """Against the mean and variance of the stem's output, computed apart."""
    network = load(CONFIG, "random:0", 64).module
    preparation = Preprocessing.imagenet(96)
    images = torch.cat([to_tensor(read_sample(slug), preparation) for slug in PHOTOGRAPHS])
    with torch.no_grad():
        out = network.get_submodule("conv1")(images)
    mean, variance = network.get_buffer("bn1.running_mean"), network.get_buffer("bn1.running_var")
    torch.testing.assert_close(mean, out.mean(dim=(0, 2, 3)))
    torch.testing.assert_close(variance, out.var(dim=(0, 2, 3)))
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert all(not norm.training and norm.momentum == 0.1 for norm in norms)


@pytest.mark.slow
def test_the_deepest_network_stays_finite():
    loaded = load(PRESETS["resnet152"], "random:0", 64)
    answer = capture(loaded, read_sample("cat"), ("layer4",))
    assert np.isfinite(answer.logits).all()
    assert answer["layer4"].max < 1e4


def test_untrained_weights_say_so():
    weights = load(CONFIG, "random:0", 64).weights
    assert not weights.trained
    assert "Untrained" in weights.note
    assert weights.class_name(3) == "class 3"


def test_preprocessing_is_the_familys():
    imagenet = preprocessing(PRESETS["resnet50"], 224)
    assert (imagenet.resize, imagenet.crop) == (256, 224)  # torchvision's V1 recipe
    cifar = preprocessing(PRESETS["resnet20"], 32)
    assert (cifar.resize, cifar.crop) == (32, 32)


def test_every_source_is_registered_under_its_own_slug():
    assert all(slug == source.slug for slug, source in SOURCES.items())
