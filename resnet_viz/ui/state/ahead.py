"""What a click is about to ask, computed while the cursor rests on a layer; and what a click has asked,
computed before the page that shows it is made.

The browser says which layer by a request of its own (`frame/web.py`): a message of Streamlit's would run a
script and draw the page again. Of several visitors' resting cursors one is served at a time, and only
while nobody waits for anything.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from resnet_viz.analysis.records import Outputs
from resnet_viz.errors import ExplorerError
from resnet_viz.jobs import Job
from resnet_viz.line import LINE
from resnet_viz.ui.state import answers, cache, session
from resnet_viz.ui.state.answers import Visitor
from resnet_viz.ui.state.view_state import ViewState

MOST_MACS: Final = 5_000_000_000  # for one layer: about a tenth of a second; ResNet-50 has 4.1 G
_MOST_S: Final = 0.15  # that a page waits for what the browser gets by itself

_GATE: Final = threading.Lock()


@dataclass(eq=False, slots=True)
class Request:
    """What a browser asks for of a layer, and the answer that is computed meanwhile."""

    job: Job[Outputs] | None = field(default=None, init=False)
    # Set when the answer has left for the browser.
    answered: threading.Event = field(default_factory=threading.Event, init=False)
    _is_there: bool = field(default=True, init=False)

    def __call__(self) -> bool:
        """Whether the browser still asks."""
        return self._is_there

    @property
    def waits(self) -> bool:
        """Whether something is being computed for it."""
        job = self.job
        return job is not None and not job.progress.has_ended

    @property
    def is_left(self) -> bool:
        """Whether the browser no longer asks."""
        return not self._is_there

    def leave(self) -> None:
        """The browser asks no longer; what nobody else waits for ends, and nothing of it is held."""
        self._is_there = False
        job, self.job = self.job, None
        if job:
            job.leave(self)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a visitor looks at, of which any layer may be asked for next."""

    view_state: ViewState
    visitor: Visitor
    subject: str  # tells the layers of this network and image from all others
    asked: dict[str, Request] = field(default_factory=dict)  # what the browser got by itself


_SHOWN: Final[dict[str, Shown]] = {}  # what visitors look at, by the names of their visits


def visit_name() -> str:
    """What the browser calls its visit: a name that nobody else can guess."""
    name = session.VISIT.get("")
    if not name:
        name = secrets.token_urlsafe(16)
        session.VISIT.set(name)
    return name


def look_at(view_state: ViewState) -> None:
    """Remember what this visitor looks at, and forget those whose tab is closed."""
    whose = view_state.network, view_state.image.sha256
    subject = hashlib.blake2b(repr(whose).encode(), digest_size=16).hexdigest()
    visit = visit_name()
    with _GATE:
        for name in [name for name, each in _SHOWN.items() if not each.visitor()]:
            del _SHOWN[name]
        before = _SHOWN.get(visit)
        asked = before.asked if before and before.subject == subject else {}
        _SHOWN[visit] = Shown(view_state, answers.visitor(), subject, asked)


def let_pass(path: str | None) -> None:
    """Wait for a moment where the browser asks for a layer by itself: it draws that before the page."""
    shown = looked_at(visit_name())
    if shown and path and (request := shown.asked.get(path)):
        request.answered.wait(_MOST_S)


def looked_at(visit: str) -> Shown | None:
    """What a visitor looks at; nothing where nobody is known by that name."""
    return _SHOWN.get(visit)


def rest(visit: str, path: str) -> Request:
    """Begin what a click on a layer would ask, where it is cheap and nobody waits; blocks for moments."""
    shown = looked_at(visit)
    return begin(shown, path, MOST_MACS) if shown and LINE.is_idle else Request()


def begin(shown: Shown, path: str, most_macs: float = math.inf) -> Request:
    """Begin a layer's answer, unless it is kept or takes more than `most_macs` multiply-adds."""
    request = Request()
    network, image = shown.view_state.network, shown.view_state.image
    with suppress(ExplorerError):  # the click itself says what is wrong
        request.job = cache.begin_example_outputs(
            network, image, path, shown.visitor.session, request, most_macs
        )
    return request
