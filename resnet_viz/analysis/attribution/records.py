"""What a method of attribution finds, as plain data: raw values, and where on the image they lie."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

import numpy as np

from resnet_viz.analysis.receptive_field import Field, field_box

Box = tuple[float, float, float, float]  # left, top, right, bottom on the network's input, pixels

_SAME: Final = 1e-6  # a map that varies by less, relative to its largest value, is constant


@dataclass(frozen=True, slots=True)
class ClassLogit:
    """The class that was asked about, and how the network scores it."""

    index: int  # 1 for the complement of the only one
    label: str
    logit: float
    probability: float


@dataclass(frozen=True, slots=True)
class Completeness:
    """What the values of a map add up to, beside what they have to add up to."""

    total: float
    expected: float
    meaning: str  # of `expected`, to stand in a sentence: "the logit minus the bias"

    @property
    def gap(self) -> float:
        """What is missing or too much: rounding, or too few steps."""
        return self.total - self.expected

    @property
    def sentence(self) -> str:
        """Both numbers and their difference, for the user."""
        return (
            f"The map comes to {self.total:.4g}; {self.meaning} is {self.expected:.4g}: "
            f"a gap of {self.gap:.2g}."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Heatmap:
    """One map for one class: raw values, before ReLU, normalising and resizing.

    `field` says where they lie: row r and column c have the centre of their receptive field at
    `start + c · jump`, `start + r · jump`, in pixels of the network's input, counted from 0.
    """

    method: str  # key into METHODS
    layer: str  # path as it was asked for; "input" for the image itself
    part: str  # of a block: "branch", "shortcut", "sum" or "output"; empty for what is no block
    target: ClassLogit
    values: np.ndarray = dataclasses.field(repr=False)  # (h, w) float32 or float64, read-only
    field: Field
    input_size: int  # side of the network's input, pixels
    colours: np.ndarray | None = dataclasses.field(
        default=None, repr=False
    )  # (3, h, w), whose sum the map is
    weights: np.ndarray | None = dataclasses.field(
        default=None, repr=False
    )  # (C,): α, one for each channel
    completeness: Completeness | None = None
    options: tuple[tuple[str, int | float | str], ...] = ()  # of the method

    def __post_init__(self) -> None:
        for array in (self.values, self.colours, self.weights):
            if array is not None:
                array.setflags(write=False)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.values.shape
        return rows, columns

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return float(self.values.min()), float(self.values.max())

    @property
    def positive(self) -> np.ndarray:
        """What speaks for the class: (h, w), everything below zero at zero."""
        positive: np.ndarray = np.maximum(self.values, 0)
        return positive

    @property
    def has_evidence(self) -> bool:
        """Whether there is anything to paint: a value above zero, and not the same one everywhere."""
        low, high = self.range
        return high > 0 and high - low > _SAME * max(abs(low), high)

    @property
    def note(self) -> str:
        """Why there is nothing to paint, in one sentence; empty where there is something."""
        if self.has_evidence:
            return ""
        low, high = self.range
        if high - low <= _SAME * max(abs(low), abs(high)):
            why = f"the map is {high:.4g} everywhere and so prefers no place"
        else:
            why = f"every value is zero or below, from {low:.4g} to {high:.4g}"
        return f"There is no positive evidence for {self.target.label} at {self.layer}: {why}."

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """x and y of the middle of a position's receptive field; pixel (0, 0) covers 0 to 1."""
        field_ = self.field
        return field_.start + column * field_.jump + 0.5, field_.start + row * field_.jump + 0.5

    def box(self, row: int, column: int) -> Box:
        """A position's theoretical receptive field, cut off at the image's borders."""
        return field_box(self.field, row, column, self.input_size)

    def cell(self, row: int, column: int) -> Box:
        """The square to paint for a position: one jump wide about its centre, which may leave the image."""
        x, y = self.centre(row, column)
        half = self.field.jump / 2
        return x - half, y - half, x + half, y + half

    def on_image(self) -> np.ndarray:
        """(S, S): bilinear between the centres, constant beyond the outer ones. Raw values still.

        A map that is stretched to the image instead puts position 3 of 7 on pixel 112, where its field's
        centre is on pixel 96.
        """
        rows, columns = (_interpolation(self.field, n, self.input_size) for n in self.values.shape)
        resized: np.ndarray = rows @ self.values @ columns.T
        return resized


def _interpolation(field_: Field, count: int, side: int) -> np.ndarray:
    """(side, count): how much each position along one axis gives to each pixel."""
    centres = field_.start + field_.jump * np.arange(count)
    pixels = np.arange(side)
    return np.stack([np.interp(pixels, centres, one) for one in np.eye(count)], axis=1)
