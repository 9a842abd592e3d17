"""The network against an independent one: the same arithmetic written with torch's functions alone."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_viz.model.blocks import BasicBlock, ZeroPad
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_meta, build_random

SMALL = {
    "basic": ResNetConfig("t", repeats=(2, 1, 1, 1), width=8, num_classes=5),
    "bottleneck": ResNetConfig("t", "bottleneck", (1, 2, 1, 1), width=16, num_classes=5),
    "paper's stride": ResNetConfig(
        "t", "bottleneck", (1, 2, 1, 1), width=16, stride_place="1x1", num_classes=5
    ),
    "resnext": ResNetConfig(
        "t", "bottleneck", (1, 1, 1, 1), width=16, groups=4, width_per_group=8, num_classes=5
    ),
    "option A": ResNetConfig(
        "t", repeats=(2, 2, 2), stem="cifar", width=8, shortcut="zero-pad", num_classes=5
    ),
    "plain": ResNetConfig("t", repeats=(2, 2, 2, 2), width=8, shortcut="none", num_classes=5),
}


def reference(config: ResNetConfig, weights: dict[str, Tensor], x: Tensor) -> Tensor:
    """He et al. 2015 with torch's functions and a state dict; no module of ours takes part."""

    def conv(x: Tensor, name: str, stride: int = 1, groups: int = 1) -> Tensor:
        kernel = weights[f"{name}.weight"]
        return F.conv2d(x, kernel, None, stride, kernel.shape[-1] // 2, 1, groups)

    def norm(x: Tensor, name: str) -> Tensor:
        names = ("running_mean", "running_var", "weight", "bias")
        mean, variance, weight, bias = (weights[f"{name}.{part}"] for part in names)
        return F.batch_norm(x, mean, variance, weight, bias)

    def around(x: Tensor, name: str, channels: int, stride: int) -> Tensor:
        if config.shortcut == "none":
            return torch.zeros(())
        if f"{name}.downsample.0.weight" in weights:
            return norm(conv(x, f"{name}.downsample.0", stride), f"{name}.downsample.1")
        x = x[:, :, ::stride, ::stride]
        zeros = x.new_zeros(x.shape[0], channels - x.shape[1], *x.shape[2:])
        return torch.cat([x, zeros], dim=1)

    imagenet = config.stem == "imagenet"
    x = F.relu(norm(conv(x, "conv1", 2 if imagenet else 1), "bn1"))
    x = F.max_pool2d(x, 3, 2, 1) if imagenet else x
    for stage, repeats in enumerate(config.repeats):
        for index in range(repeats):
            name, stride = f"layer{stage + 1}.{index}", 2 if stage and not index else 1
            if config.block == "basic":
                out = F.relu(norm(conv(x, f"{name}.conv1", stride), f"{name}.bn1"))
                out = norm(conv(out, f"{name}.conv2"), f"{name}.bn2")
            else:
                first, second = (stride, 1) if config.stride_place == "1x1" else (1, stride)
                out = F.relu(norm(conv(x, f"{name}.conv1", first), f"{name}.bn1"))
                out = conv(out, f"{name}.conv2", second, config.groups)
                out = norm(conv(F.relu(norm(out, f"{name}.bn2")), f"{name}.conv3"), f"{name}.bn3")
            x = F.relu(out + around(x, name, out.shape[1], stride))
    return F.linear(x.mean(dim=(2, 3)), weights["fc.weight"], weights["fc.bias"])


@pytest.mark.parametrize("name", SMALL)
def test_logits_equal_the_formula_written_out(name):
    torch.manual_seed(1)
    network = build_random(SMALL[name], seed=3).double()
    for module in network.modules():  # statistics that matter
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    x = torch.randn(2, 3, 65, 65, dtype=torch.float64)
    with torch.no_grad():
        logits = network(x)
        expected = reference(SMALL[name], network.state_dict(), x)
    torch.testing.assert_close(logits, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", PRESETS)
def test_every_layer_runs_exactly_once(name):
    network = build_meta(PRESETS[name])
    runs: dict[str, int] = {}
    for path, module in network.named_modules():
        if not list(module.children()):
            runs[path] = 0
            module.register_forward_hook(lambda *_, p=path: runs.__setitem__(p, runs[p] + 1))
    network(torch.empty(1, 3, 64, 64, device="meta"))
    assert set(runs.values()) == {1}


def test_parameter_names_are_torchvisions():
    names = set(build_meta(PRESETS["resnet50"]).state_dict())
    # from torchvision's published resnet50 checkpoint
    assert {
        "conv1.weight",
        "bn1.running_mean",
        "bn1.num_batches_tracked",
        "layer1.0.conv3.weight",
        "layer1.0.bn3.bias",
        "layer1.0.downsample.0.weight",
        "layer1.0.downsample.1.running_var",
        "layer4.2.bn2.weight",
        "fc.weight",
        "fc.bias",
    } <= names
    assert (
        len(names) == 320
    )  # entries of that checkpoint's state dict, num_batches_tracked included


def test_a_seed_decides_every_parameter_and_nothing_global():
    before = torch.get_rng_state()
    a, b = (build_random(SMALL["basic"], seed=7).state_dict() for _ in range(2))
    other = build_random(SMALL["basic"], seed=8).state_dict()
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not torch.equal(a["conv1.weight"], other["conv1.weight"])
    assert all(value.isfinite().all() for value in a.values())


def test_initial_spread_is_hes():
    weight = build_random(PRESETS["resnet18"], seed=0).get_parameter("layer3.1.conv2.weight")
    expected = (2 / (256 * 9)) ** 0.5  # He et al. 2015b, equation 14, over the fan out
    assert weight.std().item() == pytest.approx(expected, rel=0.01)


def test_zero_init_makes_every_block_the_identity_on_what_is_positive():
    config = ResNetConfig("t", repeats=(3, 1, 1, 1), width=8, zero_init=True)
    block = build_random(config, seed=0).get_submodule("layer1.2")
    x = torch.rand(1, 8, 9, 9)
    with torch.no_grad():
        assert torch.equal(block(x), x)


def test_zero_pad_subsamples_and_fills_with_zeros():
    x = torch.arange(2 * 4 * 4.0).reshape(1, 2, 4, 4)
    out = ZeroPad(2, 5, 2)(x)
    assert out.shape == (1, 5, 2, 2)
    assert out[0, 0].tolist() == [[0, 2], [8, 10]]
    assert not out[0, 2:].any()


def test_relu_never_writes_over_what_it_reads():
    block = BasicBlock(SMALL["basic"], 0, 8, 1)
    assert not any(m.inplace for m in block.modules() if isinstance(m, nn.ReLU))
