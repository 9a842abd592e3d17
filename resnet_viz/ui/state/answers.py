"""The one door to every computed answer: its price, its place in the line, and the store that keeps it.

An answer that is kept is handed out at once. Else it is computed in a job, one for all who ask the same at
the same time; whoever waits sees how many are before him, and a closed tab or a newer question lets go of
it. What nobody waits for any more stops between two layers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar

import streamlit as st
from streamlit.runtime import Runtime, exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests, ScriptRequestType

from resnet_viz import jobs
from resnet_viz.jobs import Follower, Job
from resnet_viz.line import LINE, Turn
from resnet_viz.store import STORE
from resnet_viz.ui.state import session

T = TypeVar("T")

_EVERY: Final = 0.1  # seconds between two looks at whether the visitor still waits
# Seconds in which nothing is said: taking a sentence away again would redraw the page once more, and
# Streamlit shows it only half a second after it is sent.
_SILENT: Final = 0.3


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """How to compute an answer, once what it needs is at hand; and what that takes."""

    work: Callable[[], T]
    memory: int = 0  # bytes, beside what is kept
    is_long: bool = False  # whether others may overtake it


class AnswerJob(Job[T]):
    """One answer on its way; it waits for its turn, and then computes."""

    name = "answer"
    # The next run of the same visitor asks the same, unless something else has been chosen.
    linger_s = 1.0

    def __init__(self, key: Hashable, task: Task[T], owner: str) -> None:
        super().__init__("")
        self._key, self._task, self._owner = key, task, owner
        self._turn = Turn(task.memory, task.is_long)

    @property
    def ahead(self) -> int:
        """How many came before it and are not through."""
        return LINE.ahead(self._turn)

    def work(self) -> tuple[T, str]:
        """Compute the answer, and keep it; one that came while this was asked is taken as it is."""
        with LINE.turn(self._turn):
            kept = STORE.get(self._key)
            if kept is not None:
                answer: T = kept.value
                return answer, ""
            answer = self._task.work()
            STORE.put(self._key, answer, self._owner)
        return answer, ""


class EarlyJob(AnswerJob[T]):
    """An answer that nobody has asked for yet; it ends with the last who waits for it."""

    name = "early answer"
    linger_s = 0.0


def begin(key: Hashable, task: Task[T], owner: str, follower: Follower) -> Job[T]:
    """Begin an answer before it is asked for, or join whoever waits for it; `follower` leaves it again."""
    return jobs.start(key, lambda: EarlyJob(key, task, owner), follower)


def ask(key: Hashable, prepare: Callable[[], Task[T]], says: str = "") -> T:
    """The answer of a key: the one that is kept, or else the one that is computed now.

    `prepare` is called in the asker's own thread, and may ask for what the answer is made of. `says` is
    shown while it is computed. Raises what `prepare` and the task raise.
    """
    kept = STORE.get(key)
    if kept is not None:
        answer: T = kept.value
        return answer
    task = prepare()
    job = jobs.start(key, lambda: AnswerJob(key, task, _session()))
    try:
        _wait(job, says)
    finally:
        job.leave()
    if job.error is not None:
        raise job.error
    return job.result  # type: ignore[return-value]  # a job without an error has a result


@dataclass(frozen=True, slots=True)
class Visitor:
    """One open tab, as the follower of a job that outlasts a run."""

    session: str  # empty outside of a page
    server: Runtime | None = field(repr=False, compare=False)

    def __call__(self) -> bool:
        """Whether the tab is still open."""
        return self.server is None or self.server.is_active_session(self.session)


def visitor() -> Visitor:
    """Whose run this is."""
    return Visitor(_session(), get_instance() if exists() else None)


def _wait(job: AnswerJob[Any], says: str) -> None:
    """Wait for a job; Streamlit ends this with an exception of its own when the visitor has gone on."""
    if not _session() or not says:
        while not job.wait(_EVERY).has_ended:
            _look()
        return
    silent_until = time.monotonic() + _SILENT
    while not job.wait(_EVERY).has_ended and time.monotonic() < silent_until:
        _look()
    while not job.progress.has_ended:
        ahead = job.ahead
        with st.spinner(_sentence(says, ahead)):
            while not job.wait(_EVERY).has_ended and job.ahead == ahead:
                _look()


def _look() -> None:
    """Let Streamlit end this run; reading the session is what it takes as an occasion."""
    context = get_script_run_ctx(suppress_warning=True)
    if not context:  # the server answers the first page before anybody comes
        return
    if context.script_requests:
        overtake(context.script_requests, context.fragment_ids_this_run or [])
    session.PRESET.get(None)


def overtake(requests: ScriptRequests, running: Sequence[str]) -> None:
    """Let a click on the page end the run of `running`, fragments or none for everything.

    By itself Streamlit lets a click in a fragment wait for the end of whatever runs: here that would be
    an answer which the visitor no longer wants. What was running is run again, with the click.
    """
    waiting = requests._rerun_data if requests._state is ScriptRequestType.RERUN else None
    if waiting is None or waiting.is_auto_rerun or not waiting.fragment_id_queue:
        return
    again = replace(
        waiting, fragment_id_queue=list(running), is_fragment_scoped_rerun=bool(running)
    )
    requests.request_rerun(again)


def _sentence(says: str, ahead: int) -> str:
    if not ahead:
        return says
    return f"Waiting: {ahead} {'computation' if ahead == 1 else 'computations'} ahead of you …"


def _session() -> str:
    """The session that asks; empty outside of a page."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""
