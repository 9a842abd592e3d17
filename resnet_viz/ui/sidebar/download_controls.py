"""ImageNet's parameters in the sidebar: fetched once, when somebody says so."""

from __future__ import annotations

import streamlit as st

from resnet_viz.jobs import Progress
from resnet_viz.model.config import ResNetConfig
from resnet_viz.texts import plain, text
from resnet_viz.ui.shared import job_progress
from resnet_viz.ui.state import answers, session
from resnet_viz.weights import download, sources
from resnet_viz.weights.checkpoints import Checkpoint
from resnet_viz.weights.download import DownloadJob
from resnet_viz.weights.sizes import megabytes


def offer(config: ResNetConfig, wanted: str) -> None:
    """Announce a download and its size; while it runs, show how far it is."""
    checkpoint = sources.checkpoint(config, wanted)
    assert checkpoint
    running = _mine(checkpoint) or download.running(checkpoint)
    if running is None:
        missing = "" if sources.is_available(config, wanted) else "Not on this machine yet. "
        st.caption(missing + text("download"))
        st.button(
            f"Download {megabytes(checkpoint.size)}",
            icon=":material/download:",
            on_click=_start,
            args=(checkpoint,),
            width="stretch",
        )
    else:
        _follow(running)
    if problem := session.DOWNLOAD_PROBLEM.pop(""):
        st.error(plain(problem))


def _follow(job: DownloadJob) -> None:
    """How far a download is: the visitor's own, which he can cancel, or another's."""
    mine = _mine(job.checkpoint) is job
    job_progress.follow(
        job,
        is_followed=lambda: not mine or _mine(job.checkpoint) is job,
        on_cancel=_leave if mine else None,
        on_end=_keep_end,
        expected=job.checkpoint.size,
        foreign="Another user already started this download.",
    )


def _keep_end(end: Progress) -> None:
    """Keep why it failed, for the run that follows."""
    session.DOWNLOAD_PROBLEM.set(end.sentence if end.state == "failed" else "")
    if (joined := session.DOWNLOAD.get(None)) and joined.progress.has_ended:
        session.DOWNLOAD.pop(None)


def _start(checkpoint: Checkpoint) -> None:
    _leave()  # one at a time for each visitor
    session.DOWNLOAD.set(download.start(checkpoint, follower=answers.visitor()))


def _mine(checkpoint: Checkpoint) -> DownloadJob | None:
    """The download that this visitor has asked for, when it is of that file."""
    joined = session.DOWNLOAD.get(None)
    return joined if joined and joined.checkpoint == checkpoint else None


def _leave() -> None:
    """Say once that this visitor no longer wants it; others go on."""
    if joined := session.DOWNLOAD.pop(None):
        joined.leave(answers.visitor())
