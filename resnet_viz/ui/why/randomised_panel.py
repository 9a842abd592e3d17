"""A map while the network becomes random from the top: whether it depends on what was learned."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import streamlit as st

from resnet_viz.analysis.attribution.randomisation import (
    Randomisation,
    RandomisationJob,
    RandomisedMap,
)
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.components.heat_maps import HeatPanel, heat_maps
from resnet_viz.figures.maps import image_jpeg
from resnet_viz.images import as_seen
from resnet_viz.texts import plain, text
from resnet_viz.ui.shared import boundary, widgets
from resnet_viz.ui.shared.asked_job import AskedJob
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import session, url
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.ui.why.request import MapRequest

_RANDOMISED: Final = AskedJob[Randomisation](session.RANDOMISED, keeps=True)
_SEEDS: Final = (0, 9_999)
_FEW: Final = 100  # values of a map, between which chance makes a correlation


def randomised(view_state: ViewState, requests: Sequence[MapRequest]) -> None:
    """The first chosen map at every step of the cascade; for trained weights only."""
    st.subheader("Parameters drawn anew, from the top")
    st.markdown(text("why_randomised"))
    if not view_state.weights.trained:
        st.caption("These weights are random already: there is nothing that a map could lose.")
        return
    seed = widgets.number("Seed of the new parameters", _SEEDS, url.REDRAW, default=0, width=220)
    request = requests[0]
    key = ("randomisation", view_state.network, view_state.image.sha256, request, seed)

    def prepare() -> Callable[[], RandomisationJob]:
        loaded = view_state.model()
        asked = (request.method, request.layer, request.part, request.target)
        return lambda: RandomisationJob(loaded, view_state.image, *asked, seed)

    with boundary.error_boundary():
        label = f"Randomise, and ask {request.method.title} at each step"
        found = _RANDOMISED.offered(key, label, ":material/casino:", prepare)
        if found:
            _show(view_state, found, request.method.title)


def _show(view_state: ViewState, found: Randomisation, method: str) -> None:
    first = found.original
    panels = [
        _panel("as trained", "ρ = 1", first),
        *(_panel(f"down to {step.part}", _correlation(step), step.heatmap) for step in found.steps),
    ]
    pixels = as_seen(view_state.image, view_state.weights.preprocessing)
    alt = f"{method} while the network becomes random: {'; '.join(_said(step) for step in found.steps)}"
    heat_maps(
        panels,
        drawn(image_jpeg, pixels),
        view_state.input_size,
        alt,
        key="randomised",
        small=True,
    )
    where = f"at {first.layer}" if not first.part else f"at {first.layer}, {first.part}"
    st.caption(
        f"{method} {where} for {plain(first.target.label)} at every step, each on its own scale. ρ: "
        f"Spearman’s rank correlation of the {first.values.size:,} values with those of the map as trained; "
        f"– where a map is the same everywhere. {_chance(first.values.size)}"
        f"New parameters: those of the untrained network of seed {found.seed}."
    )


def _chance(values: int) -> str:
    """How large ρ becomes by chance: its standard deviation for unrelated values is 1 / √(n − 1)."""
    if not 2 < values <= _FEW:
        return ""
    reach = 2 / math.sqrt(values - 1)
    return (
        f"For {values} unrelated values ρ lies between −{reach:.2f} and {reach:.2f} in 95 of 100 cases; "
        "the neighbours in a map are alike, so that chance reaches further: try other seeds. "
    )


def _panel(title: str, subtitle: str, heatmap: Heatmap) -> HeatPanel:
    return HeatPanel(title, subtitle, heatmap.values, heatmap.field, heatmap.note)


def _said(step: RandomisedMap) -> str:
    return f"down to {step.part} {_correlation(step)}"


def _correlation(step: RandomisedMap) -> str:
    if step.correlation is None:
        return "ρ: –"
    return f"ρ = {step.correlation:.2f}".replace("-", "−")
