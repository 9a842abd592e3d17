"""How the network is trained, in a dozen numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from resnet_viz.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Recipe:
    """Stochastic gradient descent with Nesterov's momentum; a warm-up, then a cosine to zero.

    Raises:
        ConfigError: there is nothing to learn from.
    """

    epochs: int = 12
    pictures: int = 20_000
    validation_pictures: int = 1_200
    batch: int = 64
    peak_rate: float = 0.1
    warm_up: float = 0.15  # share of all steps
    momentum: float = 0.9
    weight_decay: float = 5e-4  # of convolutions and the classifier; norms have none
    label_smoothing: float = 0.05

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise ConfigError(f"Epochs {self.epochs} is not accepted; choose at least 1.")
        if self.pictures < self.batch:
            raise ConfigError(
                f"Pictures {self.pictures:,} is not accepted; choose at least a batch, {self.batch}."
            )

    def rate(self, done: float) -> float:
        """The learning rate after a share of all steps, 0 to 1."""
        if done < self.warm_up:
            return self.peak_rate * done / self.warm_up
        angle = math.pi * (done - self.warm_up) / (1 - self.warm_up)
        return self.peak_rate * (1 + math.cos(angle)) / 2
