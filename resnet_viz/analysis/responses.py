"""How strongly each layer responds: He et al. 2015, section 4.2 and figure 7."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from resnet_viz.analysis.forward import ModuleIO, finite, forward_hooks, run_forward, traced
from resnet_viz.analysis.records import Trace
from resnet_viz.analysis.sums import deviation
from resnet_viz.images import ImageInput
from resnet_viz.model.resnet import ResNet
from resnet_viz.model.roles import Role
from resnet_viz.weights.loaded import LoadedModel


def layer_responses(loaded: LoadedModel, image: ImageInput) -> tuple[tuple[str, float], ...]:
    """The standard deviation of what each norm of a branch puts out, before any ReLU or sum.

    The paper takes the deviation over its test images; here it is over all values of one image.
    """
    norms = branch_norms(traced(loaded))

    def forward(network: ResNet, input_tensor: Tensor) -> tuple[tuple[str, float], ...]:
        found: list[tuple[str, float]] = []

        def measure(path: str, passage: ModuleIO) -> None:
            found.append((path, float(finite(np.array(deviation(passage.output))))))

        with torch.inference_mode(), forward_hooks(network, norms, measure):
            network(input_tensor)
        return tuple(found)

    return run_forward(loaded, image, forward)


def branch_norms(trace: Trace) -> tuple[str, ...]:
    """The norms of all branches, in the order in which they run."""
    return tuple(
        row.path for row in trace.leaves() if row.kind == "BatchNorm2d" and row.role is Role.BRANCH
    )
