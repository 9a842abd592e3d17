"""Heat maps over the image that they explain, side by side, each value where its receptive field lies.

Opacity, contours, cells and scale are changed in the browser; under the cursor every map shows its own value
at that place and the theoretical receptive field that it comes from. Nothing is told to Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from resnet_viz.components import blob, declare
from resnet_viz.figures.maps import colour_table

_COMPONENT = declare(__file__)


@dataclass(frozen=True, slots=True, eq=False)
class HeatPanel:
    """One map: its raw values, and where the first of them lies.

    `start` and `jump` place the centres of the values, as in `receptive_field.Field`: pixels of the
    network's input.
    """

    title: str
    subtitle: str
    values: np.ndarray  # (h, w)
    start: float
    jump: float
    field: int  # side of a value's theoretical receptive field, pixels
    note: str = ""  # why there is nothing to paint; empty where there is something


def heat_maps(
    panels: Sequence[HeatPanel], picture: bytes, side: int, alt: str, *, key: str
) -> None:
    """Mount the maps over the image, PNG or JPEG, that is `side` pixels wide where the network sees it."""
    facts = [
        {
            "title": panel.title,
            "subtitle": panel.subtitle,
            "note": panel.note,
            "rows": panel.values.shape[0],
            "columns": panel.values.shape[1],
            "start": panel.start,
            "jump": panel.jump,
            "field": panel.field,
        }
        for panel in panels
    ]
    arrays = {f"map{i}": panel.values.astype(np.float32) for i, panel in enumerate(panels)}
    tables = {"positive": colour_table(False), "signed": colour_table(True)}
    header = {"panels": facts, "side": side, "alt": alt}
    _COMPONENT(key=key, data=blob.pack(header, {"picture": picture, **tables, **arrays}))
