"""RISE: the probability of the class under many random masks, each pixel's share of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_viz.analysis.attribution.method import PIXELS, Found, PixelMethod, check_number
from resnet_viz.analysis.attribution.passes import Passes, check_baseline

_CELLS: Final = 7  # rows and columns of a mask before it is enlarged, as in the paper


@dataclass(frozen=True)
class Rise(PixelMethod):
    """Σ_i (p_i − p̄) · M_i / (E[M] · N) over N random masks; p_i is the class's probability for image ⊙ M_i.

    The paper's map is Σ_i p_i · M_i / (E[M] · N), which has the level p̄, their mean, everywhere and is drawn
    from its lowest value on. Without the level a pixel that changes nothing has the value zero, and the noise
    of how often a pixel happens to be visible is gone too.

    A mask is 7 × 7 cells, each open with the probability `share`, enlarged bilinearly to more than the image
    and cut out at a random place. Each of its values has the expectation `share`, which is the E[M] of the
    formula. Where a mask is closed there is the baseline; with the mean colour that is image ⊙ M itself.
    """

    slug = "rise"
    title = "RISE"
    source = "Petsiuk et al. 2018 (arXiv 1806.07421), sections 3.1 and 3.2"
    shows = (
        "How much more probable the class is, under random masks, when a pixel is left visible: measured, "
        "not derived."
    )
    hides = (
        "It is an average over random masks and has their noise, the more the fewer there are; nothing finer "
        "than a mask's cell, a seventh of the image."
    )

    masks: int = 1_000  # the paper draws 4,000 to 8,000
    share: float = 0.5  # of the cells that are open, the paper's p
    baseline: str = "mean"
    seed: int = 0

    def __post_init__(self) -> None:
        check_number("Masks", self.masks, 1, 10_000)
        check_number("Share", self.share, 0.05, 0.95)
        check_baseline(self.baseline)
        check_number("Seed", self.seed, 0, 2**31 - 1)

    def passes(self, side: int) -> int:
        return self.masks

    def fewer(self, most: int, side: int) -> str:
        return f"choose at most {most:,} masks"

    @property
    def goes_back(self) -> bool:
        return False

    def find(self, passes: Passes) -> Found:
        input_tensor, fill = passes.input_tensor, passes.fills[self.baseline]
        generator = torch.Generator().manual_seed(self.seed)
        weighed = torch.zeros_like(input_tensor[0, 0])  # (H, W): Σ p_i M_i
        covered = torch.zeros_like(weighed)  # Σ M_i
        mean = 0.0
        for chunk in passes.chunks(self.masks):
            # One by one, so that they are the same whatever goes through at once.
            drawn = [draw_mask(passes.side, self.share, generator) for _ in chunk]
            masks = torch.stack(drawn).to(input_tensor)  # (N, 1, H, W)
            probabilities = passes.probabilities(fill + masks * (input_tensor - fill))  # (N,)
            weighed += (probabilities.view(-1, 1, 1) * masks[:, 0]).sum(dim=0)
            covered += masks[:, 0].sum(dim=0)
            mean += float(probabilities.sum()) / self.masks
        return Found((weighed - mean * covered) / (self.share * self.masks), field=PIXELS)


def draw_mask(side: int, share: float, generator: torch.Generator) -> Tensor:
    """(1, side, side) from 0 to 1: a random mask, the expectation of each of its values being `share`."""
    cells = min(_CELLS, side)
    cell = -(-side // cells)  # pixels, rounded up
    open_ = (torch.rand(1, 1, cells, cells, generator=generator) < share).float()
    enlarged = F.interpolate(
        open_, size=((cells + 1) * cell,) * 2, mode="bilinear", align_corners=False
    )[0]
    top, left = torch.randint(cell, (2,), generator=generator).tolist()
    return enlarged[:, top : top + side, left : left + side]
