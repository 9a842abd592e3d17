"""How far work in the background is: a bar that runs by itself, without the rest of the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from resnet_viz.jobs import Job, Progress
from resnet_viz.texts import plain

_EVERY: Final = 0.5  # seconds between two looks at a job


def follow(
    job: Job[Any],
    *,
    is_followed: Callable[[], bool],
    on_cancel: Callable[[], None] | None,
    on_end: Callable[[Progress], None] = lambda _: None,
    expected: int = 1,
    foreign: str = "",
) -> None:
    """Show a job until it has ended or is no longer followed, then run the page again.

    Args:
        job: one that may still run.
        is_followed: whether this visitor still wants to see it.
        on_cancel: what the button does; `None` for a job of somebody else's, who is told of by `foreign`.
        on_end: called once with how it ended.
        expected: all that there is to do, as long as the job does not say it.
    """

    def look() -> None:
        now = job.progress
        if now.has_ended:
            on_end(now)
        if now.has_ended or not is_followed():
            st.rerun()
        st.progress(min(now.done / (now.total or expected), 1.0), plain(now.sentence))
        if on_cancel:
            st.button("Cancel", on_click=on_cancel, width="stretch")
        else:
            st.caption(foreign)

    st.fragment(look, run_every=_EVERY)()
