"""The gradient of one batch's loss: a forward and a backward pass, on a GPU as one CUDA graph.

A small network keeps a GPU busy for less time than Python takes to launch its kernels one by one; a graph
of them is launched at once.
"""

from __future__ import annotations

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_viz.model.resnet import ResNet
from resnet_viz.training.recipe import PRECISIONS, Recipe

_WARM_UPS: Final = (
    3  # passes before one is captured: libraries choose their kernels in the first ones
)

Answers = tuple[
    Tensor, Tensor
]  # cross-entropy in nats, and how many are right: scalars on the device


class BatchGradient:
    """Sets the gradient of every parameter to that of a batch's loss."""

    def __init__(self, network: ResNet, recipe: Recipe) -> None:
        self._network, self._recipe = network, recipe

    def __call__(self, inputs: Tensor, labels: Tensor) -> Answers:
        """Run forward and backward in training mode.

        Args:
            inputs: (N, 3, H, W) float32, normalised.
            labels: (N,) their classes.
        """
        precision = PRECISIONS[self._recipe.precision]
        with torch.autocast(inputs.device.type, precision, precision != torch.float32):
            scores = self._network(inputs)
        scores = scores.float()  # (N, classes)
        loss = F.cross_entropy(scores, labels, label_smoothing=self._recipe.label_smoothing)
        for parameter in self._network.parameters():
            parameter.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        answers = scores.detach()
        return F.cross_entropy(answers, labels), (answers.argmax(dim=1) == labels).sum()


class CapturedGradient:
    """The same on a GPU, captured once and replayed for every batch of the same size."""

    def __init__(
        self, gradient: BatchGradient, network: ResNet, batch: tuple[Tensor, Tensor]
    ) -> None:
        self._inputs, self._labels = (each.clone() for each in batch)
        with torch.cuda.device(self._inputs.device):  # a stream belongs to the current one
            self._capture(gradient, network)

    def _capture(self, gradient: BatchGradient, network: ResNet) -> None:
        kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                gradient(self._inputs, self._labels)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, stream=stream):
            self._answers = gradient(self._inputs, self._labels)
        network.load_state_dict(kept)  # the warm-ups have moved BatchNorm's statistics

    def __call__(self, inputs: Tensor, labels: Tensor) -> Answers:
        """See `BatchGradient`; the batch must be as large as the one that was captured."""
        self._inputs.copy_(inputs)
        self._labels.copy_(labels)
        with torch.cuda.device(self._inputs.device):
            self._graph.replay()
        loss, right = self._answers
        return loss.clone(), right.clone()
