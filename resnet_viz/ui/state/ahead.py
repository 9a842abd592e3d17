"""What a click is about to ask, computed while the cursor rests on a layer.

The browser says on which by a request of its own (`frame/web.py`): a message of Streamlit's would run a
script and draw the page again. Of several visitors' cursors one is served at a time, and only while nobody
waits for anything.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from resnet_viz.errors import ExplorerError
from resnet_viz.images import ImageInput
from resnet_viz.jobs import Job
from resnet_viz.line import LINE
from resnet_viz.ui.state import answers, cache, session
from resnet_viz.ui.state.answers import Visitor
from resnet_viz.ui.state.cache import ModelKey
from resnet_viz.ui.state.view_state import ViewState

MOST_MACS: Final = 5_000_000_000  # for one layer: about a tenth of a second; ResNet-50 has 4.1 G

_GATE: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a visitor looks at, of which any layer may be asked for next."""

    network: ModelKey
    image: ImageInput
    visitor: Visitor


@dataclass(eq=False, slots=True)
class Resting:
    """A cursor that rests on a layer, and the answer that is computed meanwhile."""

    job: Job[Any] | None = field(default=None, init=False)
    _is_there: bool = field(default=True, init=False)

    def __call__(self) -> bool:
        """Whether the cursor is still there."""
        return self._is_there

    @property
    def waits(self) -> bool:
        """Whether something is being computed for it."""
        return self.job is not None and not self.job.progress.has_ended

    def leave(self) -> None:
        """The cursor has moved on; what nobody else waits for ends."""
        self._is_there = False
        if self.job:
            self.job.leave(self)


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
    shown = Shown(view_state.network, view_state.image, answers.visitor())
    with _GATE:
        for name in [name for name, each in _SHOWN.items() if not each.visitor()]:
            del _SHOWN[name]
        _SHOWN[visit_name()] = shown


def rest(visit: str, path: str) -> Resting:
    """Begin what a click on a layer would ask, where it is cheap and nobody waits; blocks for moments."""
    resting = Resting()
    shown = _SHOWN.get(visit)
    if shown and LINE.is_idle:
        with suppress(ExplorerError):  # the click itself says what is wrong
            resting.job = cache.begin_example_outputs(
                shown.network, shown.image, path, shown.visitor.session, resting, MOST_MACS
            )
    return resting
