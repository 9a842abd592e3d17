"""What a visitor brings by file, drop, paste or camera: decoded, kept for the visit, or refused."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from resnet_viz.errors import ImageError
from resnet_viz.images import MAX_BYTES, read_image
from resnet_viz.texts import plain
from resnet_viz.ui.state import files, selection, session, visit


def uploader(place: str, label: str = "Your image") -> None:
    """A place to drop, paste or choose an image; afterwards the file is let go, the pixels kept.

    A page that has two of them needs two labels: whoever hears the page knows them by nothing else.
    """
    key = f"_file_{place}_{session.IMAGES_ACCEPTED.get(0)}"
    st.file_uploader(
        f"{label}: drop, paste or choose",
        type=["image"],
        key=key,
        max_upload_size=MAX_BYTES // 10**6,
        on_change=_accept,
        args=(key, place),
    )
    _show_problem(place)


def camera(place: str) -> None:
    """A snapshot from the visitor's camera, where the browser gives one."""
    if visit.camera_is_closed():
        st.info(
            "The browser gives the camera only to pages that come by https or from localhost. "
            "A photograph can be uploaded as a file.",
            icon=":material/no_photography:",
        )
        return
    key = f"_camera_{place}_{session.IMAGES_ACCEPTED.get(0)}"
    st.camera_input("Take a photograph", key=key, on_change=_accept, args=(key, "camera"))
    _show_problem("camera")


def forget_problem() -> None:
    """No longer say why a file was refused; for callbacks."""
    session.IMAGE_PROBLEM.pop(("", ""))


def _show_problem(place: str) -> None:
    """Say why a file was refused, where it was dropped."""
    dropped, problem = session.IMAGE_PROBLEM.get(("", ""))
    if dropped == place:
        st.error(plain(problem))


def _accept(key: str, place: str) -> None:
    """Decode what was uploaded; keep the previous image when that fails."""
    file = files.sent(key)
    if file is None:
        return
    forget_problem()
    try:
        session.IMAGE.set(read_image(file.getvalue(), file.name, owner=_visitor()))
        selection.select_upload()
    except ImageError as error:
        session.IMAGE_PROBLEM.set((place, str(error)))
        st.toast(plain(str(error)), icon=":material/error:")  # in sight, wherever the page is
    # A new key empties the uploader: the file's bytes are not kept for the whole visit.
    files.let_go(file)
    session.IMAGES_ACCEPTED.set(session.IMAGES_ACCEPTED.get(0) + 1)


def _visitor() -> str:
    """Whose turn it is when several files wait for the decoder."""
    context = get_script_run_ctx()
    return context.session_id if context else ""
