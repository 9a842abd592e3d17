"""The gradient of the logit by the image, times the image."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.analysis.attribution.method import PIXELS, Found, PixelMethod
from resnet_viz.analysis.attribution.passes import Passes


@dataclass(frozen=True)
class InputXGradient(PixelMethod):
    """x ⊙ ∂logit/∂x on the normalised image, summed over the three colours."""

    slug = "input_x_gradient"
    title = "Input × gradient"
    source = "Shrikumar et al. 2016 (arXiv 1605.01713)"
    shows = (
        "What each pixel gives to the logit if the network is taken for linear around this image."
    )
    hides = (
        "A pixel of the mean colour gives nothing, whatever it means, and bends are not followed."
    )

    def passes(self, side: int) -> int:
        return 1

    def find(self, passes: Passes) -> Found:
        colours = (passes.input_tensor * passes.gradients(passes.input_tensor))[0]  # (3, H, W)
        return Found(colours.sum(dim=0), colours, field=PIXELS)
