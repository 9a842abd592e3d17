"""LayerCAM: every activation times its own gradient where that is positive."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.analysis.attribution.method import Evidence, Found, LayerMethod


@dataclass(frozen=True)
class LayerCam(LayerMethod):
    """Σ_k ReLU(∂logit/∂A_k) ⊙ A_k, before the ReLU of the paper."""

    slug = "layer_cam"
    title = "LayerCAM"
    source = "Jiang et al. 2021 (IEEE TIP 30, 5875–5888), equations 5 to 7"
    shows = (
        "Where activations lie that raise this class, position by position, also in early layers."
    )
    hides = "What speaks against the class: negative gradients are left out."

    def find(self, evidence: Evidence) -> Found:
        return Found((evidence.gradients.clamp(min=0) * evidence.activations).sum(dim=0))  # (h, w)
