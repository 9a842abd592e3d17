"""Grad-CAM worked out: α of every channel, the strongest ones, their weighted sum, and the ReLU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import streamlit as st

from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.analysis.attribution.target_layer import find_target_layer
from resnet_viz.figures import formatting, maps
from resnet_viz.texts import plain, text
from resnet_viz.ui.shared import facts
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state.view_state import ViewState

_CHANNELS: Final = 6  # shown
_TILE: Final = 96  # pixels


def worked_out(view_state: ViewState, found: Sequence[Heatmap]) -> None:
    """The first of the Grad-CAM maps, step by step; nothing where there is none."""
    heatmap = next((each for each in found if each.method == "grad_cam"), None)
    if heatmap is None or heatmap.weights is None:
        return
    st.header("Grad-CAM, worked out")
    label = plain(heatmap.target.label)
    st.markdown(text("why_grad_cam").format(label=label, layer=heatmap.layer))
    values = _activations(view_state, heatmap)
    row, column = (int(i) for i in np.unravel_index(heatmap.values.argmax(), heatmap.size))
    at_peak = heatmap.weights.astype(np.float64) * values[:, row, column]
    strongest = np.argsort(-np.abs(at_peak), kind="stable")[:_CHANNELS]
    facts.table([_row(heatmap, values, k, at_peak[k]) for k in strongest], "The strongest channels")
    with st.container(horizontal=True, gap="small"):
        for k in strongest:
            st.image(
                drawn(maps.thumbnails, [values[k]], _TILE),
                caption=f"A of channel {k}",
                width=_TILE,
                alt=f"Feature map of channel {k} of {heatmap.layer}",
            )
    st.markdown(_sum(heatmap, at_peak, strongest.tolist(), (row, column)))


def _activations(view_state: ViewState, heatmap: Heatmap) -> np.ndarray:
    """(C, h, w): what the layer puts out that the map is of."""
    path = find_target_layer(view_state.trace, heatmap.layer, heatmap.part).row.path
    values: np.ndarray = view_state.capture(path)[path].values
    return values


def _row(heatmap: Heatmap, values: np.ndarray, channel: int, product: float) -> dict[str, str]:
    assert heatmap.weights is not None
    return {
        "Channel": str(channel),
        "α, mean gradient": formatting.value(float(heatmap.weights[channel])),
        "A, largest": formatting.value(float(values[channel].max())),
        "α · A at the peak": formatting.value(float(product)),
    }


def _sum(heatmap: Heatmap, at_peak: np.ndarray, strongest: list[int], peak: tuple[int, int]) -> str:
    """The sum at the map's highest position, channel by channel, and what the ReLU does to the map."""
    rest = float(at_peak.sum() - at_peak[strongest].sum())
    terms = " + ".join(_term(float(at_peak[k])) for k in strongest)
    value = float(heatmap.values[peak])
    below = float((heatmap.values <= 0).mean())
    return (
        f"At row {peak[0]}, column {peak[1]}, where the map is highest: {terms} + {_term(rest)} of the other "
        f"{len(at_peak) - len(strongest):,} channels = **{formatting.value(value)}**. The ReLU then sets "
        f"{formatting.percent(below)} of the map to zero: what speaks against the class is not shown."
    )


def _term(value: float) -> str:
    written = formatting.value(value)
    return f"({written})" if value < 0 else written
