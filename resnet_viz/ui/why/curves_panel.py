"""Deletion and insertion of the maps that are on the page, beside the random map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import streamlit as st

from resnet_viz.analysis.attribution import METHODS
from resnet_viz.analysis.attribution.faithfulness import (
    BASELINES,
    STEPS,
    Faithfulness,
    FaithfulnessJob,
    baseline_pixels,
)
from resnet_viz.analysis.attribution.random_cam import RandomCam
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.figures import formatting
from resnet_viz.figures.faithfulness import Curve, curves
from resnet_viz.texts import plain, text
from resnet_viz.ui.shared import boundary, charts, facts, widgets
from resnet_viz.ui.shared.asked_job import AskedJob
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import session, url
from resnet_viz.ui.state.view_state import ViewState

_CURVES: Final = AskedJob[tuple[Faithfulness, ...]](session.CURVES, keeps=True)
_THUMBNAIL: Final = 72  # pixels
_EMPTY: Final = {
    "mean": "the mean colour of the training images",
    "blurred": "the image blurred by a Gaussian of a sixteenth of its side",
    "black": "black",
}


def deletion_and_insertion(view_state: ViewState, maps: Sequence[Heatmap]) -> None:
    """Both curves with their areas, for the maps of this image."""
    st.subheader("This image: deletion and insertion")
    st.markdown(text("why_deletion"))
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        baseline = widgets.segments("Baseline", BASELINES, url.BASELINE, default=BASELINES[0])
        st.image(
            baseline_pixels(view_state.image, view_state.weights.preprocessing, baseline),
            width=_THUMBNAIL,
            alt=f"The empty image: {_EMPTY[baseline]}",
        )
    with boundary.error_boundary():
        found = _measured(view_state, maps, baseline)
        if found:
            _show(view_state, found)


def _measured(
    view_state: ViewState, maps: Sequence[Heatmap], baseline: str
) -> tuple[Faithfulness, ...] | None:
    if not maps:
        return None
    asked = tuple(
        (each.method, each.layer, each.part, each.options, each.target.index) for each in maps
    )
    key = ("faithfulness", view_state.network, view_state.image.sha256, asked, baseline)

    def prepare() -> Callable[[], FaithfulnessJob]:
        loaded = view_state.model()
        return lambda: FaithfulnessJob(loaded, view_state.image, tuple(maps), baseline)

    what = "this map" if len(maps) == 1 else f"these {len(maps)} maps"
    return _CURVES.offered(key, f"Measure {what}", ":material/ssid_chart:", prepare)


def _show(view_state: ViewState, found: Sequence[Faithfulness]) -> None:
    first = found[0]
    several = len({each.heatmap.target.index for each in found}) > 1
    names = [_name(each.heatmap, several) for each in found]
    nulls = [each.heatmap.method == RandomCam.slug for each in found]
    sides = (
        ("deletion", "deleted pixels, the map's highest first", [each.deletion for each in found]),
        ("insertion", "inserted pixels, highest first", [each.insertion for each in found]),
    )
    for column, (kind, axis, values) in zip(st.columns(2, gap="large"), sides, strict=True):
        rows = [Curve(*each) for each in zip(names, values, nulls, strict=True)]
        with column:
            st.markdown(f"**{kind.capitalize()}**")
            charts.chart(
                drawn(curves, first.shares, rows, axis, view_state.theme),
                key=f"_{kind}",
                alt=f"Probability over the share of {axis}: {', '.join(names)}",
            )
    facts.table(
        [
            {
                "Map": plain(name),
                "Deletion, area": f"{each.deletion_area:.3f}",
                "Insertion, area": f"{each.insertion_area:.3f}",
            }
            for name, each in zip(names, found, strict=True)
        ],
        "The areas under the curves",
    )
    empty = min(each.insertion[0] for each in found), max(each.insertion[0] for each in found)
    left = " to ".join(dict.fromkeys(formatting.percent(float(end)) for end in empty))
    st.caption(
        f"Baseline: {_EMPTY[first.baseline]}, where the network still gives {left}. {STEPS} steps, one "
        f"image; pixels in the order of the map as it lies on the image, with its sign, equal ones in random "
        f"order. The random map is one draw, seed {dict(found[-1].heatmap.options)['seed']}."
    )


def _name(heatmap: Heatmap, several: bool) -> str:
    """What a map is called in legend and table."""
    where = [heatmap.layer, heatmap.part] if heatmap.layer != "input" else []
    named = [METHODS[heatmap.method].title, *filter(None, where)]
    return " · ".join([*named, heatmap.target.label] if several else named)
