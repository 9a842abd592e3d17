"""The image as the network sees it, and its answer as a chart."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from resnet_viz.analysis.records import Prediction
from resnet_viz.figures import bars, formatting
from resnet_viz.figures.framed import framed_jpeg
from resnet_viz.ui.shared import charts
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state.view_state import ViewState


def input_image(
    view_state: ViewState, path: str = "", *, width: int | Literal["stretch"] = "stretch"
) -> None:
    """What the network sees; with the receptive field of a layer's central cell as a frame."""
    caption, alt = "what the network sees", f"{view_state.image.name}, as the network sees it"
    box = None
    if path:
        row = view_state.trace[path]
        box = row.central_box(view_state.input_size)
        caption += f" · frame: receptive field, {row.receptive_field:,} px"
    caption += f" · {view_state.input_size} × {view_state.input_size} pixels"
    sent = drawn(framed_jpeg, view_state.pixels, box, view_state.theme.shortcut)
    st.image(sent, caption=caption, width=width, alt=alt)


def prediction_chart(view_state: ViewState, prediction: Prediction) -> None:
    """The top classes as bars."""
    trained = view_state.weights.trained
    spoken = ", ".join(f"{s.label} {formatting.percent(s.probability)}" for s in prediction.top)
    charts.chart(
        drawn(bars.prediction_bars, prediction.top, view_state.theme, trained=trained),
        alt=f"Most probable classes: {spoken}",
    )
    if prediction.note:
        st.warning(prediction.note)
