"""Where a term of the glossary can be seen, from the network that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from resnet_viz.analysis.records import Trace
from resnet_viz.model.presets import PRESETS
from resnet_viz.texts.glossary import Term, glossary
from resnet_viz.ui.state import cache, pages, selection, url
from resnet_viz.ui.state.url import Parameter

_PARAMETERS: Final[Mapping[str, Parameter]] = {each.name: each for each in url.PARAMETERS}
_WITHOUT_WIDGET: Final = (url.STEP, url.PART)  # no widget holds it, so that the link has to


@dataclass(frozen=True, slots=True)
class Destination:
    """A page, and what is to be changed there: nothing where a field is empty."""

    page: str  # slug
    preset: str
    layer: str
    query: Mapping[str, str]


def destination(term: Term, trace: Trace) -> Destination:
    """The page of a term; another network only where the present one has nothing to show of it."""
    layer = _fitting(term, trace)
    if layer is not None:
        return Destination(term.page, "", layer, term.query)
    preset = term.preset or selection.DEFAULT_MODEL  # where every network of the papers has it
    there = _fitting(term, cache.trace(PRESETS[preset]))
    return Destination(term.page, preset, there or "", term.query)


def go_to_see(slug: str, trace: Trace) -> None:
    """Go to where a term can be seen, from the network of a trace; for callbacks."""
    if slug in glossary():
        go(destination(glossary()[slug], trace))


def go(to: Destination) -> None:
    """Go there, with the image and whatever else need not change; for callbacks."""
    if to.preset:
        selection.select_model(to.preset)
    if to.layer:
        selection.select_layer(to.layer)
    for name, value in to.query.items():
        parameter = _PARAMETERS[name]
        if parameter not in _WITHOUT_WIDGET:
            parameter.set(value == "true" if parameter.kind == "flag" else value)
    pages.go_to(to.page, to.query)


def _fitting(term: Term, trace: Trace) -> str | None:
    """The layer that shows a term, empty where any does; `None` where this network has none."""
    if not _has(trace.config, term.network):
        return None
    if not term.layer:
        return ""
    return next((row.path for row in trace.layers if _has(row, term.layer)), None)


def _has(record: Any, fields: Mapping[str, Any]) -> bool:
    """Whether a layer or a configuration has these values."""
    return all(getattr(record, name) == _as_in_records(value) for name, value in fields.items())


def _as_in_records(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
