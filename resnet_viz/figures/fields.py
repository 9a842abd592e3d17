"""What a cell looks at, as pictures: how much each pixel moves it, laid over the pixels themselves."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

from resnet_viz.figures.maps import colour_table

_SMALLEST: Final = (
    448  # side in pixels up to which pictures are enlarged: as the frames on them are
)
_GROUND: Final = 0.5  # brightness of the picture where nothing counts


def heat_over(rgb: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """(H, W) values from zero up, in colour over the grey (H, W, 3) uint8 picture that they belong to.

    Places on the colour scale go by the square root, since a few pixels count for much more than all
    others: a quarter of the largest value is in the middle of the scale. Where nothing counts, the
    picture alone is seen.
    """
    share = np.sqrt(heat / (float(heat.max()) or 1.0))[..., None]  # (H, W, 1)
    grey = np.asarray(Image.fromarray(rgb).convert("L"))[..., None] * _GROUND  # (H, W, 1)
    colour = colour_table(False)[(share[..., 0] * 255).round().astype(np.uint8)]  # (H, W, 3)
    cover = np.clip(3 * share, 0.0, 1.0)  # opaque from a ninth of the largest value on
    mixed: np.ndarray = (grey * (1 - cover) + colour * cover).round().astype(np.uint8)
    return mixed
