"""The parts of the prediction page: the original with its crop, what was done to it, the answer."""

from __future__ import annotations

import streamlit as st

from resnet_viz.analysis.attribution.grad_cam import GradCam
from resnet_viz.figures import formatting
from resnet_viz.figures.framed import enlarged, framed_jpeg
from resnet_viz.figures.heatmaps import painted
from resnet_viz.figures.maps import image_jpeg
from resnet_viz.images import crop_box
from resnet_viz.store import STORE
from resnet_viz.texts import plain
from resnet_viz.ui.shared import image_upload, notes, prediction, ways, widgets
from resnet_viz.ui.state import cache, url
from resnet_viz.ui.state.view_state import ViewState

MOST = 20  # classes
_WHY = 240  # pixels, of the map on the page
TALLEST = 420  # pixels on the page


def original(view_state: ViewState) -> None:
    """The image as it came, with a frame around the part that the network sees."""
    image = view_state.image
    box = crop_box(image, view_state.weights.preprocessing)
    width, height = image.original_size
    tall = height > 1.4 * width
    colour = view_state.theme.shortcut
    st.image(
        STORE.kept(
            ("original", image.sha256, box, colour),
            lambda: framed_jpeg(image.rgb, box, colour),
        ),
        caption=f"original, {width:,} × {height:,} pixels · frame: the part that is kept",
        width=max(24, int(TALLEST * width / height)) if tall else "stretch",
        alt=f"{image.name}, the original image with a frame around the part that is kept",
    )
    for note in image.notes:
        st.caption(note)


def preprocessing(view_state: ViewState) -> None:
    """How the original became what the network sees."""
    st.caption(view_state.weights.preprocessing.words)


def top_classes(view_state: ViewState) -> None:
    """The top classes with their probabilities; where and how long it ran."""
    classes = view_state.config.num_classes
    if classes > 1:
        top = widgets.slider(
            "Classes shown", (1, min(MOST, classes)), url.TOP, default=min(5, classes)
        )
    else:
        top = 1
    capture = view_state.capture()
    answer = view_state.prediction(capture, top)
    prediction.prediction_chart(view_state, answer)
    notes.range_note(view_state, capture)
    rest = 1 - sum(score.probability for score in answer.top)
    others = f"{formatting.percent(max(rest, 0))} over the other {classes - top:,} classes · "
    st.caption(
        (others if classes > top else "")
        + ("the sigmoid of the network's one logit, and 1 minus it · " if classes == 1 else "")
        + f"ran on {answer.device} in {1000 * answer.seconds:.0f} ms"
    )


def why(view_state: ViewState) -> None:
    """Where the answer comes from, by the first of all methods, and the way to the others."""
    found = cache.heatmap(view_state.network, view_state.image, GradCam(), "", "", None)
    label = plain(found.target.label)
    st.image(
        STORE.kept(
            ("painted", view_state.network, view_state.image.sha256),
            lambda: image_jpeg(enlarged(painted(view_state.pixels, found))),
        ),
        caption=found.note
        or f"Grad-CAM at {found.layer}: where the evidence for {label} lies, not why",
        width=_WHY,
        alt=f"{view_state.image.name} under the Grad-CAM map of {found.target.label}",
    )
    ways.to_why()


def camera() -> None:
    """The camera, started only when it is asked for."""
    if st.toggle("Use the camera", key="camera_on"):
        image_upload.camera("page")
