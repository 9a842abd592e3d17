"""ImageNet's parameters in the sidebar: fetched once, when somebody says so."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.model.config import ResNetConfig
from resnet_viz.texts import plain, text
from resnet_viz.ui.state import session
from resnet_viz.weights import download, sources
from resnet_viz.weights.checkpoints import Checkpoint, megabytes
from resnet_viz.weights.download import DownloadJob

_EVERY: Final = 0.5  # seconds between two looks at a download


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
        st.fragment(_progress, run_every=_EVERY)(running)
    if problem := session.DOWNLOAD_PROBLEM.pop(""):
        st.error(plain(problem))


def _progress(running: DownloadJob) -> None:
    """How far a download is; runs by itself, without the rest of the page."""
    now = running.progress
    mine = _mine(running.checkpoint) is running
    if now.has_ended:
        session.DOWNLOAD_PROBLEM.set(now.sentence if now.state == "failed" else "")
        if mine:
            session.DOWNLOAD.pop(None)
        st.rerun()
    if session.DOWNLOAD_LEFT.pop(False):
        st.rerun()  # the rest of the sidebar offers it again
    total = now.total or running.checkpoint.size
    st.progress(min(now.done / total, 1.0), plain(now.sentence))
    if mine:
        st.button("Cancel", on_click=_leave, width="stretch")
    else:
        st.caption("Another user already started this download.")


def _start(checkpoint: Checkpoint) -> None:
    _leave()  # one at a time for each visitor
    session.DOWNLOAD.set(download.start(checkpoint))


def _mine(checkpoint: Checkpoint) -> DownloadJob | None:
    """The download that this visitor has asked for, when it is of that file."""
    joined = session.DOWNLOAD.get(None)
    return joined if joined and joined.checkpoint == checkpoint else None


def _leave() -> None:
    """Say once that this visitor no longer wants it; others go on."""
    if joined := session.DOWNLOAD.pop(None):
        joined.leave()
        session.DOWNLOAD_LEFT.set(True)
