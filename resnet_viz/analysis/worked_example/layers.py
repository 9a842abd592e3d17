"""What each kind of layer's record holds: the maps around the unit, and the layer's own numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_viz.analysis.forward import as_array
from resnet_viz.analysis.worked_example.contributions import Contributions
from resnet_viz.analysis.worked_example.records import Window, WorkedExample
from resnet_viz.analysis.worked_example.unit import Unit
from resnet_viz.analysis.worked_example.whole import WorkedMean, WorkedScore
from resnet_viz.analysis.worked_example.windowed import (
    WorkedConvolution,
    WorkedCopy,
    WorkedMaxPool,
    WorkedNorm,
    WorkedReLU,
    WorkedSum,
)
from resnet_viz.model.blocks import ZeroPad

_CLASSES: Final = 6  # of the classifier, besides the one that is asked about


def convolution(unit: Unit) -> WorkedConvolution:
    """Σ over input channels and window; a grouped filter sees the channels of its group alone."""
    filters, inputs = _filter(unit)
    seen = unit.inputs[0][inputs.start : inputs.stop]  # (C_in / groups, H, W)
    covered = torch.tensor(unit.covered(seen, unit.window), dtype=torch.float64)
    kernels = filters.to(covered)
    sums = _sums(covered, kernels, unit)
    first = sums.abs().argsort(descending=True, stable=True)[: unit.strongest]
    if len(first) == len(sums):
        first = first.sort().values  # all of them, in their own order: red, green, blue
    others = kernels.index_fill(0, first, 0.0)
    rests = F.conv2d(covered[None], others[None], stride=unit.window.stride)[0, 0]
    return WorkedConvolution(
        **unit.common,
        **unit.view(seen[first.tolist()], unit.window),
        channels=tuple(inputs[i] for i in first.tolist()),
        kernels=as_array(filters[first]),
        rests=as_array(rests),
        groups=unit.layer.groups or 1,
        inputs=inputs,
    )


def channel_sums(unit: Unit) -> Contributions:
    """What each input channel of a convolution adds: its products summed."""
    filters, inputs = _filter(unit)
    seen = unit.inputs[0][inputs.start : inputs.stop]
    covered = torch.tensor(unit.covered(seen, unit.window), dtype=torch.float64)
    return Contributions(inputs, _sums(covered, filters.to(covered), unit).numpy())


def products(unit: Unit) -> Contributions:
    """What each channel says of a class: its activation times the weight."""
    classifier = unit.module
    assert isinstance(classifier, nn.Linear)
    weights = as_array(classifier.weight[unit.channel])  # (C,)
    values = np.multiply(unit.inputs[0].ravel(), weights, dtype=np.float64)
    return Contributions(range(len(values)), values)


def _filter(unit: Unit) -> tuple[Tensor, range]:
    """(C_in / groups, kh, kw): the filter of the unit's channel, and the channels that it reads."""
    conv = unit.module
    assert isinstance(conv, nn.Conv2d)
    filters = conv.weight[unit.channel].detach()
    group = unit.channel // (conv.out_channels // conv.groups)
    return filters, range(group * len(filters), (group + 1) * len(filters))


def _sums(covered: Tensor, kernels: Tensor, unit: Unit) -> Tensor:
    """(C,): what each channel of (C, h, w) adds at the unit."""
    corner = unit.common["corner"]
    (row, column), (height, width) = unit.at[1:], unit.window.size
    top = (row - corner[0]) * unit.window.stride[0]
    left = (column - corner[1]) * unit.window.stride[1]
    patches = covered[:, top : top + height, left : left + width]
    return (patches * kernels).sum(dim=(1, 2))


def batch_norm(unit: Unit) -> WorkedNorm:
    """γ (x − μ) / √(σ² + ε) + β."""
    norm = unit.module
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    parameters = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    mean, variance, weight, bias = (float(values[unit.channel]) for values in parameters)
    return WorkedNorm(
        **unit.common,
        **unit.view(_own(unit), Window()),
        mean=mean,
        variance=variance,
        eps=norm.eps,
        weight=weight,
        bias=bias,
    )


def relu(unit: Unit) -> WorkedReLU:
    """max(0, x)."""
    return WorkedReLU(**unit.common, **unit.view(_own(unit), Window()))


def max_pool(unit: Unit) -> WorkedMaxPool:
    """The largest of the window; padding never wins."""
    return WorkedMaxPool(**unit.common, **unit.view(_own(unit), unit.window, fill=-math.inf))


def average_pool(unit: Unit) -> WorkedMean:
    """The sum of a map over the number of its positions."""
    return WorkedMean(**unit.common, map=unit.inputs[0][unit.channel])


def add(unit: Unit) -> WorkedSum:
    """F(x) + x."""
    branch_path, shortcut_path = unit.sources
    both = np.stack([maps[unit.channel] for maps in unit.inputs])  # (2, H, W)
    return WorkedSum(
        **unit.common,
        **unit.view(both, Window()),
        branch_path=branch_path,
        shortcut_path=shortcut_path,
    )


def copy(unit: Unit) -> WorkedCopy:
    """Identity and flatten: the value of the same place."""
    return WorkedCopy(**unit.common, **unit.view(_own(unit), Window()))


def zero_pad(unit: Unit) -> WorkedCopy:
    """Option A: every second place; a new channel is zero."""
    assert isinstance(unit.module, ZeroPad)
    stride = unit.module.stride
    return WorkedCopy(**unit.common, **unit.view(_own(unit), Window(stride=(stride, stride))))


def linear(unit: Unit) -> WorkedScore:
    """Σ activation · weight + bias, for the class in question and for the likeliest ones."""
    classifier = unit.module
    assert isinstance(classifier, nn.Linear)
    scores = unit.output.ravel()  # (classes,)
    exact = torch.tensor(scores, dtype=torch.float64)
    probabilities = exact.softmax(dim=0) if len(scores) > 1 else exact.sigmoid()
    likeliest = np.argsort(-scores, kind="stable")[:_CLASSES].tolist()
    classes = sorted({*likeliest, unit.channel}, key=lambda label: (-scores[label], label))
    return WorkedScore(
        **unit.common,
        strongest=unit.strongest,
        activations=unit.inputs[0].ravel(),
        classes=tuple(classes),
        weights=as_array(classifier.weight[classes]),
        biases=as_array(classifier.bias[classes]),
        scores=scores[classes],
        probabilities=as_array(probabilities[classes]),
    )


def _own(unit: Unit) -> np.ndarray:
    """(1, H, W): the same channel of the input; (0, H, W) where the input does not have it."""
    return unit.inputs[0][unit.channel : unit.channel + 1]


WORKED: dict[str, Callable[[Unit], WorkedExample]] = {
    "Conv2d": convolution,
    "BatchNorm2d": batch_norm,
    "ReLU": relu,
    "MaxPool2d": max_pool,
    "AdaptiveAvgPool2d": average_pool,
    "Add": add,
    "Identity": copy,
    "Flatten": copy,
    "ZeroPad": zero_pad,
    "Linear": linear,
}

# The layers that sum over channels.
CONTRIBUTIONS: dict[str, Callable[[Unit], Contributions]] = {
    "Conv2d": channel_sums,
    "Linear": products,
}
