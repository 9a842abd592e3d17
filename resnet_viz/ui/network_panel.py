"""The map of the whole network on the landing page, with the picture and the prediction."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.components.network_map import network_map
from resnet_viz.figures import maps, numbers
from resnet_viz.images import as_seen
from resnet_viz.ui import controls, panels
from resnet_viz.ui.explorer import Explorer
from resnet_viz.ui.network import network_content, station_paths

# The stem's convolution stands on the map for its norm and ReLU as well.
STEM: Final = {"bn1": "conv1", "relu": "conv1"}


def network_panel(explorer: Explorer) -> None:
    """Mount the map; a click on a block selects it everywhere."""
    trace, model = explorer.trace, explorer.model()
    capture = explorer.capture(*station_paths(trace))
    prediction = explorer.prediction(capture)
    pixels = as_seen(explorer.image, model.weights.preprocessing)
    left, top, right, bottom = panels.central_field(explorer, explorer.layer)
    size = explorer.input_size
    content = network_content(
        trace,
        capture,
        prediction,
        maps.picture_jpeg(pixels),
        (left / size, top / size, right / size, bottom / size),
        trained=model.weights.trained,
    )
    network_map(
        content,
        selected=STEM.get(explorer.layer, explorer.layer),
        stage_colours=explorer.theme.stages,
        shortcut_colour=explorer.theme.shortcut,
        alt=f"{explorer.title} as a row of blocks with the feature maps of {explorer.image.name}",
        on_select=controls.select_layer,
        key="network_map",
    )
    st.caption(
        f"Ran on {prediction.device} in {1000 * prediction.seconds:.0f} ms · frame on the picture: "
        f"receptive field of {explorer.layer}, {numbers.count(explorer.selected.receptive_field)} px"
    )
    if prediction.note:
        st.warning(prediction.note)
