"""Work that a visitor asks for: a button, its progress, and its result until the subject changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import streamlit as st

from resnet_viz import jobs
from resnet_viz.jobs import Job
from resnet_viz.texts import plain
from resnet_viz.ui.shared import job_progress
from resnet_viz.ui.state import answers
from resnet_viz.ui.state.session import Slot

T = TypeVar("T")
Asked = Slot[tuple[Hashable | None, Job[Any] | None]]

_AT_ONCE_S: Final = 0.5  # what is through by then needs no bar


@dataclass(frozen=True)  # slots and Generic do not go together
class AskedJob(Generic[T]):
    """One kind of work on a page, by the place in the session where it is remembered."""

    slot: Asked

    def button(self, label: str, subject: Hashable, icon: str) -> None:
        """Ask for the work on this subject, in place of any other."""
        st.button(label, key=f"{self.slot.key}_ask", on_click=self._ask, args=(subject,), icon=icon)

    def result(self, subject: Hashable, make: Callable[[], Job[T]]) -> T | None:
        """What the work found, once it was asked for and is through; until then how far it is."""
        asked, job = self.slot.get((None, None))
        if asked != subject:
            return None
        if job is None:
            job = jobs.start((self.slot.key, subject), make, answers.visitor())
            self.slot.set((subject, job))
        now = job.wait(_AT_ONCE_S)
        if job.result is not None:
            found: T = job.result
            return found
        if now.has_ended:
            st.error(plain(now.sentence))
        else:
            followed = job
            job_progress.follow(
                job,
                is_followed=lambda: self.slot.get((None, None))[1] is followed,
                on_cancel=self._leave,
            )
        return None

    def _ask(self, subject: Hashable) -> None:
        self._leave()
        self.slot.set((subject, None))

    def _leave(self) -> None:
        """No longer want the work that was asked for; others go on."""
        _, job = self.slot.pop((None, None))
        if job:
            job.leave(answers.visitor())
