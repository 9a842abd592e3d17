"""What layers work out that read everything at once: the average pool and the classifier."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from resnet_viz.analysis.worked_example.records import WorkedExample


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedMean(WorkedExample):
    """The mean of a whole map: sum / count."""

    map: np.ndarray = field(repr=False)  # (H, W)

    @property
    def origin(self) -> tuple[int, int, int]:
        row, column = divmod(int(self.map.argmax()), self.map.shape[1])
        return self.channel, row, column

    @property
    def sum(self) -> float:
        return float(self.map.sum(dtype=np.float64))

    @property
    def count(self) -> int:
        return self.map.size

    @property
    def total(self) -> float:
        return self.sum / self.count


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One input channel's word on a class."""

    channel: int
    activation: float
    weight: float

    @property
    def product(self) -> float:
        return self.activation * self.weight


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorkedScore(WorkedExample):
    """The score of one class (`channel`): positive + negative + rest + bias = total.

    The other classes are the likeliest of the image, so that the same channels can be asked about them.
    """

    strongest: int  # how many channels are shown one by one, on each side
    activations: np.ndarray = field(repr=False)  # (C,)
    classes: tuple[int, ...]  # by score, the highest first; `channel` is one of them
    weights: np.ndarray = field(repr=False)  # (classes, C)
    biases: np.ndarray = field(repr=False)  # (classes,)
    scores: np.ndarray = field(repr=False)  # (classes,): as the network put them out
    probabilities: np.ndarray = field(
        repr=False
    )  # (classes,): softmax over all classes; the sigmoid of one

    def of(self, label: int) -> WorkedScore:
        """The same for another one of `classes`."""
        score = self.scores[[self.classes.index(label)]].reshape(1, 1)
        return replace(self, channel=label, outputs=score)

    @property
    def origin(self) -> tuple[int, int, int]:
        return int(self.products.argmax()), 0, 0

    @property
    def products(self) -> np.ndarray:
        """(C,) float64: what each channel says of the class."""
        weights = self.weights[self.classes.index(self.channel)]
        products: np.ndarray = np.multiply(self.activations, weights, dtype=np.float64)
        return products

    @property
    def bias(self) -> float:
        return float(self.biases[self.classes.index(self.channel)])

    @property
    def positive(self) -> tuple[Term, ...]:
        """What speaks most for the class, the strongest first."""
        order = np.argsort(-self.products, kind="stable")[: self.strongest]
        return self._terms([i for i in order if self.products[i] > 0])

    @property
    def negative(self) -> tuple[Term, ...]:
        """What speaks most against it."""
        order = np.argsort(self.products, kind="stable")[: self.strongest]
        return self._terms([i for i in order if self.products[i] < 0])

    @property
    def rest(self) -> float:
        """The sum over all other channels."""
        named = [term.channel for term in (*self.positive, *self.negative)]
        return float(np.delete(self.products, named).sum())

    @property
    def rest_channels(self) -> int:
        return len(self.activations) - len(self.positive) - len(self.negative)

    @property
    def total(self) -> float:
        return float(self.products.sum()) + self.bias

    def _terms(self, channels: list[int]) -> tuple[Term, ...]:
        weights = self.weights[self.classes.index(self.channel)]
        return tuple(Term(int(i), float(self.activations[i]), float(weights[i])) for i in channels)
