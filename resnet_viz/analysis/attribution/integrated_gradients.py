"""Integrated gradients: the gradient along the way from a baseline to the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from resnet_viz.analysis.attribution.method import PIXELS, Found, PixelMethod, check_number
from resnet_viz.analysis.attribution.passes import Passes, check_baseline
from resnet_viz.analysis.attribution.records import Completeness


@dataclass(frozen=True)
class IntegratedGradients(PixelMethod):
    """(x − x′) ⊙ ∫ ∂logit/∂x along the straight way from x′ to x, by Gauss-Legendre quadrature."""

    slug = "integrated_gradients"
    title = "Integrated gradients"
    source = "Sundararajan et al. 2017 (arXiv 1703.01365), equation 1"
    shows = (
        "How the difference between the logits of image and baseline is shared among the pixels."
    )
    hides = "Pixels of the baseline's colour get nothing, and another baseline gives another map."

    steps: int = 50
    baseline: str = "mean"

    def __post_init__(self) -> None:
        check_number("Steps", self.steps, 1, 1_000)
        check_baseline(self.baseline)

    def passes(self, side: int) -> int:
        return self.steps + 1

    def fewer(self, most: int, side: int) -> str:
        return f"choose at most {max(1, most - 1):,} steps"

    def find(self, passes: Passes) -> Found:
        input_tensor = passes.input_tensor
        baseline = passes.fills[self.baseline].expand_as(input_tensor)  # (1, 3, H, W)
        way = input_tensor - baseline
        nodes, weights = (
            torch.from_numpy(each).to(input_tensor).view(-1, 1, 1, 1)
            for each in np.polynomial.legendre.leggauss(self.steps)
        )
        total = torch.zeros_like(input_tensor[0])  # (3, H, W)
        for chunk in passes.chunks(self.steps):
            part = slice(chunk.start, chunk.stop)
            along = baseline + (1 + nodes[part]) / 2 * way  # (N, 3, H, W)
            total += (weights[part] / 2 * passes.gradients(along)).sum(dim=0)
        colours = way[0] * total
        expected = passes.logit - float(passes.scores(baseline)[0])
        complete = Completeness(
            float(colours.double().sum()),
            expected,
            f"the logit minus that of the baseline ({self.baseline})",
        )
        return Found(colours.sum(dim=0), colours, field=PIXELS, completeness=complete)
