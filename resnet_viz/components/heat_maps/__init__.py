"""Heat maps over the image that they explain, side by side, each value where its receptive field lies.

Opacity, contours, cells and scale are changed in the browser; under the cursor every map shows its own value
at that place and the theoretical receptive field that it comes from. Nothing is told to Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from resnet_viz.analysis.receptive_field import Field
from resnet_viz.components import blob, declare
from resnet_viz.figures.maps import colour_table

_COMPONENT = declare(__file__)


@dataclass(frozen=True, slots=True, eq=False)
class HeatPanel:
    """One map: its raw values, and the receptive field of the first of them."""

    title: str
    subtitle: str
    values: np.ndarray  # (h, w)
    field: Field
    note: str = ""  # why there is nothing to paint; empty where there is something


def heat_maps(
    panels: Sequence[HeatPanel],
    image: bytes,
    side: int,
    alt: str,
    *,
    key: str,
    small: bool = False,
) -> None:
    """Mount the maps over the image, PNG or JPEG, that is `side` pixels wide where the network sees it.

    `small` ones stand in a row of seven or so.
    """
    facts = [
        {
            "title": panel.title,
            "subtitle": panel.subtitle,
            "note": panel.note,
            "rows": panel.values.shape[0],
            "columns": panel.values.shape[1],
            "start": float(panel.field.start),
            "jump": float(panel.field.jump),
            "field": panel.field.size,
        }
        for panel in panels
    ]
    arrays = {f"map{i}": panel.values.astype(np.float32) for i, panel in enumerate(panels)}
    tables = {"positive": colour_table(False), "signed": colour_table(True)}
    header = {"panels": facts, "side": side, "alt": alt, "small": small}
    _COMPONENT(key=key, data=blob.pack(header, {"image": image, **tables, **arrays}))
