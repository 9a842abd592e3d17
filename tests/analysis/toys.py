"""The toy network of captum's own tests of Grad-CAM, built anew: its published numbers are known."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn


def one_conv() -> nn.Sequential:
    """Two filters of ones with bias −50 and −75, ReLU, four equal rows of five 1 and three −1, ReLU.

    captum's `BasicModel_ConvNet_One_Conv`, which `tests/attr/layer/test_grad_cam.py` asks about.
    """
    conv, fc = nn.Conv2d(1, 2, 3), nn.Linear(8, 4)
    with torch.no_grad():
        conv.weight.fill_(1)
        conv.bias.copy_(torch.tensor([-50.0, -75.0]))  # type: ignore[union-attr]
        fc.weight.copy_(torch.tensor([[1.0] * 5 + [-1.0] * 3] * 4))
        fc.bias.zero_()
    modules = {
        "conv1": conv, "relu1": nn.ReLU(), "flatten": nn.Flatten(), "fc1": fc, "relu2": nn.ReLU(),
    }  # fmt: skip
    return nn.Sequential(OrderedDict(modules)).requires_grad_(False)


def counted() -> Tensor:
    """(1, 1, 4, 4): 0 to 15."""
    return torch.arange(16.0).view(1, 1, 4, 4)
