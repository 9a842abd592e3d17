"""Shattered gradients: Balduzzi et al. 2017 (arXiv 1702.08591), section 2, measured anew from a seed.

Networks of one number: 256 of them in a row go through the same fully connected network, and the
derivative of the output is taken at each. In a deep plain network neighbours have derivatives that have
nothing to do with each other, like white noise; with shortcuts they resemble each other for longer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from resnet_viz import jobs

POINTS: Final = 256  # inputs, evenly from −2 to 2
WIDTH: Final = 200  # neurons of a layer
LAGS: Final = 15  # distances between inputs at which derivatives are compared, in steps of the row
_SPAN: Final = 2.0

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ShatteredGradient:
    """One network's derivatives along the row of inputs.

    Attributes:
        depth: layers, or blocks of one layer each.
        residual: whether each layer has a shortcut.
        gradient: (POINTS,) of the first seed, standardised to mean 0 and deviation 1.
        correlation: (LAGS + 1,) autocorrelation at 0, 1, 2 … steps, mean over the seeds.
    """

    depth: int
    residual: bool
    gradient: Array = field(repr=False)
    correlation: Array = field(repr=False)


def shattered_gradient(
    depth: int, seeds: tuple[int, ...], *, residual: bool, scale: float = 1.0
) -> ShatteredGradient:
    """Measure how much the derivatives of neighbouring inputs have in common.

    Args:
        depth: layers.
        seeds: of the networks that are drawn.
        residual: with shortcuts: h + scale · F(h) in place of F(h).
        scale: of the branches; the paper's β.
    """
    gradients = [derivatives(depth, seed, residual, scale) for seed in seeds]
    correlation = np.mean([autocorrelation(gradient) for gradient in gradients], axis=0)
    first = gradients[0]
    return ShatteredGradient(depth, residual, (first - first.mean()) / first.std(), correlation)


def derivatives(depth: int, seed: int, residual: bool, scale: float) -> Array:
    """(POINTS,) ∂output/∂input, carried along with the values from layer to layer.

    A layer is W · relu(norm(h)): weights from N(0, 2 / WIDTH), He et al. 2015b; the norm uses mean and
    deviation of the row of inputs, which the derivative takes as given.
    """
    rng = np.random.default_rng(seed)
    inputs = np.linspace(-_SPAN, _SPAN, POINTS)[:, None]
    first = rng.normal(0, 1, (1, WIDTH))
    h = inputs @ first + rng.normal(0, 1, WIDTH)  # (POINTS, WIDTH)
    slope = np.repeat(first, POINTS, axis=0)  # ∂h/∂input
    for _ in range(depth):
        jobs.check()
        weight = rng.normal(0, np.sqrt(2 / WIDTH), (WIDTH, WIDTH))
        deviation = h.std(axis=0) + 1e-12
        on = h > h.mean(axis=0)
        branch = (on * (h - h.mean(axis=0)) / deviation) @ weight
        branch_slope = (on * slope / deviation) @ weight
        if residual:
            h, slope = h + scale * branch, slope + scale * branch_slope
        else:
            h, slope = branch, branch_slope
    gradient: Array = slope @ rng.normal(0, WIDTH**-0.5, WIDTH)
    return gradient


def autocorrelation(values: Array) -> Array:
    """(LAGS + 1,) how alike a row is to itself moved by 0, 1, 2 … steps; 1 at 0."""
    centred = values - values.mean()
    power = float(centred @ centred)
    return np.array(
        [float(centred[: len(values) - lag] @ centred[lag:]) / power for lag in range(LAGS + 1)]
    )
