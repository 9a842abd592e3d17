"""The sidebar's weights: which ones, what they are, and how to get those that are not here yet."""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from resnet_viz.errors import ConfigError, WeightsError
from resnet_viz.figures import numbers
from resnet_viz.model.config import ResNetConfig
from resnet_viz.ui import cache, controls, shapes_panel, widgets
from resnet_viz.ui.cache import ModelKey
from resnet_viz.ui.texts import plain, text
from resnet_viz.weights import download, sources, uploads
from resnet_viz.weights.checkpoints import Checkpoint, megabytes
from resnet_viz.weights.download import Download
from resnet_viz.weights.labels import parse_labels
from resnet_viz.weights.loaded import Weights
from resnet_viz.weights.matching import CheckpointMismatch, check
from resnet_viz.weights.random import MAX_SEED
from resnet_viz.weights.uploads import Upload

UPLOAD: Final = uploads.UploadSource.slug
RANDOM: Final = "random"
_EVERY: Final = 0.5  # seconds between two looks at a download


def weights(config: ResNetConfig, input_size: int, device: str) -> Weights:
    """The chosen weights; until they are here and fit, what suits the network best meanwhile."""
    standard = sources.default_weights(config)
    options = (*sources.choices(config), UPLOAD)
    chosen = widgets.choice(
        "Weights",
        options,
        key="weights",
        default=standard,
        help="Where the parameters come from. ImageNet's are fetched once, and only when you say so.",
    )
    wanted = _complete(config, chosen)
    failed: list[str] = []
    while True:
        trying = sources.default_weights(config, failed) if failed or not wanted else wanted
        shown = _ready(config, trying, input_size, device)
        if shown:
            _facts(shown, "" if trying == wanted else f"Meanwhile: {shown.label}. ")
            return shown
        failed.append(trying)


def _complete(config: ResNetConfig, chosen: str) -> str:
    """The choice as `load` wants it; empty while something is missing, which is then asked for."""
    if chosen == RANDOM:
        return f"{RANDOM}:{widgets.number('Seed', (0, MAX_SEED), key='seed', default=0)}"
    if chosen == UPLOAD:
        return _own(config)
    if not sources.is_available(config, chosen):
        _fetch(config, chosen)
        return ""
    return chosen


def _ready(config: ResNetConfig, wanted: str, input_size: int, device: str) -> Weights | None:
    """What there is to say of weights that can be read; a sentence for those that cannot."""
    try:
        description = sources.describe(config, wanted, input_size)
        if wanted.partition(":")[0] not in (RANDOM, "bundled"):
            cache.is_sound(ModelKey(config, description.key, input_size, device))
    except ConfigError:
        pass  # too large to run: the pages say so, and everything else can be looked at
    except WeightsError as error:
        st.error(plain(str(error)))
        if sources.checkpoint(config, wanted):
            _fetch(config, wanted)
        return None
    return description


def _facts(shown: Weights, prefix: str) -> None:
    """What the weights are: trained on what, how well, under which licence, which file."""
    st.caption(prefix + plain(shown.note))
    with st.expander("About these weights", icon=":material/info:"):
        facts = (
            ("Source", shown.label),
            ("Trained on", shown.data or ("nothing" if not shown.trained else "not known")),
            ("Classes", f"{len(shown.labels):,} names" if shown.labels else "without names"),
            ("Licence", shown.licence),
        )
        lines = [f"**{name}** {plain(fact)}" for name, fact in facts if fact]
        if shown.sha256:
            lines.append(f"**SHA-256** `{shown.sha256[:16]}…`")
        st.caption("\n\n".join(lines))
        if shapes_panel.is_one(shown):
            st.caption(shapes_panel.words())


# --- ImageNet's: fetched once, when somebody says so -------------------------------------------


def _fetch(config: ResNetConfig, wanted: str) -> None:
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
            args=(config, wanted),
            width="stretch",
        )
    else:
        st.fragment(_progress, run_every=_EVERY)(running)
    if problem := st.session_state.pop("_download_problem", ""):
        st.error(plain(problem))


