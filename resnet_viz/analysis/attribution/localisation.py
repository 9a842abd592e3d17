"""Whether a map lies on the object, where the truth is known: pointing game, and energy in the mask."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from resnet_viz.analysis.attribution.records import Heatmap

Mask = npt.NDArray[np.bool_]

TOLERANCE: Final = 15 / 500  # of the side: the 15 pixels of Zhang et al. in images of about 500


def points_at(heatmap: Heatmap, mask: Mask, tolerance: float = TOLERANCE) -> bool:
    """Whether the map is highest on the object, or no further from it than a share of the image's side.

    The pointing game: Zhang et al. 2016 (arXiv 1608.00507), section 4.1. A map without positive evidence
    points nowhere.

    Args:
        mask: (S, S), the object's pixels.
    """
    if not heatmap.has_evidence:
        return False
    values = heatmap.on_image()
    row, column = np.unravel_index(values.argmax(), values.shape)
    rows, columns = np.nonzero(mask)
    nearest = np.hypot(rows - row, columns - column).min(initial=np.inf)
    return bool(nearest <= tolerance * heatmap.input_size)


def energy_inside(heatmap: Heatmap, mask: Mask) -> float:
    """Which share of what is positive in the map lies on the object: Σ_inside L / Σ L, 0 to 1.

    The energy-based pointing game of Wang et al. 2020 (Score-CAM, arXiv 1910.01279), section 4.3, with the
    object's own pixels in place of its box. A map of one value everywhere has the object's share of the
    image, one without positive evidence zero.

    Args:
        mask: (S, S), the object's pixels.
    """
    positive = np.maximum(heatmap.on_image(), 0)
    total = float(positive.sum())
    return float(positive[mask].sum()) / total if heatmap.has_evidence and total else 0.0
