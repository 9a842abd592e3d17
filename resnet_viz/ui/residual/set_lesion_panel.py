"""The lesion study on rendered images: both small networks, measured when asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Final

import streamlit as st

from resnet_viz.analysis.proportion import Proportion
from resnet_viz.analysis.residual_records import SetLesions
from resnet_viz.analysis.set_lesions import DRAWS, SetLesionJob
from resnet_viz.figures import argument, formatting, residual
from resnet_viz.model.presets import PRESETS, title
from resnet_viz.texts import text
from resnet_viz.texts.glossary import term
from resnet_viz.training.rendered import RenderedImages, Split
from resnet_viz.ui.shared import boundary, charts, facts, shapes_panel, ways
from resnet_viz.ui.shared.asked_job import AskedJob
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache, session
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.weights.bundled import cards

_STUDY: Final = AskedJob[tuple[SetLesions, ...]](session.SET_STUDY, keeps=True)
_NETWORKS: Final = shapes_panel.PAIR
_IMAGES: Final = 500
_SEED: Final = 0  # of the choice of several blocks


def on_rendered_images(view_state: ViewState, block: str) -> None:
    """The study of the two networks for shapes, where one of them is shown; else nothing."""
    if not shapes_panel.applies(view_state):
        return
    st.header(f"Lesion study on {_IMAGES} images")
    _study(view_state, block)


@st.fragment
def _study(view_state: ViewState, block: str) -> None:
    """A button and its progress, or what was found; runs without the rest of the page."""
    images = _images()
    subject = images, _SEED, _networks()
    with boundary.error_boundary():
        button = st.container()  # above the bar, and gone once there is a result
        studies = _STUDY.result(subject, lambda: _prepared(images))
        if studies is not None:
            _show(view_state, studies, block)
            return
    with button:
        st.markdown(text("set_lesions").format(images=_IMAGES))
        _STUDY.button("Remove blocks of both networks", subject, ":material/science:")


def _images() -> RenderedImages:
    """The first of those on which the networks were tested after training."""
    card = cards()[_NETWORKS[0]]
    return RenderedImages(Split.TEST, card["seed"], _IMAGES, card["input_size"])


def _networks() -> tuple[cache.ModelKey, ...]:
    return tuple(cache.bundled_key(network) for network in _NETWORKS)


def _prepared(images: RenderedImages) -> Callable[[], SetLesionJob]:
    """How the study is begun, once its networks are there."""
    loaded = [cache.model(network) for network in _networks()]
    return lambda: SetLesionJob(loaded, images, _SEED)


def _show(view_state: ViewState, studies: Sequence[SetLesions], block: str) -> None:
    """What was found: one block removed, several, two exchanged, and what the paper says."""
    for column, study in zip(st.columns(len(studies), gap="large"), studies, strict=True):
        with column:
            _one_by_one(view_state, study, block)
    st.markdown(verdict(studies))
    st.subheader("Several blocks at random")
    _several(view_state, studies)
    st.subheader("Two blocks exchanged")
    st.markdown(" ".join((_exchangeable(studies[0]), *map(_exchange, studies))))
    st.subheader("What the paper found")
    st.markdown(text("set_lesions_paper"))
    ways.to_argument(5, "See it in deeper networks")
    images = _images()
    st.caption(
        f"n = {_IMAGES} held-out images of {images.size} × {images.size} pixels, rendered from seed "
        f"{images.seed}: the first of those on which the networks were tested. In brackets: "
        f"{term('confidence-interval', '95 % intervals')}, by Wilson 1927. "
        f"Several blocks: {DRAWS} different choices of each number, all where there are fewer, drawn from "
        f"seed {_SEED} and the same for both networks."
    )


def _one_by_one(view_state: ViewState, study: SetLesions, block: str) -> None:
    name = _name(study)
    st.markdown(f"**{name}**")
    key = f"_set_lesions_{study.network}"
    charts.block_chart(
        drawn(residual.accuracy_bars, study, block, view_state.theme),
        alt=f"Accuracy of {name} on {study.whole.of} images without each of {len(study.each)} blocks",
        key=key,
    )
    st.markdown(finding(study))
    with st.expander("As a table", icon=":material/table_rows:"):
        facts.table(_rows(study), f"Accuracy of {name} without a block")


def finding(study: SetLesions) -> str:
    """What one network classifies right, whole and without one block."""
    least, *_, most = sorted(study.each, key=lambda removal: removal.right.count)
    low, high = (
        f"{formatting.percent(each.right.share)} ({each.removed[0]})" for each in (least, most)
    )
    return (
        f"All blocks: {written(study.whole)}. Without one: from {low} to {high}, "
        f"**{formatting.percent(typical(study))}** in the middle of all cases."
    )


def verdict(studies: Sequence[SetLesions]) -> str:
    """How the networks compare, and how many blocks are not missed, in the measured figures."""
    with_shortcuts, plain = studies
    spared = sum(
        removal.right.interval[1] >= with_shortcuts.whole.interval[0]
        for removal in with_shortcuts.each
    )
    return (
        f"Whole, the two are alike: {formatting.percent(with_shortcuts.whole.share)} and "
        f"{formatting.percent(plain.whole.share)}. Without one block **"
        f"{formatting.percent(typical(with_shortcuts))}** with shortcuts and "
        f"**{formatting.percent(typical(plain))}** without are left in a typical case; guessing among "
        f"{_classes(plain)} shapes would give {formatting.percent(1 / _classes(plain))}. Of the "
        f"{len(with_shortcuts.each)} blocks with shortcuts, {spared or 'none'} can be removed so that the "
        "interval still reaches that of the whole network."
    )


def typical(study: SetLesions) -> float:
    """The median of the accuracies without one block."""
    return median(removal.right.share for removal in study.each)


def written(right: Proportion) -> str:
    """A share with its interval: `99.8 % (98.9 to 100.0 %)`."""
    low, high = right.interval
    return f"{formatting.percent(right.share)} ({100 * low:.1f} to {formatting.percent(high)})"


def _rows(study: SetLesions) -> list[dict[str, str]]:
    kinds = dict(study.kinds)
    return [
        {
            "Without": removal.removed[0],
            "Left in its place": kinds[removal.removed[0]],
            "Accuracy, 95 % interval": written(removal.right),
        }
        for removal in study.each
    ]


def _several(view_state: ViewState, studies: Sequence[SetLesions]) -> None:
    """The curves, and their first points in words."""
    rows = [(_name(study), PRESETS[study.network].shortcut != "none", study) for study in studies]
    charts.chart(
        drawn(argument.removal_draws, rows, 1 / _classes(studies[0]), view_state.theme),
        key="_set_lesions_several",
        alt="Accuracy by the number of removed blocks: "
        + "; ".join(f"{name} {_averages(study)}" for name, _, study in rows),
    )
    st.caption("A dot is one choice of blocks, the line their mean; dotted: guessing.")


def _averages(study: SetLesions) -> str:
    """The mean accuracy without 1, 2, … blocks."""
    counts = range(1, len(study.kinds) + 1)
    return ", ".join(f"{count}: {formatting.percent(study.average(count))}" for count in counts)


def _exchangeable(study: SetLesions) -> str:
    """Which blocks have the same shapes, and how far their exchange is from the trained order."""
    (only,) = study.exchanged
    return (
        f"Only {' and '.join(only.blocks)} have the same shapes and can change places. Kendall’s τ between "
        f"that order of the {len(study.kinds)} blocks and the trained one is {only.tau:.2f}."
    )


def _exchange(study: SetLesions) -> str:
    (only,) = study.exchanged
    return f"{_name(study)}: **{written(only.right)}** right."


def _name(study: SetLesions) -> str:
    return title(PRESETS[study.network])


def _classes(study: SetLesions) -> int:
    return PRESETS[study.network].num_classes
