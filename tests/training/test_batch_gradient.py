"""The gradient that a training follows is autograd's, and a captured graph gives the same."""

import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import ResNet, build_random
from resnet_viz.training.batch_gradient import BatchGradient, CapturedGradient
from resnet_viz.training.recipe import PAPER

CONFIG = ResNetConfig("tiny", repeats=(1, 1, 1), width=8, num_classes=5, input_size=32)


def batch(seed: int, device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(16, 3, 32, 32, generator=generator)
    return inputs.to(device), torch.randint(0, 5, (16,), generator=generator).to(device)


def gradients(network: ResNet) -> list[torch.Tensor]:
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_gradient_is_that_of_the_smoothed_cross_entropy_and_the_loss_told_is_the_plain_one(
    smoothing,
):
    network = build_random(CONFIG, 0).train()
    reference = copy.deepcopy(network)
    inputs, labels = batch(1)
    loss, right = BatchGradient(network, replace(PAPER, label_smoothing=smoothing))(inputs, labels)
    scores = reference(inputs)
    logs = scores.log_softmax(dim=1)
    plain = -logs[torch.arange(16), labels].mean()  # cross-entropy by its definition
    smoothed = (1 - smoothing) * plain - smoothing * logs.mean()
    expected = torch.autograd.grad(smoothed, list(reference.parameters()))
    assert float(loss) == pytest.approx(float(plain.detach()), rel=1e-5)
    assert int(right) == int((scores.argmax(dim=1) == labels).sum())
    for ours, theirs in zip(gradients(network), expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_the_gradient_of_one_batch_is_not_added_to_that_of_the_one_before():
    network = build_random(CONFIG, 0).train()
    gradient = BatchGradient(network, PAPER)
    gradient(*batch(1))
    first = [each.clone() for each in gradients(network)]
    gradient(*batch(2))
    gradient(*batch(1))
    for ours, theirs in zip(gradients(network), first, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU here")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_captured_graph_gives_the_same_gradients_and_moves_nothing_by_being_captured(precision):
    recipe = replace(PAPER, precision=precision)
    eager = build_random(CONFIG, 0).to("cuda").train()
    graphed = copy.deepcopy(eager)
    direct = BatchGradient(eager, recipe)
    captured = CapturedGradient(BatchGradient(graphed, recipe), graphed, batch(0, "cuda"))
    for name, tensor in eager.state_dict().items():
        assert torch.equal(tensor, graphed.state_dict()[name]), name
    for seed in (1, 2):
        (loss, right), (same, hits) = direct(*batch(seed, "cuda")), captured(*batch(seed, "cuda"))
        assert float(same) == pytest.approx(float(loss), rel=1e-2)
        assert F.l1_loss(right.float(), hits.float()) <= 1
        for ours, theirs in zip(gradients(graphed), gradients(eager), strict=True):
            apart = (ours - theirs).norm() / theirs.norm()
            assert apart < 0.05
        for name, tensor in eager.state_dict().items():
            torch.testing.assert_close(graphed.state_dict()[name], tensor, rtol=1e-2, atol=1e-2)
