"""All methods on the same rendered images, whose shapes are known: a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import streamlit as st

from resnet_viz.analysis.attribution import METHODS
from resnet_viz.analysis.attribution.comparison import (
    CURVES,
    IMAGES,
    Comparison,
    ComparisonJob,
    Mean,
    MethodScore,
    knows_shapes,
)
from resnet_viz.analysis.proportion import Proportion
from resnet_viz.figures import formatting
from resnet_viz.model.presets import title
from resnet_viz.texts import text
from resnet_viz.ui.shared import boundary, facts
from resnet_viz.ui.shared.asked_job import AskedJob
from resnet_viz.ui.state import cache, session
from resnet_viz.ui.state.cache import ModelKey
from resnet_viz.ui.state.view_state import ViewState

_COMPARED: Final = AskedJob[Comparison](session.COMPARED, keeps=True)
_SEED: Final = 0
_DEFAULT: Final = "shapes"


def comparison(view_state: ViewState) -> None:
    """Pointing game, energy in the mask, and mean areas, of every method."""
    st.subheader("Rendered images, whose shapes are known")
    st.markdown(text("why_pointing").format(images=IMAGES, curves=CURVES))
    known = knows_shapes(view_state.weights)
    network = view_state.network if known else cache.bundled_key(_DEFAULT)

    def prepare() -> Callable[[], ComparisonJob]:
        loaded = cache.model(network)
        return lambda: ComparisonJob(loaded, _SEED)

    with boundary.error_boundary():
        label = f"Ask all {len(METHODS)} methods about {IMAGES} images"
        key = ("comparison", network, _SEED)
        found = _COMPARED.offered(key, label, ":material/grid_on:", prepare)
        if found:
            _show(network, found)


def _show(network: ModelKey, found: Comparison) -> None:
    best = sorted(found.scores, key=lambda score: -score.energy.mean)
    facts.table([_row(score) for score in best], "How each method did")
    st.caption(
        f"{title(network.config)}, {found.images} test images of seed {found.seed}, "
        f"{found.images // 12} of each shape, each for its true class; methods of layers at {found.layer}, "
        f"where CAM, Grad-CAM and HiResCAM are one map up to a factor. "
        f"Deletion and insertion: mean areas of the first {found.curves} images, baseline {found.baseline}. "
        f"In brackets the 95 % interval: of Wilson (1927) for counts, of a normal distribution for means. "
        f"The shapes cover {formatting.percent(found.area)} of the image on average: the energy of a map "
        f"that is the same everywhere. {_options(found.scores)} The random map is drawn anew for each image."
    )


def _row(score: MethodScore) -> dict[str, str]:
    return {
        "Method": METHODS[score.method].title,
        "Points at it": _counted(score.pointing),
        "Energy inside": _mean(score.energy, formatting.percent, _percents),
        "Deletion": _mean(score.deletion, _area, _areas),
        "Insertion": _mean(score.insertion, _area, _areas),
    }


def _counted(found: Proportion) -> str:
    return f"{found.count} of {found.of}  \n{_bracketed(_percents(*found.interval))}"


def _mean(found: Mean, written: Callable[[float], str], ends: Callable[[float, float], str]) -> str:
    return f"{written(found.mean)}  \n{_bracketed(ends(*found.interval))}"


def _bracketed(interval: str) -> str:
    return f":gray[:small[[{interval}]]]"


def _percents(low: float, high: float) -> str:
    return f"{100 * low:.0f} to {100 * high:.0f} %".replace("-", "−")


def _area(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _areas(low: float, high: float) -> str:
    return f"{_area(low)} to {_area(high)}"


def _options(scores: Sequence[MethodScore]) -> str:
    """How many passes the methods of many passes had, which are fewer than above."""
    counts = ("steps", "samples", "masks")
    said = [
        f"{METHODS[score.method].title} {value} {name}"
        for score in scores
        for name, value in score.options
        if name in counts
    ]
    return f"With {', '.join(said)}."
