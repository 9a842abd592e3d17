"""What a unit really looks at: Luo et al. 2016, "Understanding the Effective Receptive Field" (1701.04128).

The theoretical field is the square outside of which no pixel can change the unit; inside of it, how much
each pixel does is the gradient.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from resnet_viz.analysis import price
from resnet_viz.analysis.forward import (
    as_array,
    as_maps,
    check_unit,
    forward_until,
    record_io,
    run_forward,
    traced,
)
from resnet_viz.analysis.receptive_field import field_box
from resnet_viz.images import ImageInput
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class EffectiveField:
    """How much each pixel moves one unit, beside the square that could."""

    path: str
    channel: int | None  # None: the sum over all channels
    row: int
    column: int
    value: float  # of the unit, or of the sum over all channels
    gradient: np.ndarray = field(repr=False)  # (H, W) float32: Σ over RGB of |∂unit/∂pixel|
    box: Box  # left, top, right, bottom of the theoretical field on the image, pixels
    side: int  # of the theoretical field before it was cut at the borders, pixels
    centre: tuple[float, float]  # x, y of its middle, which may lie off the image, pixels

    @property
    def mass(self) -> float:
        """The sum over all pixels; 0 for a unit that a ReLU has switched off."""
        return float(self.gradient.sum(dtype=np.float64))

    def inside(self, side: float) -> float:
        """The share of the mass in the square of that side, pixels, about the centre; 0 without any."""
        if not self.mass:
            return 0.0
        return float(self.gradient[self._reach() <= side / 2].sum(dtype=np.float64)) / self.mass

    def side_holding(self, share: float) -> float:
        """Side in pixels of the smallest square about the centre with that share; 0 without any mass.

        What the image's border cuts off counts as empty.
        """
        if not self.mass:
            return 0.0
        reach, order = self._reach().ravel(), np.argsort(self._reach().ravel(), kind="stable")
        sums = np.cumsum(self.gradient.ravel()[order], dtype=np.float64)
        enough = int(np.searchsorted(sums, share * sums[-1]))
        return 2 * float(reach[order[enough]])

    def area_holding(self, share: float) -> float:
        """The area of that square as a fraction of the theoretical field's; 0 without any mass.

        Of both only what lies on the image counts, since no pixel beyond can move the unit. For the
        same gradient at every pixel of the field the fraction is the share itself.
        """
        if not self.mass:
            return 0.0
        return _area(self.square(self.side_holding(share))) / _area(self.box)

    def square(self, side: float) -> Box:
        """Left, top, right, bottom of the square of that side about the centre, on the image."""
        (height, width), (x, y), half = self.gradient.shape, self.centre, side / 2
        return max(x - half, 0), max(y - half, 0), min(x + half, width), min(y + half, height)

    def _reach(self) -> np.ndarray:
        """(H, W): half the side of the square about the centre that just holds each pixel."""
        height, width = self.gradient.shape
        x, y = self.centre
        across = np.abs(np.arange(width) + 0.5 - x)
        down = np.abs(np.arange(height) + 0.5 - y)
        reach: np.ndarray = np.maximum(down[:, None], across[None, :]) + 0.5
        return reach


def effective_field(
    loaded: LoadedModel, image: ImageInput, path: str, channel: int | None, row: int, column: int
) -> EffectiveField:
    """|∂(unit) / ∂(pixel)| over the normalised image, one forward and one backward pass.

    Raises:
        PathError: the network has no such layer or unit.
        ConfigError: the backward pass would need too much memory.
    """
    trace = traced(loaded)
    layer = trace[trace.producer(path)]
    check_unit(layer, channel or 0, row, column)
    price.check(trace.config, trace.input_size, price.price_of_gradient(trace, layer))

    def forward(network: ResNet, input_tensor: Tensor) -> tuple[float, np.ndarray]:
        input_tensor.requires_grad_()
        with torch.enable_grad(), record_io(network, [layer.path]) as seen:
            forward_until(network, input_tensor, layer.path)
            unit = as_maps(seen[layer.path].output)[:, row, column]  # (C,)
            target = unit.sum() if channel is None else unit[channel]
            (gradient,) = torch.autograd.grad(target, input_tensor)  # (1, 3, H, W)
        return target.item(), as_array(gradient[0].abs().sum(dim=0))  # (H, W)

    theory = layer.field
    value, gradient = run_forward(loaded, image, forward)
    return EffectiveField(
        path,
        channel,
        row,
        column,
        value,
        gradient,
        box=field_box(theory, row, column, trace.input_size),
        side=layer.receptive_field,
        centre=(theory.start + column * theory.jump + 0.5, theory.start + row * theory.jump + 0.5),
    )


def _area(box: Box) -> float:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)
