"""How a network is trained, in a dozen numbers: the recipes of this package."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import torch

from resnet_viz.errors import ConfigError

PRECISIONS: Final[Mapping[str, torch.dtype]] = MappingProxyType(
    {"float32": torch.float32, "bfloat16": torch.bfloat16}
)
Schedule = Callable[[float, float], float]  # share of all steps, warm-up -> share of the peak rate


def one_cycle(done: float, warm_up: float) -> float:
    """A straight rise to 1, then half a cosine down to 0 (Smith and Topin 2017, annealed)."""
    if done < warm_up:
        return done / warm_up
    return (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up))) / 2


def steps(done: float, warm_up: float) -> float:
    """1, a tenth after half of the steps, a hundredth after three quarters (He et al. 2015, 4.2)."""
    return 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01


SCHEDULES: Final[Mapping[str, Schedule]] = MappingProxyType(
    {"one-cycle": one_cycle, "steps": steps}
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Stochastic gradient descent with momentum, and how its rate goes over the epochs.

    Raises:
        ConfigError: a number makes no training.
    """

    epochs: int
    batch: int
    peak_rate: float
    schedule: str  # key of SCHEDULES
    warm_up: float  # share of all steps
    augmentation: str  # key of augmentation.AUGMENTATIONS
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 5e-4
    decay_norms: bool = False  # whether biases and BatchNorm's scales decay too
    label_smoothing: float = 0.0
    precision: str = "float32"  # of convolutions and their gradients: key of PRECISIONS

    def __post_init__(self) -> None:
        for name, value, least in (("Epochs", self.epochs, 1), ("Batch", self.batch, 2)):
            if value < least:
                raise ConfigError(f"{name} {value} is not accepted; choose at least {least}.")

    def rate(self, done: float) -> float:
        """The learning rate after a share of all steps, 0 to 1."""
        return self.peak_rate * SCHEDULES[self.schedule](done, self.warm_up)


SHAPES: Final = Recipe(
    epochs=12,
    batch=64,
    peak_rate=0.1,
    schedule="one-cycle",
    warm_up=0.15,
    augmentation="turn-recolour",
    label_smoothing=0.05,
)
SHORT: Final = Recipe(
    epochs=30,
    batch=64,
    peak_rate=0.1,
    schedule="one-cycle",
    warm_up=0.2,
    augmentation="crop-flip",
)
# He et al. 2015, section 4.2: batch 128, rate 0.1, divided by ten after 32 k and 48 k of 64 k
# iterations, which are 164 epochs of 390. Their ResNet-110 starts at 0.01.
PAPER: Final = Recipe(
    epochs=164,
    batch=128,
    peak_rate=0.1,
    schedule="steps",
    warm_up=0.0,
    augmentation="crop-flip",
    nesterov=False,
    weight_decay=1e-4,
    decay_norms=True,
)
# The paper's, shortened to what four networks had time for. Mixed precision, Micikevicius et al. 2018:
# parameters, their update and the statistics of BatchNorm stay float32. Faster on GPUs, and on processors
# that multiply bfloat16 numbers; slower on others.
MIXED: Final = replace(PAPER, epochs=100, precision="bfloat16")
RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {"short": SHORT, "paper": PAPER, "mixed": MIXED, "shapes": SHAPES}
)
