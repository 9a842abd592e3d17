"""The null: the channels of a layer, weighed at random. A method that is no better has shown nothing."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from resnet_viz.analysis.attribution.method import Evidence, Found, LayerMethod, check_number


@dataclass(frozen=True)
class RandomCam(LayerMethod):
    """Σ_k r_k A_k with r_k drawn uniformly from −1 to 1, as RandomCAM of pytorch-grad-cam."""

    slug = "random_cam"
    title = "Random map"
    source = "a null hypothesis; RandomCAM in pytorch-grad-cam"
    shows = "What a map looks like that knows nothing of the class: any other has to beat it."
    hides = "Everything about the class; where it is bright, some channel happens to be."

    seed: int = 0

    def __post_init__(self) -> None:
        check_number("Seed", self.seed, 0, 2**31 - 1)

    def find(self, evidence: Evidence) -> Found:
        generator = torch.Generator().manual_seed(self.seed)
        drawn = torch.rand(len(evidence.activations), generator=generator, dtype=torch.float64)
        weights = (2 * drawn - 1).to(evidence.activations)  # (C,)
        return Found((weights[:, None, None] * evidence.activations).sum(dim=0), weights=weights)
