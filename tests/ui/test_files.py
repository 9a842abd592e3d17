"""Files that a visitor sent, also where they are gone before the click that names them arrives."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile, UploadedFileRec

from resnet_viz.ui.state import files


def test_a_file_that_was_let_go_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    record = UploadedFileRec("1", "mine.safetensors", "application/octet-stream", b"1234")
    whole = UploadedFile(record, FileURLs())
    monkeypatch.setattr(
        st, "session_state", {"sent": whole, "gone": DeletedFile("2"), "none": None}
    )
    assert files.sent("sent") is whole
    assert [files.sent(key) for key in ("gone", "none", "never shown")] == [None, None, None]
