"""Files that a visitor sent: let go as soon as they have been read."""

from __future__ import annotations

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


def sent(key: str) -> UploadedFile | None:
    """The file in the uploader or camera with this key; none where it has been let go.

    A click may arrive before the browser knows that its uploader was emptied; it then names a file
    that is gone, and Streamlit takes that for a new one.
    """
    file = st.session_state.get(key)
    return file if isinstance(file, UploadedFile) else None


def let_go(file: UploadedFile) -> None:
    """Forget a file's bytes; Streamlit itself keeps them until the visit ends."""
    run = get_script_run_ctx()
    if run is not None and runtime.exists():
        kept = runtime.get_instance().uploaded_file_mgr
        kept.remove_file(run.session_id, file.file_id)  # type: ignore[attr-defined]
