"""A private copy of a network in float64, for answers that are compared to the ninth digit."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from resnet_viz.errors import DeviceError
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel


def in_double(loaded: LoadedModel) -> LoadedModel:
    """The same network, altered or not, with numbers of its own in float64; `loaded` stays as it is.

    Images are normalised in float32, as for every network here, and widened then.

    Raises:
        DeviceError: the device cannot compute in float64.
    """
    if loaded.device.startswith("mps"):
        raise DeviceError("Apple's GPUs do not compute in float64; choose the device cpu for it.")
    twin = loaded.run(_widened)
    return LoadedModel(loaded.config, loaded.weights, twin, loaded.device, loaded.note)


def _widened(network: ResNet) -> ResNet:
    """A copy of the modules in which every floating-point tensor is replaced by a wider one."""
    wide: dict[int, Any] = {}
    for parameter in network.parameters():
        wide[id(parameter)] = nn.Parameter(parameter.detach().double(), requires_grad=False)
    for buffer in network.buffers():
        if buffer.is_floating_point():
            wide[id(buffer)] = buffer.double()
    return copy.deepcopy(network, wide)  # takes what it finds there for copied already


def dtype_of(network: nn.Module) -> torch.dtype:
    """The type of a network's numbers."""
    return next(network.parameters()).dtype
