"""A training learns, and an interrupted one ends where an uninterrupted one does."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from resnet_viz.errors import ConfigError, WeightsError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.training import train
from resnet_viz.training.augmentation import AUGMENTATIONS
from resnet_viz.training.checkpoint import read_checkpoint, write_checkpoint
from resnet_viz.training.dataset import ArrayImages, Dataset
from resnet_viz.training.gradients import block_paths
from resnet_viz.training.recipe import MIXED, PAPER, PRECISIONS, RECIPES, SCHEDULES, SHAPES
from resnet_viz.training.rendered import Split, rendered, seed_of
from resnet_viz.training.shape_images import render
from resnet_viz.training.shapes import SHAPES as CLASSES
from resnet_viz.training.train import Plan, Step, Training

CONFIG = ResNetConfig("tiny", repeats=(1, 1, 1), width=8, num_classes=12, input_size=64)
PLAN = Plan(CONFIG, replace(SHAPES, epochs=3, batch=24), seed=1)


def of(train: ArrayImages, held_out: ArrayImages) -> Dataset:
    return Dataset("shapes", CLASSES, train, held_out, held_out, "")


@pytest.fixture(scope="module")
def data():
    return of(rendered(Split.TRAINING, 1, 480, 64), rendered(Split.VALIDATION, 1, 120, 64))


def quiet(step: Step) -> None:
    pass


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_resumed_training_ends_bit_by_bit_where_an_uninterrupted_one_does(
    tmp_path, data, precision
):
    plan = replace(PLAN, recipe=replace(PLAN.recipe, precision=precision))
    whole = Training(plan)
    whole.run(data, tmp_path / "whole", quiet)

    def interrupt(step):
        if step.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Training(plan).run(data, tmp_path / "part", interrupt)
    resumed = Training(plan)
    resumed.resume(tmp_path / "part", data)
    assert len(resumed.curve) == 2
    resumed.run(data, tmp_path / "part", quiet)
    assert resumed.curve == whole.curve
    assert resumed.initial_gradients == whole.initial_gradients
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, resumed.network.state_dict()[name]), name


def test_mixed_precision_rounds_the_convolutions_and_nothing_that_is_kept(tmp_path, data):
    """Nearly the same first epoch, from the same seed, and parameters of four bytes all along."""
    plans = [
        Plan(CONFIG, replace(SHAPES, epochs=1, batch=24, precision=precision), seed=1)
        for precision in PRECISIONS
    ]
    exact, mixed = (Training(plan) for plan in plans)
    seen = []
    for training in (exact, mixed):
        first = training.network.get_submodule("layer1.0.conv1")
        hook = first.register_forward_hook(lambda _m, _i, out: seen.append(out.dtype))
        training.run(data, tmp_path / training.plan.recipe.precision, quiet)
        hook.remove()
        assert {p.dtype for p in training.network.parameters()} == {torch.float32}
    half = len(seen) // 2
    assert set(seen[:half]) == {torch.float32}
    assert torch.bfloat16 in seen[half:]
    assert mixed.curve[0].train_loss == pytest.approx(exact.curve[0].train_loss, rel=0.05)
    assert mixed.curve[0].train_loss != exact.curve[0].train_loss
    assert (MIXED.precision, RECIPES["short"].precision) == ("bfloat16", "float32")


def test_another_plan_or_other_images_are_not_resumed(tmp_path, data):
    plan = Plan(CONFIG, replace(SHAPES, epochs=1, batch=24), seed=1)
    Training(plan).run(of(data.held_out, data.held_out), tmp_path / "file", quiet)
    with pytest.raises(WeightsError, match="other options"):
        Training(replace(plan, seed=2)).resume(tmp_path / "file", data)
    with pytest.raises(WeightsError, match="other images"):
        Training(plan).resume(tmp_path / "file", data)


def test_every_epoch_tells_loss_accuracy_gradients_and_the_time_that_is_left(tmp_path, data):
    told: list[Step] = []
    training = Training(PLAN)
    training.run(data, tmp_path / "file", told.append)
    blocks = block_paths(training.network)
    assert [point.epoch for point in training.curve] == [1, 2, 3]
    for point in training.curve:
        assert 0 <= point.train_accuracy <= 1
        assert len(point.gradients.outputs) == len(point.gradients.weights) == len(blocks) == 3
        assert min(*point.gradients.outputs, *point.gradients.weights) > 0
        assert point.seconds > 0
    assert len(told) == 3 * 20
    assert [step.share for step in told[:20]] == [pytest.approx((i + 1) / 20) for i in range(20)]
    assert told[0].seconds_left > told[-1].seconds_left == pytest.approx(0, abs=1e-9)


def test_gradients_are_measured_on_images_of_all_classes_though_a_folder_sorts_them(monkeypatch):
    order = np.argsort(np.arange(600) % 12, kind="stable")
    images = ArrayImages(np.zeros((600, 64, 64, 3), np.uint8), (np.arange(600) % 12)[order])
    seen = []
    monkeypatch.setattr(train, "block_gradients", lambda network, x, labels: seen.append(labels))
    Training(PLAN)._gradients(images)
    assert len(seen[0]) == 128
    assert len(set(seen[0].tolist())) == 12


def test_a_short_training_learns(tmp_path):
    """Three shapes, 240 images, eight epochs: far from good, and far from chance."""
    recipe = replace(SHAPES, epochs=8, batch=16, peak_rate=0.05)
    training = Training(Plan(CONFIG, recipe, seed=0))
    images, validation = three_shapes(Split.TRAINING, 240), three_shapes(Split.VALIDATION, 120)
    network = training.run(of(images, validation), tmp_path / "file", quiet)
    first, last = training.curve[0], training.curve[-1]
    assert last.train_loss < first.train_loss / 2
    assert last.held_out_loss < first.held_out_loss
    assert last.held_out_accuracy > 0.5
    assert not network.training


def three_shapes(split: Split, count: int) -> ArrayImages:
    labels = np.resize(
        [CLASSES.index(shape) for shape in ("circle", "cross", "checkerboard")], count
    )
    seeds = [seed_of(split, 1, index) for index in range(count)]
    drawn = [render(label, seed, 64, False).rgb for label, seed in zip(labels, seeds, strict=True)]
    return ArrayImages(np.stack(drawn), labels)


def test_an_interrupted_write_leaves_what_was_there(tmp_path, monkeypatch):
    file = tmp_path / "file"
    write_checkpoint(file, {"a": torch.arange(3)}, {"epoch": 1})

    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_checkpoint(file, {"a": torch.zeros(3)}, {"epoch": 2})
    tensors, record = read_checkpoint(file)
    assert tensors["a"].tolist() == [0, 1, 2]
    assert record == {"epoch": 1}


def test_the_rate_of_one_cycle_rises_to_its_peak_and_falls_to_zero():
    rates = [SHAPES.rate(step / 1000) for step in range(1001)]
    assert rates[0] == 0
    assert max(rates) == SHAPES.peak_rate == rates[round(1000 * SHAPES.warm_up)]
    assert rates[-1] == pytest.approx(0)


def test_the_papers_rate_drops_after_32_k_and_48_k_of_64_k_iterations():
    """He et al. 2015, section 4.2; 50,000 images make 390 batches of 128."""
    total = PAPER.epochs * (50_000 // PAPER.batch)
    assert total == pytest.approx(64_000, rel=0.001)
    for iteration, rate in ((0, 0.1), (31_900, 0.1), (32_100, 0.01), (47_900, 0.01)):
        assert PAPER.rate(iteration / total) == pytest.approx(rate)
    assert PAPER.rate(48_100 / total) == pytest.approx(0.001)
    assert (PAPER.momentum, PAPER.weight_decay, PAPER.nesterov) == (0.9, 1e-4, False)


def test_the_papers_recipe_decays_all_parameters_and_the_others_only_weights():
    for recipe, decayed in ((PAPER, 1e-4), (SHAPES, 0.0)):
        weights, others = Training(Plan(CONFIG, recipe, 0)).optimizer.param_groups
        assert (weights["weight_decay"], others["weight_decay"]) == (recipe.weight_decay, decayed)
        assert all(p.ndim > 1 for p in weights["params"])
        assert all(p.ndim == 1 for p in others["params"])


def test_each_recipe_names_a_schedule_and_an_augmentation_that_exist():
    for recipe in RECIPES.values():
        assert recipe.schedule in SCHEDULES
        assert recipe.augmentation in AUGMENTATIONS


@pytest.mark.parametrize("options", [{"epochs": 0}, {"batch": 1}])
def test_a_training_without_steps_is_refused(options):
    with pytest.raises(ConfigError, match="at least"):
        replace(SHAPES, **options)


def test_fewer_images_than_a_batch_are_refused(tmp_path, data):
    training = Training(Plan(CONFIG, replace(SHAPES, batch=500), 0))
    with pytest.raises(ConfigError, match=r"480 training images, fewer than one batch of 500"):
        training.run(data, tmp_path / "file", quiet)
    assert not (tmp_path / "file").exists()
