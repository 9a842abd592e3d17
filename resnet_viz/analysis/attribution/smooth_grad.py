"""SmoothGrad: the gradient, averaged over noisy copies of the image."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from resnet_viz.analysis.attribution.method import PIXELS, Found, PixelMethod, check_number
from resnet_viz.analysis.attribution.passes import Passes


@dataclass(frozen=True)
class SmoothGrad(PixelMethod):
    """The mean of ∂logit/∂x over `samples` copies with Gaussian noise, from a seed."""

    slug = "smooth_grad"
    title = "SmoothGrad"
    source = "Smilkov et al. 2017 (arXiv 1706.03825)"
    shows = "Which pixels matter around this image, with less noise than a single gradient."
    hides = "It is an average over images that the network was not shown, and depends on the noise."

    samples: int = 25
    noise: float = 0.15  # standard deviation, as a share of the image's highest minus lowest value
    seed: int = 0

    def __post_init__(self) -> None:
        check_number("Samples", self.samples, 1, 1_000)
        check_number("Noise", self.noise, 0, 1)
        check_number("Seed", self.seed, 0, 2**31 - 1)

    def passes(self, side: int) -> int:
        return self.samples

    def fewer(self, most: int, side: int) -> str:
        return f"choose at most {most:,} samples"

    def find(self, passes: Passes) -> Found:
        input_tensor = passes.input_tensor
        sigma = self.noise * float(input_tensor.max() - input_tensor.min())
        generator = torch.Generator().manual_seed(self.seed)
        total = torch.zeros_like(input_tensor[0])  # (3, H, W)
        for chunk in passes.chunks(self.samples):
            # One by one, so that the noise is the same whatever goes through at once.
            drawn = [torch.randn(input_tensor.shape[1:], generator=generator) for _ in chunk]
            total += passes.gradients(
                input_tensor + sigma * torch.stack(drawn).to(input_tensor)
            ).sum(dim=0)
        colours = total / self.samples
        return Found(colours.sum(dim=0), colours, field=PIXELS)
