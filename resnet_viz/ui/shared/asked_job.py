"""Work that a visitor asks for: a button, its progress, and its result until the subject changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import streamlit as st

from resnet_viz import jobs
from resnet_viz.jobs import Job
from resnet_viz.store import STORE
from resnet_viz.texts import plain
from resnet_viz.ui.shared import job_progress
from resnet_viz.ui.state import answers
from resnet_viz.ui.state.session import Slot

T = TypeVar("T")
Asked = Slot[tuple[Hashable | None, Job[Any] | None]]

_AT_ONCE_S: Final = 0.5  # what is through by then needs no bar


@dataclass(frozen=True)  # slots and Generic do not go together
class AskedJob(Generic[T]):
    """One kind of work on a page, by the place in the session where it is remembered.

    `prepare` is called in the visitor's own run, where it may wait for what the job needs; what it returns
    makes the job and waits for nothing. With `keeps` what was found stays in the server's store by its
    subject, and whoever comes to the same subject later finds it there without asking.
    """

    slot: Asked
    keeps: bool = False

    def button(self, label: str, subject: Hashable, icon: str) -> None:
        """Ask for the work on this subject, in place of any other."""
        st.button(label, key=f"{self.slot.key}_ask", on_click=self._ask, args=(subject,), icon=icon)

    def is_asked(self, subject: Hashable) -> bool:
        """Whether the work on this subject is what was asked for last."""
        return self.slot.get((None, None))[0] == subject

    def result(self, subject: Hashable, prepare: Callable[[], Callable[[], Job[T]]]) -> T | None:
        """What the work found, once it was asked for and is through; until then how far it is."""
        asked, before = self.slot.get((None, None))
        kept = STORE.get(self._key(subject)) if self.keeps else None
        if asked != subject or kept:
            if before and not before.progress.has_ended:
                self.leave()
            return kept.value if kept else None
        job = self.at_once(subject, prepare)
        if job.result is not None:
            found: T = job.result
            if self.keeps:
                STORE.put(self._key(subject), found, answers.visitor().session)
            return found
        if job.progress.has_ended:
            st.error(plain(job.progress.sentence))
        return None

    def offered(
        self, subject: Hashable, label: str, icon: str, prepare: Callable[[], Callable[[], Job[T]]]
    ) -> T | None:
        """See `result`; while there is none a button that asks for it stands above how far it is."""
        place = st.container()
        found = self.result(subject, prepare)
        if found is None:
            with place:
                self.button(label, subject, icon)
        return found

    def at_once(
        self,
        subject: Hashable,
        prepare: Callable[[], Callable[[], Job[T]]],
        on_cancel: Callable[[], None] = lambda: None,
    ) -> Job[T]:
        """The job of a subject, begun without being asked for; while it runs, how far it is.

        What was wanted before is left. `on_cancel` is called when the visitor no longer wants it.
        """
        asked, job = self.slot.get((None, None))
        if asked != subject or job is None:
            self.leave()
            job = jobs.start(self._key(subject), prepare(), answers.visitor())
            self.slot.set((subject, job))
        if not job.wait(_AT_ONCE_S).has_ended:
            self._follow(job, on_cancel)
        return job

    def leave(self) -> None:
        """No longer want the work that was asked for; others go on."""
        _, job = self.slot.pop((None, None))
        if job:
            job.leave(answers.visitor())

    def _key(self, subject: Hashable) -> Hashable:
        """What the job of a subject runs under, and what its result is kept by."""
        return self.slot.key, subject

    def _follow(self, job: Job[T], on_cancel: Callable[[], None]) -> None:
        def cancel() -> None:
            self.leave()
            on_cancel()

        job_progress.follow(
            job, is_followed=lambda: self.slot.get((None, None))[1] is job, on_cancel=cancel
        )

    def _ask(self, subject: Hashable) -> None:
        self.leave()
        self.slot.set((subject, None))