def _progress(running: Download) -> None:
    """How far a download is; runs by itself, without the rest of the page."""
    now = running.progress
    mine = _mine(running.checkpoint) is running
    if now.state in ("done", "failed", "cancelled"):
        st.session_state["_download_problem"] = now.sentence if now.state == "failed" else ""
        if mine:
            _forget_download()
        st.rerun()
    if st.session_state.pop("_left_download", False):
        st.rerun()  # the rest of the sidebar offers it again
    total = now.total or running.checkpoint.size
    st.progress(min(now.received / total, 1.0), plain(now.sentence))
    if mine:
        st.button("Cancel", on_click=_leave, width="stretch")
    else:
        st.caption("Another user already started this download.")


def _start(config: ResNetConfig, wanted: str) -> None:
    checkpoint = sources.checkpoint(config, wanted)
    if checkpoint:
        _leave()  # one at a time for each visitor
        st.session_state["_download"] = download.start(checkpoint)


def _mine(checkpoint: Checkpoint) -> Download | None:
    """The download that this visitor has asked for, when it is of that file."""
    joined: Download | None = st.session_state.get("_download")
    return joined if joined and joined.checkpoint == checkpoint else None


def _leave() -> None:
    """Say once that this visitor no longer wants it; others go on."""
    joined: Download | None = st.session_state.get("_download")
    if joined:
        joined.leave()
        st.session_state["_left_download"] = True
    _forget_download()


def _forget_download() -> None:
    st.session_state.pop("_download", None)


# --- the visitor's own -----------------------------------------------------------------------


def _own(config: ResNetConfig) -> str:
    """The uploaded weights when they fit the network; else what is wrong, and what would fit."""
    own: Upload | None = st.session_state.get("_own_weights")
    if own:
        names = f"{len(own.labels):,} class names" if own.labels else "no class names"
        st.caption(f"{plain(own.name)}, {numbers.bytes_(own.size)}, {names}")
        try:
            match = check(own.shapes, config)
        except CheckpointMismatch as error:
            st.error(plain(str(error)))
            if error.suggestion:
                fitting = error.suggestion.config
                st.button(
                    f"Show {fitting.name}, {fitting.num_classes:,} classes",
                    on_click=controls.select_network,
                    args=(fitting,),
                    type="primary",
                    width="stretch",
                )
            own = None
        else:
            for note in match.notes:
                st.caption(plain(note))
    _uploaders()
    return f"{UPLOAD}:{own.id}" if own else ""


def _uploaders() -> None:
    count = st.session_state.get("_weight_files", 0)
    files = (
        ("Your weights: .safetensors", ["safetensors"], "_weights_file", _accept_weights),
        ("Class names: .txt, one a line", ["txt"], "_labels_file", _accept_labels),
    )
    for label, endings, name, accept in files:
        key = f"{name}_{count}"
        size = uploads.MAX_FILE if name == "_weights_file" else uploads.MAX_LABELS
        st.file_uploader(
            label,
            type=endings,
            key=key,
            max_upload_size=-(-size // 1_000_000),
            on_change=accept,
            args=(key,),
        )
    if problem := st.session_state.pop("_weights_problem", ""):
        st.error(plain(problem))
    st.caption(text("own_weights"))


def _accept_weights(key: str) -> None:
    """Keep a file that can be read; what was there before stays when it cannot."""
    file: UploadedFile | None = st.session_state.get(key)
    if file is not None:
        # Names that came first are for these weights and no others.
        _keep(file, file.name, st.session_state.pop("_own_labels", b""))


def _accept_labels(key: str) -> None:
    file: UploadedFile | None = st.session_state.get(key)
    if file is None:
        return
    labels = file.getvalue()
    own: Upload | None = st.session_state.get("_own_weights")
    try:
        parse_labels(labels)  # names that cannot be read are said at once
        if own is None:
            st.session_state["_own_labels"] = labels  # for the weights that are to come
            return
        with own.path.open("rb") as weights_file:
            _keep(weights_file, own.name, labels)
    except WeightsError as error:
        st.session_state["_weights_problem"] = str(error)
    except FileNotFoundError:
        st.session_state["_weights_problem"] = (
            "These weights are no longer here; upload them again."
        )


def _keep(stream: uploads.Readable, name: str, labels: bytes) -> None:
    try:
        st.session_state["_own_weights"] = uploads.accept(stream, name, labels or None)
    except WeightsError as error:
        st.session_state["_weights_problem"] = str(error)
    # New keys empty the uploaders: the bytes are not kept for the whole visit.
    st.session_state["_weight_files"] = st.session_state.get("_weight_files", 0) + 1
