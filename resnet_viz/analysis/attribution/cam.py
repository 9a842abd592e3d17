"""CAM: the maps of the last stage, each weighed by the classifier's own weight."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.analysis.attribution.method import Evidence, Found, LayerMethod
from resnet_viz.analysis.attribution.records import Completeness
from resnet_viz.errors import MethodError


@dataclass(frozen=True)
class Cam(LayerMethod):
    """Σ_k w_k A_k; exact, since pooling and classifier are linear: its mean is the logit without bias."""

    slug = "cam"
    title = "CAM"
    source = "Zhou et al. 2016 (arXiv 1512.04150), equation 2"
    shows = "What each position of the last stage gives to the logit: its mean and the bias are the logit."
    hides = "What the positions themselves were made from: each sees a large part of the image."

    def check(self, layer: str, last: bool, last_layer: str) -> None:
        if not last:
            raise MethodError(
                f"CAM is there only where maps are pooled for the classifier, at the output of "
                f"{last_layer}, and not at {layer}; Grad-CAM is there for every layer."
            )

    def find(self, evidence: Evidence) -> Found:
        if evidence.row is None:
            raise MethodError("CAM needs maps that are pooled for the classifier.")
        values = (evidence.row[:, None, None] * evidence.activations).sum(dim=0)  # (h, w)
        expected = evidence.logit - evidence.bias
        complete = Completeness(float(values.mean()), expected, "the logit without its bias")
        return Found(values, weights=evidence.row, completeness=complete)
