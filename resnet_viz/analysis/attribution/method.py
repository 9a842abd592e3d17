"""What all methods of attribution share: what they are given, what they find, and what they say of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import ClassVar

import torch
from torch import Tensor, nn

from resnet_viz.analysis.attribution.passes import Passes
from resnet_viz.analysis.attribution.records import Completeness
from resnet_viz.analysis.attribution.target import best, score
from resnet_viz.analysis.receptive_field import Field
from resnet_viz.errors import MethodError

PIXELS = Field()  # every pixel by itself


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a method at a layer works with, for one image and one class."""

    activations: Tensor  # (C, h, w): what the layer puts out
    gradients: Tensor  # (C, h, w): how the logit changes with each of them
    logits: Tensor  # (K,)
    index: int  # of the class
    row: Tensor | None = None  # (C,): its row of the classifier's weights, at the last stage
    bias: float = 0.0  # its bias, likewise

    @property
    def logit(self) -> float:
        """The score of the class."""
        return float(score(self.logits[None], self.index))


@dataclass(frozen=True, slots=True)
class Found:
    """What a method found, before it is told of whom."""

    values: Tensor  # (h, w)
    colours: Tensor | None = None  # (3, h, w), whose sum the values are
    weights: Tensor | None = None  # (C,)
    field: Field | None = None  # where the values lie; None for the layer's own
    completeness: Completeness | None = None


@dataclass(frozen=True)
class Method(ABC):
    """One way to say what speaks for a class. Its fields are its options; equal ones are equal keys."""

    slug: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]  # paper and equation
    shows: ClassVar[str]  # one sentence
    hides: ClassVar[str]  # one sentence on what it does not show

    @property
    def options(self) -> dict[str, int | float | str]:
        """Its options by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


class LayerMethod(Method):
    """A method that weighs the activations of a layer: one forward pass, and the way back to the layer."""

    @abstractmethod
    def find(self, evidence: Evidence) -> Found:
        """The map of the layer; raises `MethodError` where it has no meaning."""

    def check(self, layer: str, last: bool, last_layer: str) -> None:
        """Raise `MethodError` for a layer at which the method has no meaning."""


class PixelMethod(Method):
    """A method that asks about the pixels of the image, in one pass or in many."""

    @abstractmethod
    def passes(self, side: int) -> int:
        """How many images it sends through for an input of that side; raises `MethodError`."""

    @abstractmethod
    def find(self, passes: Passes) -> Found:
        """The map of the image."""

    def fewer(self, most: int, side: int) -> str:
        """What to choose so that at most so many images are sent through, as half a sentence."""
        return "choose a smaller input size"

    @property
    def goes_back(self) -> bool:
        """Whether its passes come back with a gradient."""
        return True


def evidence(
    network: nn.Module,
    input_tensor: Tensor,
    path: str,
    index: int | None = None,
    classifier: str = "",
) -> Evidence:
    """Run (1, 3, H, W) once through and from the logit back to the layer at `path`, and no further.

    Without `index` it is the most probable class. `classifier` is the path of the layer whose inputs the
    maps at `path` are, pooled.
    """
    with torch.enable_grad(), graph_from(network, path) as seen:
        logits = network(input_tensor)  # (1, K)
        found = best(logits.detach()[0]) if index is None else index
        gradients = _gradient(score(logits, found).sum(), seen[0])
    row, bias = _row(network, classifier, found) if classifier else (None, 0.0)
    return Evidence(seen[0].detach()[0], gradients[0], logits.detach()[0], found, row, bias)


@contextmanager
def graph_from(network: nn.Module, path: str) -> Iterator[list[Tensor]]:
    """Let torch follow what is computed from the output of the module at `path` on, and nothing before."""
    seen: list[Tensor] = []

    def begin(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        leaf = output.detach().requires_grad_()
        seen.append(leaf)
        return leaf

    handle = network.get_submodule(path).register_forward_hook(begin)
    try:
        yield seen
    finally:
        handle.remove()


def _gradient(value: Tensor, leaf: Tensor) -> Tensor:
    """∂value/∂leaf; zero where the one does not follow from the other, as in an altered block."""
    if not value.requires_grad:
        return torch.zeros_like(leaf)
    (gradient,) = torch.autograd.grad(value, leaf)
    return gradient


def check_number(name: str, value: float, low: float, high: float) -> None:
    """Raise `MethodError` for an option outside its limits."""
    if not low <= value <= high:
        raise MethodError(f"{name} {value:g} is not accepted; choose {low:g} to {high:,g}.")


def _row(network: nn.Module, classifier: str, index: int) -> tuple[Tensor, float]:
    """A class's weights and bias; those of one logit's complement have the other sign."""
    layer = network.get_submodule(classifier)
    weight, bias = layer.get_parameter("weight").detach(), layer.get_parameter("bias").detach()
    if index < len(bias):
        return weight[index], float(bias[index])
    return -weight[0], -float(bias[0])
