"""HiResCAM: every activation times its own gradient, summed over the channels."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.analysis.attribution.method import Evidence, Found, LayerMethod
from resnet_viz.analysis.attribution.records import Completeness


@dataclass(frozen=True)
class HiResCam(LayerMethod):
    """Σ_k ∂logit/∂A_k ⊙ A_k; at the last stage it adds up to the logit without its bias."""

    slug = "hires_cam"
    title = "HiResCAM"
    source = "Draelos and Carin 2020 (arXiv 2011.08891), equation 2"
    shows = (
        "Which positions of the layer the logit is made of; at the last stage they add up to it."
    )
    hides = (
        "Before the last stage the gradient holds for small changes only, and the map adds up to nothing "
        "in particular."
    )

    def find(self, evidence: Evidence) -> Found:
        values = (evidence.gradients * evidence.activations).sum(dim=0)  # (h, w)
        if evidence.row is None:
            return Found(values)
        expected = evidence.logit - evidence.bias
        meaning = "the logit without its bias"
        return Found(
            values, completeness=Completeness(float(values.double().sum()), expected, meaning)
        )
