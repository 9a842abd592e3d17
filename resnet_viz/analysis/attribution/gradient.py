"""The gradient of the logit by the image."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.analysis.attribution.method import PIXELS, Found, PixelMethod
from resnet_viz.analysis.attribution.passes import Passes


@dataclass(frozen=True)
class Gradient(PixelMethod):
    """∂logit/∂x at every pixel, summed over the three colours with its sign.

    The paper draws the largest |∂logit/∂x| of the three colours: `abs(heatmap.colours).max(axis=0)`.
    """

    slug = "gradient"
    title = "Gradient"
    source = "Simonyan et al. 2014 (arXiv 1312.6034), section 3"
    shows = "How the logit would change if a pixel became a little brighter."
    hides = "What the pixel has already given: a saturated one shows nothing, and noise a lot."

    def passes(self, side: int) -> int:
        return 1

    def find(self, passes: Passes) -> Found:
        colours = passes.gradients(passes.input_tensor)[0]  # (3, H, W)
        return Found(colours.sum(dim=0), colours, field=PIXELS)
