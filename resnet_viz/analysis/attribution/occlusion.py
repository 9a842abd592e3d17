"""Occlusion: cover a patch of the image, and see how much the logit falls."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from resnet_viz.analysis.attribution.method import Found, PixelMethod, check_number
from resnet_viz.analysis.attribution.passes import Passes, check_baseline
from resnet_viz.analysis.attribution.patches import Box, PatchScores
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.analysis.receptive_field import Field, field_box
from resnet_viz.errors import MethodError


@dataclass(frozen=True)
class Occlusion(PixelMethod):
    """logit(image) − logit(image with a square covered), for squares in rows and columns.

    A square that the image's border cuts is covered as far as it lies on the image.
    """

    slug = "occlusion"
    title = "Occlusion"
    source = "Zeiler and Fergus 2014 (arXiv 1311.2901), section 4.2"
    shows = "How much the logit falls when a patch of the image is covered: measured, not derived."
    hides = "What two places do together; the cover itself is something the network may react to."

    patch: int = 0  # side of the square, pixels; 0: a seventh of the input's
    stride: int = 0  # from one square to the next, pixels; 0: half a patch
    baseline: str = "mean"

    def __post_init__(self) -> None:
        check_number("Patch", self.patch, 0, 1_024)
        check_number("Stride", self.stride, 0, 1_024)
        check_baseline(self.baseline)

    def window(self, side: int) -> Field:
        """Side of the patch, stride and centre of the first, for an input of that side."""
        patch = self.patch or max(1, round(side / 7))
        stride = self.stride or max(1, patch // 2)
        if patch > side:
            raise MethodError(f"A patch of {patch} pixels does not fit an image of {side}.")
        if stride > patch:
            raise MethodError(
                f"A stride of {stride} pixels leaves gaps between patches of {patch}; choose at most "
                f"{patch}."
            )
        return Field(patch, stride, (patch - 1) / 2)

    def rows(self, side: int) -> int:
        """How many patches stand below each other, and side by side."""
        window = self.window(side)
        return math.ceil((side - window.size) / window.jump) + 1

    def passes(self, side: int) -> int:
        return self.rows(side) ** 2

    def fewer(self, most: int, side: int) -> str:
        patch = self.window(side).size
        for stride in range(1, patch + 1):
            if Occlusion(patch, stride).passes(side) <= most:
                return f"choose a stride of at least {stride} pixels"
        return f"choose a patch larger than {patch} pixels and as large a stride"

    @property
    def goes_back(self) -> bool:
        return False

    def find(self, passes: Passes) -> Found:
        window, rows = self.window(passes.side), self.rows(passes.side)
        boxes = [_covered(window, *divmod(n, rows), passes.side) for n in range(rows**2)]
        scores_of = PatchScores(passes, passes.fills[self.baseline], window.size)
        scores = [scores_of([boxes[n] for n in chunk]) for chunk in passes.chunks(len(boxes))]
        drops = passes.logit - torch.cat(scores)
        return Found(drops.view(rows, rows), field=window)


def on_pixels(heatmap: Heatmap) -> np.ndarray:
    """(S, S): for each pixel the mean over all patches that cover it, of what covering them cost."""
    side = heatmap.input_size
    total, covers = np.zeros((side, side)), np.zeros((side, side))
    for row, column in np.ndindex(heatmap.values.shape):
        left, top, right, bottom = _covered(heatmap.field, row, column, side)
        total[top:bottom, left:right] += heatmap.values[row, column]
        covers[top:bottom, left:right] += 1
    mean: np.ndarray = total / covers
    return mean


def _covered(window: Field, row: int, column: int, side: int) -> Box:
    left, top, right, bottom = map(round, field_box(window, row, column, side))
    return left, top, right, bottom
