"""What every input channel adds to one unit, where a layer sums over channels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """One number for each input channel of a convolution or the classifier; with the bias, their sum
    is the unit."""

    channels: range  # of what the layer reads; of a grouped convolution, those of the unit's group
    values: np.ndarray = field(repr=False)  # (channels,) float64, read-only

    def __post_init__(self) -> None:
        self.values.setflags(write=False)

    @property
    def half(self) -> int:
        """How many channels, the largest first, make up half of all that is added or taken away."""
        sizes = -np.sort(-np.abs(self.values))
        shares = sizes.cumsum()
        return int(np.searchsorted(shares, shares[-1] / 2)) + 1 if shares[-1] else 0
