"""Small networks of every kind, drawn from a seed, for questions about what happens inside."""

from __future__ import annotations

from functools import cache

import torch
from torch import nn

from resnet_viz.analysis.capture import outputs
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.worked_example import WorkedExample, example_paths, worked_example
from resnet_viz.images import read_sample
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load

BASIC = ResNetConfig("basic", repeats=(2, 2, 1, 1), width=8, num_classes=7)
BOTTLENECK = ResNetConfig("bottleneck", "bottleneck", (2, 1, 1), width=8, num_classes=7)
GROUPS = ResNetConfig(
    "groups", "bottleneck", (1, 2, 1), width=16, groups=4, width_per_group=16, stride_place="1x1",
    num_classes=7,
)  # fmt: skip
ZERO_PAD = ResNetConfig(
    "zero-pad", repeats=(2, 2, 1), stem="cifar", width=8, shortcut="zero-pad", num_classes=7
)
PLAIN = ResNetConfig("plain", repeats=(2, 1, 1), width=8, shortcut="none", num_classes=7)
RESNET20 = PRESETS["resnet20"]

SIZES = {BASIC: 64, BOTTLENECK: 64, GROUPS: 64, ZERO_PAD: 32, PLAIN: 64, RESNET20: 32}
ALL = tuple(SIZES)
CAT = read_sample("cat")


@cache
def network(config: ResNetConfig, seed: int = 0) -> LoadedModel:
    """One network for all tests, shared as the app shares it; every norm has its own γ and β."""
    loaded = load(config, f"random:{seed}", SIZES[config])
    generator = torch.Generator().manual_seed(seed)
    for module in loaded.module.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.uniform_(0.5, 1.5, generator=generator)
            module.bias.uniform_(-0.5, 0.5, generator=generator)
    return loaded


def hooks(module: nn.Module) -> int:
    """How many hooks there are on a network; none, unless a question is being answered."""
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules())


def snapshot(loaded: LoadedModel) -> dict[str, torch.Tensor]:
    """Copies of all parameters and buffers, to see later that nothing changed them."""
    return {name: value.clone() for name, value in loaded.module.state_dict().items()}


def unchanged(loaded: LoadedModel, before: dict[str, torch.Tensor]) -> bool:
    """Whether the network is as it was: same numbers, no hook, no gradient, not in training."""
    now = loaded.module.state_dict()
    return (
        now.keys() == before.keys()
        and all(torch.equal(now[name], before[name]) for name in now)
        and not hooks(loaded.module)
        and not loaded.module.training
        and not loaded.lock.locked()
        and all(p.grad is None and not p.requires_grad for p in loaded.module.parameters())
    )


def worked_out(
    loaded: LoadedModel, path: str, channel: int, row: int = 0, column: int = 0, strongest: int = 6
) -> WorkedExample:
    """A cell of a layer by hand, for the cat; the network asked anew."""
    seen = outputs(loaded, CAT, example_paths(traced(loaded), path))
    return worked_example(loaded, seen, path, channel, row, column, strongest)
