"""The visitor's own parameters in the sidebar, and the names of their classes."""

from __future__ import annotations

import streamlit as st

from resnet_viz.errors import WeightsError
from resnet_viz.figures import formatting
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS, title
from resnet_viz.texts import plain, text
from resnet_viz.ui.state import files, selection, session
from resnet_viz.ui.state.answers import visitor
from resnet_viz.weights import uploads
from resnet_viz.weights.labels import parse_labels
from resnet_viz.weights.matching import CheckpointMismatch, check
from resnet_viz.weights.uploads import Upload, UploadSource


def own_weights(config: ResNetConfig) -> str:
    """The uploaded weights as `load` wants them, when they fit; else empty, and what is wrong is said."""
    own = session.WEIGHTS.get(None)
    fits = own is not None and _check(own, config)
    if own is None:
        st.caption(
            "No weights of yours are here. A link does not carry them, and a visit that was cut off "
            "for long loses them: upload the file, or upload it again."
        )
    _uploaders()
    return f"{UploadSource.slug}:{own.id}" if own and fits else ""


def _check(own: Upload, config: ResNetConfig) -> bool:
    """Whether an upload fits a network; else what is wrong, and a way to the network that it fits."""
    names = f"{len(own.labels):,} class names" if own.labels else "no class names"
    st.caption(f"{plain(own.name)}, {formatting.bytes_(own.size)}, {names}")
    try:
        check(own.shapes, config)
    except CheckpointMismatch as error:
        st.error(plain(str(error)))
        if error.suggestion:
            fitting = error.suggestion.config
            named = fitting.name if fitting.name in PRESETS else title(fitting)
            st.button(
                f"Show {named}, {fitting.num_classes:,} classes",
                on_click=selection.select_network,
                args=(fitting,),
                type="primary",
                width="stretch",
            )
        return False
    return True


def _uploaders() -> None:
    # Streamlit shows limits from 500 MB on as whole gigabytes.
    weights = f"Your weights: .safetensors, up to {uploads.MAX_FILE // 10**6} MB"
    kinds = (
        (weights, "safetensors", uploads.MAX_FILE, _accept_weights),
        ("Class names: .txt, one a line", "txt", uploads.MAX_LABELS, _accept_labels),
    )
    for label, ending, size, accept in kinds:
        # A new key empties the uploader: the bytes are not kept for the whole visit.
        key = f"_{ending}_{session.WEIGHTS_ACCEPTED.get(0)}"
        st.file_uploader(
            label,
            type=[ending],
            key=key,
            max_upload_size=-(-size // 1_000_000),
            on_change=accept,
            args=(key,),
        )
    if problem := session.WEIGHTS_PROBLEM.pop(""):
        st.error(plain(problem))
    st.caption(text("own_weights"))


def _accept_weights(key: str) -> None:
    """Keep a file that can be read; what was there before stays when it cannot."""
    file = files.sent(key)
    if file is not None:
        # Names that came first are for these weights and no others.
        _keep(file, file.name, session.LABELS.pop(b""))
        files.let_go(file)


def _accept_labels(key: str) -> None:
    file = files.sent(key)
    if file is None:
        return
    labels = file.getvalue()
    files.let_go(file)
    own = session.WEIGHTS.get(None)
    try:
        parse_labels(labels)  # names that cannot be read are said at once
        if own is None:
            session.LABELS.set(labels)  # for the weights that are to come
            return
        with own.path.open("rb") as weights_file:
            _keep(weights_file, own.name, labels)
    except WeightsError as error:
        session.WEIGHTS_PROBLEM.set(str(error))
    except FileNotFoundError:
        session.WEIGHTS_PROBLEM.set("These weights are no longer here; upload them again.")


def _keep(stream: uploads.Readable, name: str, labels: bytes) -> None:
    try:
        session.WEIGHTS.set(uploads.accept(stream, name, labels or None, visitor().session))
    except WeightsError as error:
        session.WEIGHTS_PROBLEM.set(str(error))
    session.WEIGHTS_ACCEPTED.set(session.WEIGHTS_ACCEPTED.get(0) + 1)
