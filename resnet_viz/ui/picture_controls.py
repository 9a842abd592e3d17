"""The picture: a sample, or what the visitor brings by file, drop, paste or camera."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from resnet_viz.errors import ImageError
from resnet_viz.images import MAX_BYTES, SAMPLES, ImageInput, read_image
from resnet_viz.model.config import ResNetConfig
from resnet_viz.ui import cache, widgets
from resnet_viz.ui.texts import plain
from resnet_viz.weights.sources import default_weights, describe

UPLOAD: Final = "upload"  # the picture that the user brought; a URL cannot hold it


def picture(suited: Sequence[str]) -> tuple[str, ImageInput]:
    """A sample, those that suit the weights first, or what the user uploaded; with its slug.

    A file that cannot be opened leaves things as they are.
    """
    mine: ImageInput | None = st.session_state.get("_upload")
    others = (slug for slug in SAMPLES if slug not in suited)
    options = (*suited, *others, *((UPLOAD,) if mine else ()))
    default = st.session_state["_default_picture"] = options[0]
    if st.query_params.get("picture") == UPLOAD and not mine:
        if "picture" not in st.session_state:
            widgets.notice("A link cannot carry an uploaded picture: showing a sample instead.")
    else:
        widgets.warn_unknown("picture", options, default)
    slug = st.selectbox(
        "Picture",
        options,
        index=0,
        key="picture",
        bind=widgets.BOUND,
        on_change=_forget_problem,
    )
    uploader("sidebar")
    if slug == UPLOAD and mine:
        st.caption(f"{plain(mine.name)}. It stays in this browser tab: a link does not carry it.")
        return slug, mine
    slug = slug if slug in SAMPLES else default
    return slug, cache.sample(slug)


def uploader(place: str) -> None:
    """A place to drop, paste or choose a picture; afterwards the file is let go, the pixels kept."""
    key = f"_file_{place}_{st.session_state.get('_uploads', 0)}"
    st.file_uploader(
        "Your picture: drop, paste or choose",
        type=["image"],
        key=key,
        max_upload_size=MAX_BYTES // 1_000_000,
        on_change=_accept,
        args=(key, place),
    )
    _show_problem(place)


def camera(place: str) -> None:
    """A snapshot from the visitor's camera."""
    key = f"_camera_{place}_{st.session_state.get('_uploads', 0)}"
    st.camera_input("Take a photograph", key=key, on_change=_accept, args=(key, "camera"))
    _show_problem("camera")


def change_with(preset: ResNetConfig) -> None:
    """Put a sample in that suits a new network, unless the picture suits it or is one's own.

    For callbacks.
    """
    suited = describe(preset, default_weights(preset), preset.input_size).samples
    here = st.session_state.get("picture")
    was_default = here == st.session_state.get("_default_picture")
    if here != UPLOAD and (was_default or here not in suited):
        st.session_state.picture = suited[0]


def _show_problem(place: str) -> None:
    """Say why a file was refused, where it was dropped."""
    dropped, problem = st.session_state.get("_upload_problem", ("", ""))
    if dropped == place:
        st.error(plain(problem))


def _forget_problem() -> None:
    st.session_state.pop("_upload_problem", None)


def _accept(key: str, place: str) -> None:
    """Decode what was uploaded; keep the previous picture when that fails."""
    file: UploadedFile | None = st.session_state.get(key)
    if file is None:
        return
    _forget_problem()
    try:
        st.session_state["_upload"] = read_image(file.getvalue(), file.name)
        st.session_state.picture = UPLOAD
    except ImageError as error:
        st.session_state["_upload_problem"] = (place, str(error))
        st.toast(plain(str(error)), icon=":material/error:")  # in sight, wherever the page is
    # A new key empties the uploader: the file's bytes are not kept for the whole visit.
    st.session_state["_uploads"] = st.session_state.get("_uploads", 0) + 1
