"""What each kind of layer's record holds: the maps around the cell, and the layer's own numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_viz.analysis.forward import as_array
from resnet_viz.analysis.worked_example.cell import Cell
from resnet_viz.analysis.worked_example.contributions import Contributions
from resnet_viz.analysis.worked_example.records import Window, WorkedExample
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


def convolution(cell: Cell) -> WorkedConvolution:
    """Σ over input channels and window; a grouped filter sees the channels of its group alone."""
    filters, inputs = _filter(cell)
    seen = cell.inputs[0][inputs.start : inputs.stop]  # (C_in / groups, H, W)
    covered = torch.tensor(cell.covered(seen, cell.window), dtype=torch.float64)
    kernels = filters.to(covered)
    sums = _sums(covered, kernels, cell)
    first = sums.abs().argsort(descending=True, stable=True)[: cell.strongest]
    if len(first) == len(sums):
        first = first.sort().values  # all of them, in their own order: red, green, blue
    others = kernels.index_fill(0, first, 0.0)
    rests = F.conv2d(covered[None], others[None], stride=cell.window.stride)[0, 0]
    return WorkedConvolution(
        **cell.place,
        **cell.view(seen[first.tolist()], cell.window),
        channels=tuple(inputs[i] for i in first.tolist()),
        kernels=as_array(filters[first]),
        rests=as_array(rests),
        groups=cell.layer.groups or 1,
        inputs=inputs,
    )


def channel_sums(cell: Cell) -> Contributions:
    """What each input channel of a convolution adds: its products summed."""
    filters, inputs = _filter(cell)
    seen = cell.inputs[0][inputs.start : inputs.stop]
    covered = torch.tensor(cell.covered(seen, cell.window), dtype=torch.float64)
    return Contributions(inputs, _sums(covered, filters.to(covered), cell).numpy())


def products(cell: Cell) -> Contributions:
    """What each channel says of a class: its activation times the weight."""
    classifier = cell.module
    assert isinstance(classifier, nn.Linear)
    weights = as_array(classifier.weight[cell.channel])  # (C,)
    values = np.multiply(cell.inputs[0].ravel(), weights, dtype=np.float64)
    return Contributions(range(len(values)), values)


def _filter(cell: Cell) -> tuple[Tensor, range]:
    """(C_in / groups, kh, kw): the filter of the cell's channel, and the channels that it reads."""
    conv = cell.module
    assert isinstance(conv, nn.Conv2d)
    filters = conv.weight[cell.channel].detach()
    group = cell.channel // (conv.out_channels // conv.groups)
    return filters, range(group * len(filters), (group + 1) * len(filters))


def _sums(covered: Tensor, kernels: Tensor, cell: Cell) -> Tensor:
    """(C,): what each channel of (C, h, w) adds at the cell."""
    corner = cell.place["corner"]
    (row, column), (height, width) = cell.at[1:], cell.window.size
    top = (row - corner[0]) * cell.window.stride[0]
    left = (column - corner[1]) * cell.window.stride[1]
    patches = covered[:, top : top + height, left : left + width]
    return (patches * kernels).sum(dim=(1, 2))


def batch_norm(cell: Cell) -> WorkedNorm:
    """γ (x − μ) / √(σ² + ε) + β."""
    norm = cell.module
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    parameters = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    mean, variance, weight, bias = (float(values[cell.channel]) for values in parameters)
    return WorkedNorm(
        **cell.place,
        **cell.view(_own(cell), Window()),
        mean=mean,
        variance=variance,
        eps=norm.eps,
        weight=weight,
        bias=bias,
    )


def relu(cell: Cell) -> WorkedReLU:
    """max(0, x)."""
    return WorkedReLU(**cell.place, **cell.view(_own(cell), Window()))


def max_pool(cell: Cell) -> WorkedMaxPool:
    """The largest of the window; padding never wins."""
    return WorkedMaxPool(**cell.place, **cell.view(_own(cell), cell.window, fill=-math.inf))


def average_pool(cell: Cell) -> WorkedMean:
    """The sum of a map over the number of its cells."""
    return WorkedMean(**cell.place, map=cell.inputs[0][cell.channel])


def add(cell: Cell) -> WorkedSum:
    """F(x) + x."""
    branch_path, shortcut_path = cell.sources
    both = np.stack([maps[cell.channel] for maps in cell.inputs])  # (2, H, W)
    return WorkedSum(
        **cell.place,
        **cell.view(both, Window()),
        branch_path=branch_path,
        shortcut_path=shortcut_path,
    )


def copy(cell: Cell) -> WorkedCopy:
    """Identity and flatten: the value of the same place."""
    return WorkedCopy(**cell.place, **cell.view(_own(cell), Window()))


def zero_pad(cell: Cell) -> WorkedCopy:
    """Option A: every second place; a new channel is zero."""
    assert isinstance(cell.module, ZeroPad)
    stride = cell.module.stride
    return WorkedCopy(**cell.place, **cell.view(_own(cell), Window(stride=(stride, stride))))


def linear(cell: Cell) -> WorkedScore:
    """Σ activation · weight + bias, for the class in question and for the likeliest ones."""
    classifier = cell.module
    assert isinstance(classifier, nn.Linear)
    scores = cell.output.ravel()  # (classes,)
    exact = torch.tensor(scores, dtype=torch.float64)
    probabilities = exact.softmax(dim=0) if len(scores) > 1 else exact.sigmoid()
    likeliest = np.argsort(-scores, kind="stable")[:_CLASSES].tolist()
    classes = sorted({*likeliest, cell.channel}, key=lambda label: (-scores[label], label))
    return WorkedScore(
        **cell.place,
        strongest=cell.strongest,
        activations=cell.inputs[0].ravel(),
        classes=tuple(classes),
        weights=as_array(classifier.weight[classes]),
        biases=as_array(classifier.bias[classes]),
        scores=scores[classes],
        probabilities=as_array(probabilities[classes]),
    )


def _own(cell: Cell) -> np.ndarray:
    """(1, H, W): the same channel of the input; (0, H, W) where the input does not have it."""
    return cell.inputs[0][cell.channel : cell.channel + 1]


WORKED: dict[str, Callable[[Cell], WorkedExample]] = {
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
CONTRIBUTIONS: dict[str, Callable[[Cell], Contributions]] = {
    "Conv2d": channel_sums,
    "Linear": products,
}
