"""What the page is asked for: which methods, at which layers, for which classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import streamlit as st

from resnet_viz.analysis.attribution import METHODS, make_method
from resnet_viz.analysis.attribution.method import LayerMethod, Method
from resnet_viz.analysis.attribution.rise import Rise
from resnet_viz.analysis.attribution.target_layer import PARTS, has_maps, last_stage
from resnet_viz.ui.shared import layer_panel, widgets
from resnet_viz.ui.shared.ways import BOTH, COMPARED, LAST, LAYERS, SELECTED
from resnet_viz.ui.state import session, url
from resnet_viz.ui.state.view_state import ViewState

MOST: Final = 12  # maps side by side
_DEFAULT: Final = "grad_cam"
_MASKS: Final = ("250", "1000", "4000")  # the paper draws 4,000 to 8,000


@dataclass(frozen=True, slots=True)
class MapRequest:
    """One map: a method at a layer for a class."""

    method: Method
    layer: str  # path; empty for a method that is about pixels
    part: str  # of a block; empty for what is none
    target: int | None  # class; None for the most probable one


def choose(view_state: ViewState) -> list[MapRequest]:
    """The controls, all of them in the URL, and what they ask for; never more than `MOST` maps."""
    _recall()
    left, right = st.columns(2, gap="large")
    with left:
        methods = widgets.several("Methods", tuple(METHODS), url.METHODS, default=[_DEFAULT])
    with right:
        classes = _classes(view_state)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = widgets.segments("Layers", LAYERS, url.WHERE, default=LAST)
        kept = _kept(view_state)
        layers = list(dict.fromkeys([*_layers(view_state, asked), *kept]))
        parts = _parts(view_state, layers)
        options = _options(methods)
    if asked != LAST:
        layer_panel.breadcrumbs(view_state)
    asked_of = [make_method(slug, options.get(slug)) for slug in methods or [_DEFAULT]]
    _remember(kept)
    requests = list(_requests(view_state, asked_of, classes, layers, parts))
    if len(requests) > MOST:
        st.info(
            f"{len(requests)} maps were chosen; the first {MOST} are shown. Choose fewer methods, classes "
            "or layers for the others.",
            icon=":material/grid_view:",
        )
    return requests[:MOST]


def _options(methods: list[str]) -> dict[str, dict[str, int]]:
    """What can be chosen of the methods themselves, by their names."""
    if Rise.slug not in methods:
        return {}
    masks = widgets.segments("Masks of RISE", _MASKS, url.MASKS, default=_MASKS[1])
    return {Rise.slug: {"masks": int(masks)}}


def _classes(view_state: ViewState) -> list[int | None]:
    """The classes that are asked about, by number."""
    names = class_names(view_state)
    chosen = widgets.several(
        "Classes", names, url.CLASSES, default=[], placeholder="the most probable one"
    )
    known = {name: index for index, name in enumerate(names)}
    return [known[name] for name in chosen] or [None]


def class_names(view_state: ViewState) -> tuple[str, ...]:
    """What a class is called in the URL: its name; where several share it, with its number."""
    counts = Counter(view_state.answers)
    names: list[str] = []
    for index, name in enumerate(view_state.answers):
        called = name if counts[name] == 1 else f"{name} ({index})"
        while called != name and called in counts:  # a class has just this name
            called += "′"
        names.append(called)
    return tuple(names)


def _layers(view_state: ViewState, asked: str) -> list[str]:
    """Paths of the layers that methods at layers are asked about; both may be the same one."""
    last, selected = last_stage(view_state.trace), view_state.layer
    return {LAST: [last], SELECTED: [selected], BOTH: [selected, last]}[asked]


def _kept(view_state: ViewState) -> list[str]:
    """The layers that stay while others are selected, and the button that keeps the selected one."""
    known = [row.path for row in view_state.trace.layers if has_maps(row)]
    kept = widgets.several(
        *("Kept layers", known, url.KEPT),
        default=[],
        placeholder="none to compare with",
        width=300,
        help="They stay beside the layer asked, whichever is selected next: in the sidebar, on the map of "
        "Overview, in the table of Layers or above the facts below a diagram.",
    )
    selected = view_state.layer
    st.button(
        f"Keep {selected}",
        key="_keep",
        icon=":material/keep:",
        on_click=_keep,
        args=(selected,),
        disabled=selected in kept or selected not in known,
    )
    return kept


def _keep(layer: str) -> None:
    """Let a layer stay, and show the next selected one beside it; for callbacks."""
    url.KEPT.set([*url.KEPT.value([]), layer])
    if url.WHERE.value(LAST) == LAST:
        url.WHERE.set(BOTH)


def _recall() -> None:
    """Go on with a comparison that was left for another page, where the next layer is chosen."""
    held = session.COMPARISON.get({})
    for parameter in COMPARED:
        if parameter.key in held:
            parameter.recall(held[parameter.key])


def _remember(kept: list[str]) -> None:
    """Remember what is compared as long as there is a kept layer."""
    state = st.session_state
    keys = (each.key for each in COMPARED)
    session.COMPARISON.set({key: state[key] for key in keys if key in state} if kept else {})


def _parts(view_state: ViewState, layers: list[str]) -> list[str]:
    """Which parts of a block; asked only where one of the layers is a block."""
    if not any(view_state.trace[layer].is_block for layer in layers):
        return []
    return widgets.several("Parts of the block", PARTS, url.PARTS, default=[PARTS[0]])


def _requests(
    view_state: ViewState,
    methods: list[Method],
    classes: list[int | None],
    layers: list[str],
    parts: list[str],
) -> Iterator[MapRequest]:
    """Class by class, method by method, layer by layer; a method about pixels once for each class."""
    for target in classes:
        for method in methods:
            if not isinstance(method, LayerMethod):
                yield MapRequest(method, "", "", target)
                continue
            for layer in layers:
                of_block = parts if view_state.trace[layer].is_block else []
                for part in of_block or [""]:
                    yield MapRequest(method, layer, part, target)
