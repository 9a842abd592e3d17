"""So many of so many, and how far the share can be trusted: Wilson's interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

_Z: Final = 1.959964  # standard deviations of a normal distribution that hold 95 % of it


@dataclass(frozen=True, slots=True)
class Proportion:
    """A count out of a number of independent cases.

    Raises:
        ValueError: it is not between 0 and that number, or there are no cases.
    """

    count: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.of or self.of < 1:
            raise ValueError(f"{self.count} of {self.of} is no proportion.")

    @property
    def share(self) -> float:
        return self.count / self.of

    @property
    def interval(self) -> tuple[float, float]:
        """The shares of which the count is not a surprise at the 95 % level, from low to high.

        (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n): Wilson 1927, "Probable Inference, the Law of
        Succession, and Statistical Inference"; Newcombe 1998, method 3. Unlike p ± z √(p(1 − p)/n) it has
        a width where all cases or none count.
        """
        p, n, square = self.share, self.of, _Z**2
        middle = p + square / (2 * n)
        half = _Z * math.sqrt(p * (1 - p) / n + square / (4 * n * n))
        scale = 1 + square / n
        return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
