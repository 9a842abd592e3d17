"""The maps side by side over the image, what each method shows, and what it does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import streamlit as st

from resnet_viz.analysis.attribution import METHODS
from resnet_viz.analysis.attribution.compute import begins_unasked
from resnet_viz.analysis.attribution.job import AttributionJob
from resnet_viz.analysis.attribution.method import Method, PixelMethod
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.components.heat_maps import HeatPanel, heat_maps
from resnet_viz.errors import ConfigError, ExplorerError
from resnet_viz.figures import formatting
from resnet_viz.figures.maps import image_jpeg
from resnet_viz.images import as_seen
from resnet_viz.texts import plain, text
from resnet_viz.ui.shared import facts
from resnet_viz.ui.shared.asked_job import AskedJob
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache, session, url
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.ui.why.request import MapRequest

_QUICK: Final = 4  # passes, up to which a map is computed without a bar of its progress
_MAP: Final = AskedJob[Heatmap](session.MAP)


def show(view_state: ViewState, requests: Sequence[MapRequest]) -> list[Heatmap]:
    """All maps that are there, and how far the next one is; returns those that are there."""
    found, refused = _found(view_state, requests)
    for sentence in refused:
        st.warning(plain(sentence), icon=":material/info:")
    if found:
        _mount(view_state, found)
        for heatmap in found:
            if heatmap.completeness:
                called = METHODS[heatmap.method].title
                st.caption(
                    f"{called}, {plain(heatmap.target.label)}: {heatmap.completeness.sentence}"
                )
    return found


def about(requests: Sequence[MapRequest]) -> None:
    """What each of the methods shows, what it does not, and where it comes from."""
    chosen = list(dict.fromkeys(request.method for request in requests))
    rows = [
        {
            "Method": f"**{method.title}**  \n{_with_options(method)}{method.source}",
            "Shows": method.shows,
            "Does not show": method.hides,
        }
        for method in chosen
    ]
    facts.table(rows, "What the methods show and what they do not")
    st.caption(text("why_where_not_why"))


def _with_options(method: Method) -> str:
    """What a method is asked with, seeds and numbers of samples among it; zero is its own choice."""
    said = [
        f"{name} {value}" for name, value in method.options.items() if value != 0 or name == "seed"
    ]
    return f"{', '.join(said)}  \n" if said else ""


def _found(
    view_state: ViewState, requests: Sequence[MapRequest]
) -> tuple[list[Heatmap], list[str]]:
    """The maps, and why others are not there; the first long one that is missing is followed."""
    found: list[Heatmap] = []
    refused: list[str] = []
    waits = False
    for request in requests:
        try:
            if _is_long(view_state, request):
                heatmap = None if waits else _long(view_state, request)
                waits = waits or heatmap is None
            else:
                heatmap = cache.heatmap(view_state.network, view_state.image, *_asked(request))
        except ExplorerError as error:
            refused.append(str(error))
            continue
        if heatmap is not None:
            found.append(heatmap)
    if not waits:
        _MAP.leave()  # nobody waits for a long one any more
    return found, list(dict.fromkeys(refused))


def _is_long(view_state: ViewState, request: MapRequest) -> bool:
    method = request.method
    return isinstance(method, PixelMethod) and method.passes(view_state.input_size) > _QUICK


def _long(view_state: ViewState, request: MapRequest) -> Heatmap | None:
    """A map of many passes: kept, or computed in the background while its bar is shown.

    What takes longer than a link alone may ask for has a button first.

    Raises:
        ConfigError: it was tried during this visit, and failed, or takes more than can be computed here.
    """
    network, image = view_state.network, view_state.image
    key = cache.heatmap_key(network, image, *_asked(request))
    if failed := session.FAILED_MAPS.get({}).get(key):
        raise ConfigError(failed)
    if kept := cache.kept(key):
        found: Heatmap = kept
        return found
    method = request.method
    assert isinstance(method, PixelMethod)  # `_is_long`
    if not (_MAP.is_asked(key) or begins_unasked(view_state.trace, method)):
        passes = f"{method.passes(view_state.input_size):,}"
        st.caption(f"{method.title} takes {passes} passes through this network.")
        _MAP.button(f"Compute {method.title}", key, ":material/play_arrow:")
        return None
    job = _MAP.at_once(key, lambda: _prepared(view_state, request), lambda: _give_up(request))
    if job.result is not None:
        cache.keep(key, job.result)
        return job.result
    if job.progress.has_ended:
        sentence = job.progress.sentence
        session.FAILED_MAPS.set(session.FAILED_MAPS.get({}) | {key: sentence})
        raise ConfigError(sentence)
    st.caption(f"{request.method.title} is being computed.")
    return None


def _prepared(view_state: ViewState, request: MapRequest) -> Callable[[], AttributionJob]:
    """How a map is begun, once its network is there."""
    loaded = view_state.model()
    method, layer, part, target = _asked(request)
    return lambda: AttributionJob(loaded, view_state.image, method, layer, part, target)


def _give_up(request: MapRequest) -> None:
    """Take a method out of the link; for callbacks."""
    url.METHODS.set([each for each in url.METHODS.value([]) if each != request.method.slug])


def _asked(request: MapRequest) -> tuple[Method, str, str, int | None]:
    return request.method, request.layer, request.part, request.target


def _mount(view_state: ViewState, found: Sequence[Heatmap]) -> None:
    """Mount the maps over what the network sees of the image."""
    pixels = as_seen(view_state.image, view_state.weights.preprocessing)
    panels = [_panel(heatmap) for heatmap in found]
    named = "; ".join(f"{panel.title}, {panel.subtitle}" for panel in panels)
    heat_maps(
        panels,
        drawn(image_jpeg, pixels),
        view_state.input_size,
        f"{view_state.image.name} under heat maps: {named}",
        key="heat_maps",
    )


def _panel(heatmap: Heatmap) -> HeatPanel:
    target = heatmap.target
    where = f"{heatmap.layer} · {heatmap.part}" if heatmap.part else heatmap.layer
    rows, columns = heatmap.size
    return HeatPanel(
        METHODS[heatmap.method].title,
        f"{target.label}, {formatting.percent(target.probability)} · {where} · {rows} × {columns}",
        heatmap.values,
        heatmap.field,
        heatmap.note,
    )
