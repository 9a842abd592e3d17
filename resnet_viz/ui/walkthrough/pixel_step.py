"""Before the first step: how the image becomes the numbers that the first layer reads."""

from __future__ import annotations

import streamlit as st

from resnet_viz.analysis.pixels import NormalisedValue
from resnet_viz.figures import formatting
from resnet_viz.texts import plain, text
from resnet_viz.ui.shared import facts
from resnet_viz.ui.state import cache
from resnet_viz.ui.state.view_state import ViewState


def pixel_step(view_state: ViewState) -> None:
    """Resize, crop and normalise, with the numbers of one pixel."""
    with st.expander("Before step 1: from the image to numbers", expanded=True):
        _from_image_to_numbers(view_state)


def _from_image_to_numbers(view_state: ViewState) -> None:
    image, preprocessing = view_state.image, view_state.weights.preprocessing
    height, width, _ = image.rgb.shape
    at = preprocessing.crop // 2
    st.markdown(
        f"**{plain(image.name)}** has {width:,} × {height:,} pixels. It is **resized** "
        f"({preprocessing.interpolation}) until its shorter side has {preprocessing.resize:,}, and the "
        f"centre square of {preprocessing.crop:,} × {preprocessing.crop:,} is **cropped**. Each pixel is "
        "then three levels from 0 to 255, which the network reads in the order "
        f"{', '.join(preprocessing.channels)}."
    )
    scale = "is divided by 255" if preprocessing.white == 1 else "stays on its scale of 0 to 255"
    st.markdown(text("normalising").format(scale=scale))
    facts.table(
        [_row(value) for value in cache.central_pixel(image, preprocessing)],
        f"The pixel at row {at}, column {at} in numbers",
    )
    st.caption(
        f"The pixel at row {at}, column {at}, the centre of what the network sees. All of them "
        f"together are the input of step 1: {formatting.shape(view_state.trace.input_shape)}."
    )


def _row(value: NormalisedValue) -> dict[str, str]:
    """One channel's way from its level to what the network reads."""
    return {
        "Channel": value.channel,
        "Level": f"{value.level}",
        f"0 to {value.white}": f"{value.scaled:.3f}".removesuffix(".000"),
        "− mean": f"− {value.mean:g}",
        "÷ std": f"÷ {value.std:g}",
        "Input": f"**{formatting.value(value.value)}**",
    }
