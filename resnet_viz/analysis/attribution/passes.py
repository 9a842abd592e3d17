"""Forward and backward passes for a method, a batch at a time, with progress and room for others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from resnet_viz.analysis.attribution.target import probability, score
from resnet_viz.analysis.records import Trace
from resnet_viz.errors import MethodError
from resnet_viz.images import Preprocessing
from resnet_viz.one_line import quoted

T = TypeVar("T")

BASELINES = ("mean", "black", "white")


class Run(Protocol):
    """Call `forward(network, images)` while nobody else runs the network."""

    def __call__(self, inputs: Tensor, forward: Callable[[Any, Tensor], T]) -> T: ...


def fills(preprocessing: Preprocessing, dtype: torch.dtype) -> dict[str, Tensor]:
    """What a pixel without information is, (1, 3, 1, 1) in the network's own units, by name.

    "mean" is the mean colour of the training images, which normalising turns into zero.
    """
    mean = torch.tensor(preprocessing.mean, dtype=dtype).view(1, 3, 1, 1)
    std = torch.tensor(preprocessing.std, dtype=dtype).view(1, 3, 1, 1)
    return {
        "mean": torch.zeros_like(mean),
        "black": -mean / std,
        "white": (preprocessing.white - mean) / std,
    }


def check_baseline(name: str) -> None:
    """Raise `MethodError` for a baseline that there is not."""
    if name not in BASELINES:
        raise MethodError(
            f"There is no baseline {quoted(name, 40)}; choose one of {', '.join(BASELINES)}."
        )


@dataclass(frozen=True, slots=True)
class Passes:
    """One image and one class, for which a method may ask again and again; tensors are on the CPU."""

    run: Run
    input_tensor: Tensor  # (1, 3, H, W), normalised
    index: int  # of the class
    logit: float  # of the class, for the image
    batch: int  # images at once
    fills: Mapping[str, Tensor]  # (1, 3, 1, 1) by the name of a baseline
    report: Callable[[int], None] = lambda images: None  # so many more are through
    trace: Trace | None = None  # of the network, where it is one of ours

    @property
    def side(self) -> int:
        """Side of the image, pixels."""
        return int(self.input_tensor.shape[-1])

    def chunks(self, count: int) -> Iterator[range]:
        """The numbers from 0 to `count`, as many at once as go through in one pass."""
        for begin in range(0, count, self.batch):
            yield range(begin, min(count, begin + self.batch))

    def scores(self, inputs: Tensor) -> Tensor:
        """(N,): the logit of the class for (N, 3, H, W)."""
        return self._asked(inputs, score)

    def probabilities(self, inputs: Tensor) -> Tensor:
        """(N,): the probability of the class for (N, 3, H, W)."""
        return self._asked(inputs, probability)

    def gradients(self, inputs: Tensor) -> Tensor:
        """(N, 3, H, W): how the logit of the class changes with each value of the images."""

        def forward(network: nn.Module, batch: Tensor) -> Tensor:
            leaf = batch.detach().clone().requires_grad_()
            with torch.enable_grad():
                logits = score(network(leaf), self.index)  # (N,)
                (gradient,) = torch.autograd.grad(logits.sum(), leaf)
            return gradient.cpu()

        found = self.run(inputs, forward)
        self.report(len(inputs))
        return found

    def _asked(self, inputs: Tensor, measure: Callable[[Tensor, int], Tensor]) -> Tensor:
        """(N,): what is measured of the class in the logits (N, K)."""

        def forward(network: nn.Module, batch: Tensor) -> Tensor:
            with torch.inference_mode():
                return measure(network(batch), self.index).cpu()

        found = self.run(inputs, forward)
        self.report(len(inputs))
        return found
