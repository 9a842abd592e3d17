"""The arithmetic of one cell, one function for each kind of layer, in float64."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from torch import nn

from resnet_viz.analysis.by_hand.cell import Cell
from resnet_viz.analysis.by_hand.records import (
    ChannelSum,
    Term,
    Worked,
    WorkedConvolution,
    WorkedCopy,
    WorkedMaxPool,
    WorkedMean,
    WorkedNorm,
    WorkedReLU,
    WorkedScore,
    WorkedSum,
)
from resnet_viz.analysis.question import as_array
from resnet_viz.model.blocks import ZeroPad


def convolution(cell: Cell) -> WorkedConvolution:
    """Σ over input channels and window; a grouped filter sees the channels of its group alone."""
    conv = cell.module
    assert isinstance(conv, nn.Conv2d)
    filters = as_array(conv.weight[cell.channel])  # (C_in / groups, kh, kw)
    group = cell.channel // (conv.out_channels // conv.groups)
    inputs = range(group * len(filters), (group + 1) * len(filters))
    patches, padded = cell.window(inputs, fill=0.0)  # (C_in / groups, kh, kw), (kh, kw)
    sums = (patches.astype(np.float64) * filters).sum(axis=(1, 2))  # (C_in / groups,)
    order = np.argsort(-np.abs(sums), kind="stable")
    first, others = order[: cell.strongest], order[cell.strongest :]
    top, left = cell.corner()
    return WorkedConvolution(
        **cell.place,
        total=float(sums.sum()),
        top=top,
        left=left,
        padded=padded,
        strongest=tuple(ChannelSum(inputs[i], patches[i], filters[i]) for i in first),
        rest=float(sums[others].sum()),
        rest_channels=len(others),
        groups=conv.groups,
        inputs=inputs,
    )


def batch_norm(cell: Cell) -> WorkedNorm:
    """γ (x − μ) / √(σ² + ε) + β."""
    norm = cell.module
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    before = cell.input()
    parameters = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    mean, variance, weight, bias = (float(values[cell.channel]) for values in parameters)
    return WorkedNorm(
        **cell.place,
        total=weight * (before - mean) / math.sqrt(variance + norm.eps) + bias,
        before=before,
        mean=mean,
        variance=variance,
        eps=norm.eps,
        weight=weight,
        bias=bias,
    )


def relu(cell: Cell) -> WorkedReLU:
    """max(0, x)."""
    before = cell.input()
    return WorkedReLU(**cell.place, total=max(0.0, before), before=before)


def max_pool(cell: Cell) -> WorkedMaxPool:
    """The largest of the window; padding never wins."""
    windows, padded = cell.window(range(cell.channel, cell.channel + 1), fill=-math.inf)
    window = windows[0]  # (kh, kw)
    row, column = divmod(int(window.argmax()), window.shape[1])
    top, left = cell.corner()
    return WorkedMaxPool(
        **cell.place,
        total=float(window[row, column]),
        top=top,
        left=left,
        padded=padded,
        window=window,
        winner=(row, column),
    )


def average_pool(cell: Cell) -> WorkedMean:
    """The sum of a map over the number of its cells."""
    values = as_array(cell.input_maps[cell.channel])  # (H, W)
    total = float(values.sum(dtype=np.float64))
    return WorkedMean(
        **cell.place, total=total / values.size, map=values, sum=total, count=values.size
    )


def add(cell: Cell) -> WorkedSum:
    """F(x) + x."""
    branch, shortcut = cell.input(0), cell.input(1)
    branch_path, shortcut_path = cell.sources
    return WorkedSum(
        **cell.place,
        total=branch + shortcut,
        branch=branch,
        shortcut=shortcut,
        branch_path=branch_path,
        shortcut_path=shortcut_path,
    )


def copy(cell: Cell) -> WorkedCopy:
    """Identity and flatten: the value of the same place."""
    return WorkedCopy(**cell.place, total=cell.input(), source=cell.at)


def zero_pad(cell: Cell) -> WorkedCopy:
    """Option A: every second place; a new channel is zero."""
    maps, (channel, row, column) = cell.input_maps, cell.at
    assert isinstance(cell.module, ZeroPad)
    if channel >= len(maps):
        return WorkedCopy(**cell.place, total=0.0, source=None)
    source = (channel, row * cell.module.stride, column * cell.module.stride)
    return WorkedCopy(**cell.place, total=float(maps[source]), source=source)


def linear(cell: Cell) -> WorkedScore:
    """Σ activation · weight + bias for one class."""
    classifier = cell.module
    assert isinstance(classifier, nn.Linear)
    activations = as_array(cell.input_maps).ravel()  # (C,)
    weights = as_array(classifier.weight[cell.channel])  # (C,)
    products = activations.astype(np.float64) * weights
    order = np.argsort(-products, kind="stable")
    most = [i for i in order[: cell.strongest] if products[i] > 0]
    least = [i for i in order[::-1][: cell.strongest] if products[i] < 0]
    rest = np.delete(products, [*most, *least])
    bias = float(classifier.bias[cell.channel])

    def terms(channels: list[int]) -> tuple[Term, ...]:
        return tuple(Term(int(i), float(activations[i]), float(weights[i])) for i in channels)

    return WorkedScore(
        **cell.place,
        total=float(products.sum()) + bias,
        positive=terms(most),
        negative=terms(least),
        rest=float(rest.sum()),
        rest_channels=len(rest),
        bias=bias,
    )


WORKED: dict[str, Callable[[Cell], Worked]] = {
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
