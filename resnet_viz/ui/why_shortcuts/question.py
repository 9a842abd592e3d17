"""What is to be predicted before anything is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answers, of which the measurement makes one right."""

    asks: str
    options: tuple[str, ...]
    right: int  # number of the option that the measured figures say


def by_limits(asks: str, value: float, limits: Sequence[float], options: Sequence[str]) -> Question:
    """A question for a measured number: each option holds up to its limit, the last one above all."""
    right = sum(value > limit for limit in limits)
    return Question(asks, tuple(options), right)
