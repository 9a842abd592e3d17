"""Gradient norms against torch's own backward pass, on a network that must not notice."""

import copy
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import build_random
from resnet_viz.training.gradients import block_gradients, block_paths


@pytest.mark.parametrize("shortcut", ["zero-pad", "none", "projection"])
def test_norms_are_those_of_a_plain_backward_pass(shortcut):
    config = ResNetConfig("n", repeats=(2, 1, 1), stem="cifar", width=8, shortcut=shortcut)
    network = build_random(config, 1)
    x, labels = torch.randn(6, 3, 32, 32), torch.arange(6)
    found = block_gradients(network, x, labels)
    other = copy.deepcopy(network).train()
    outputs: dict[str, Tensor] = {}

    def keep(path: str) -> Callable[..., None]:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            output.retain_grad()
            outputs[path] = output

        return hook

    for path in block_paths(network):
        other.get_submodule(path).register_forward_hook(keep(path))
    F.cross_entropy(other(x), labels).backward()  # type: ignore[no-untyped-call]
    assert block_paths(network) == ("layer1.0", "layer1.1", "layer2.0", "layer3.0")
    for index, path in enumerate(block_paths(network)):
        gradient = outputs[path].grad
        assert gradient is not None
        assert found.outputs[index] == pytest.approx(gradient.norm().item(), rel=1e-4)
        squares = 0.0
        for parameter in other.get_submodule(path).parameters():
            assert parameter.grad is not None
            squares += parameter.grad.square().sum().item()
        assert found.weights[index] == pytest.approx(squares**0.5, rel=1e-4)


def test_the_network_stays_as_it_was():
    network = build_random(ResNetConfig("n", repeats=(1, 1, 1), stem="cifar", width=8), 0)
    before = copy.deepcopy(network.state_dict())
    block_gradients(network, torch.randn(4, 3, 32, 32), torch.arange(4))
    assert not network.training
    assert all(p.grad is None for p in network.parameters())
    assert not any(m._forward_hooks for m in network.modules())
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]), name
