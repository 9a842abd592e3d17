"""A training learns, and an interrupted one ends where an uninterrupted one does."""

import numpy as np
import pytest
import torch

from resnet_viz.errors import ConfigError, WeightsError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.training import checkpoint
from resnet_viz.training.checkpoint import read_checkpoint, write_checkpoint
from resnet_viz.training.fit import Plan, Training
from resnet_viz.training.forms import SHAPES
from resnet_viz.training.pictures import render
from resnet_viz.training.recipe import Recipe
from resnet_viz.training.sets import PictureSet, Split, rendered, seed_of

CONFIG = ResNetConfig("tiny", repeats=(1, 1, 1), width=8, num_classes=12, input_size=64)
PLAN = Plan(CONFIG, Recipe(epochs=3, pictures=72, validation_pictures=24, batch=24), seed=1)


@pytest.fixture(scope="module")
def pictures():
    return rendered(Split.TRAINING, 1, 480, 64)


@pytest.fixture(scope="module")
def validation():
    return rendered(Split.VALIDATION, 1, 120, 64)


def quiet(epoch, share, loss):
    pass


def test_a_resumed_training_ends_bit_by_bit_where_an_uninterrupted_one_does(
    tmp_path, pictures, validation
):
    whole = Training(PLAN)
    whole.run(pictures, validation, tmp_path / "whole", quiet)

    def interrupt(epoch, share, loss):
        if epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Training(PLAN).run(pictures, validation, tmp_path / "part", interrupt)
    resumed = Training(PLAN)
    resumed.resume(tmp_path / "part")
    assert len(resumed.curve) == 2
    resumed.run(pictures, validation, tmp_path / "part", quiet)
    assert resumed.curve == whole.curve
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, resumed.network.state_dict()[name]), name


def test_another_plan_is_not_resumed(tmp_path, pictures, validation):
    training = Training(Plan(CONFIG, Recipe(epochs=1, pictures=24, batch=24), seed=1))
    training.run(validation, validation, tmp_path / "file", quiet)
    with pytest.raises(WeightsError, match="other options"):
        Training(Plan(CONFIG, PLAN.recipe, seed=2)).resume(tmp_path / "file")


def test_a_short_training_learns(tmp_path):
    """Three shapes, 240 pictures, eight epochs: far from good, and far from chance."""
    recipe = Recipe(epochs=8, pictures=240, batch=16, peak_rate=0.05)
    training = Training(Plan(CONFIG, recipe, seed=0))
    pictures, validation = three_shapes(Split.TRAINING, 240), three_shapes(Split.VALIDATION, 120)
    network = training.run(pictures, validation, tmp_path / "file", quiet)
    first, last = training.curve[0], training.curve[-1]
    assert last.train_loss < first.train_loss / 2
    assert last.validation_loss < first.validation_loss
    assert last.validation_accuracy > 0.5
    assert not network.training


def three_shapes(split: Split, count: int) -> PictureSet:
    labels = np.resize(
        [SHAPES.index(shape) for shape in ("circle", "cross", "checkerboard")], count
    )
    seeds = [seed_of(split, 1, index) for index in range(count)]
    drawn = [render(label, seed, 64, False).rgb for label, seed in zip(labels, seeds, strict=True)]
    return PictureSet(np.stack(drawn), labels)


def test_an_interrupted_write_leaves_what_was_there(tmp_path, monkeypatch):
    file = tmp_path / "file"
    write_checkpoint(file, {"a": torch.arange(3)}, {"epoch": 1})

    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(checkpoint.os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_checkpoint(file, {"a": torch.zeros(3)}, {"epoch": 2})
    tensors, record = read_checkpoint(file)
    assert tensors["a"].tolist() == [0, 1, 2]
    assert record == {"epoch": 1}


def test_the_rate_rises_to_its_peak_and_falls_to_zero():
    recipe = Recipe()
    rates = [recipe.rate(step / 1000) for step in range(1001)]
    assert rates[0] == 0
    assert max(rates) == recipe.peak_rate == rates[round(1000 * recipe.warm_up)]
    assert rates[-1] == pytest.approx(0)


@pytest.mark.parametrize("options", [{"epochs": 0}, {"pictures": 63}])
def test_a_training_without_anything_to_learn_is_refused(options):
    with pytest.raises(ConfigError, match="at least"):
        Recipe(**options)
