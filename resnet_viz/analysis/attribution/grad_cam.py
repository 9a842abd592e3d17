"""Grad-CAM: the channels of a layer, each weighed by its mean gradient."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from resnet_viz.analysis.attribution.method import Evidence, Found, LayerMethod


@dataclass(frozen=True)
class GradCam(LayerMethod):
    """Σ_k α_k A_k with α_k the mean of ∂logit/∂A_k over all positions, before the ReLU of the paper."""

    slug = "grad_cam"
    title = "Grad-CAM"
    source = "Selvaraju et al. 2017 (arXiv 1610.02391), equations 1 and 2"
    shows = "Where the channels lie that raise this class on average over the map."
    hides = (
        "It is as coarse as the layer's map, 7 × 7 in the last stage of a ResNet at 224 pixels, and says "
        "where and not why; before the last stage a mean gradient can miss what single positions do."
    )

    def find(self, evidence: Evidence) -> Found:
        weights = evidence.gradients.mean(dim=(1, 2))  # (C,)
        values = torch.tensordot(weights, evidence.activations, dims=1)  # (h, w)
        return Found(values, weights=weights)
