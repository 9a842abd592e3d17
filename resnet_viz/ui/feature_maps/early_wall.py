"""The wall of a layer that was just chosen, which the browser draws before the page that shows it is made.

A click makes Streamlit run the page and draw it again from its heading on; the wall comes late in that. The
browser asks for it by a request of its own meanwhile. The page finds that it has, and need not bring the
same once more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from resnet_viz.components.feature_wall import Source, content, unpinned
from resnet_viz.ui.feature_maps import wall_state
from resnet_viz.ui.state import ahead, cache
from resnet_viz.ui.state.ahead import Request, Shown
from resnet_viz.ui.state.pages import WALL
from resnet_viz.ui.state.view_state import ViewState


def source(view_state: ViewState) -> Source | None:
    """Where this visitor's browser gets the layers of his network and image."""
    visit = ahead.visit_name()
    shown = ahead.looked_at(visit)
    if not shown:
        return None
    layer = view_state.layer
    return Source(
        f"{WALL}?{urlencode({'visit': visit, 'subject': shown.subject})}",
        has_this=layer in shown.asked,
        on_lost=lambda: forget(shown, layer, shown.asked.get(layer)),
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """A layer that was chosen, and its answer on the way."""

    shown: Shown
    layer: str
    request: Request

    def content(self) -> bytes | None:
        """What the wall draws, once the request waits no longer; what there is not, the page has to say."""
        state = replace(self.shown.view_state, layer=self.layer)
        job = self.request.job
        kept = cache.kept_example_outputs(state.network, state.image, self.layer)
        if self.request.is_left or not (outputs := kept or (job and job.result)):
            return None
        values, row = outputs[self.layer].values, state.selected
        header = unpinned(wall_state.default_position(values))
        return content(row.path, values, state.pixels, row.field, wall_state.classes(state), header)

    def end(self, *, is_sent: bool) -> None:
        """The request has been answered, or nobody waits for the answer."""
        if not is_sent:
            forget(self.shown, self.layer, self.request)
        self.request.leave()
        self.request.answered.set()


def choose(visit: str, subject: str, layer: str) -> Chosen | None:
    """Begin the answer of a layer of what the visitor looks at; nothing where he looks at another subject.

    What he asked for before in this way, and has not got yet, he wants no longer.
    """
    shown = ahead.looked_at(visit)
    if not shown or shown.subject != subject or layer not in shown.view_state.trace:
        return None
    for request in list(shown.asked.values()):
        if not request.answered.is_set():
            request.leave()
    # The page may be made before this is answered.
    request = shown.asked[layer] = ahead.begin(shown, layer)
    return Chosen(shown, layer, request)


def forget(shown: Shown, layer: str, request: Request | None) -> None:
    """Let the page bring a layer, unless the browser has asked for it once more since."""
    if shown.asked.get(layer) is request:
        shown.asked.pop(layer, None)
