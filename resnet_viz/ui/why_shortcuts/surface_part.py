"""Part 6: the loss around the trained networks, stored for the deep pair and live for the small one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import streamlit as st

from resnet_viz.analysis.surface import IMAGES, POINTS, SurfaceJob
from resnet_viz.figures import argument, formatting
from resnet_viz.model.presets import PRESETS, title
from resnet_viz.texts import text
from resnet_viz.ui.shared import boundary, charts
from resnet_viz.ui.shared.asked_job import AskedJob
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache, session
from resnet_viz.ui.state.cache import ModelKey
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.ui.why_shortcuts import evidence
from resnet_viz.ui.why_shortcuts.question import Question
from resnet_viz.weights.loss_surface import LossSurface

_SMALL: Final = {
    "shapes": AskedJob[LossSurface](session.SURFACE),
    "shapes_plain": AskedJob[LossSurface](session.SURFACE_PLAIN),
}
_SEED: Final = 0
_ALIKE: Final = 1.25  # times: less apart is called alike
_NEAR: Final = 0.5  # along each direction, in lengths of the filters


def question(view_state: ViewState) -> Question:
    """Around which of the deep pair the loss rises more."""
    plain, residual = (rise(evidence.surface(network)) for network in evidence.DEEP)
    right = 2 if max(plain, residual) / min(plain, residual) < _ALIKE else int(residual < plain)
    return Question(
        f"All filters of a trained network are moved in random directions, by up to {_NEAR} of their own "
        "length. In which network does the loss rise more?",
        ("ResNet-56", "plain-56", "in both about the same"),
        right,
    )


def see(view_state: ViewState) -> None:
    """Two slices side by side, and one that is measured on the spot."""
    st.subheader("See")
    surfaces = [evidence.surface(network) for network in reversed(evidence.DEEP)]
    for column, surface in zip(st.columns(2, gap="large"), surfaces, strict=True):
        with column:
            _show(view_state, surface, evidence.name(surface.network))
    first = surfaces[0]
    st.caption(
        f"Mean cross-entropy on {first.images} {first.kind} images at {len(first.steps)} × "
        f"{len(first.steps)} points, the same two directions for both, seed {first.seed}. At 1 every filter "
        "is moved by its own length. The cross marks the trained network."
    )
    st.markdown(compared(*surfaces))
    st.subheader("See: live")
    _live(view_state)


def rise(surface: LossSurface, reach: float = _NEAR) -> float:
    """How far the loss lies above the centre, up to a reach in filters' lengths: the median, in nats."""
    near = [number for number, step in enumerate(surface.steps) if abs(step) <= reach]
    return float(np.median(np.array(surface.losses)[np.ix_(near, near)])) - surface.centre


def compared(residual: LossSurface, plain: LossSurface) -> str:
    """Which loss rises more, as far as the slices go: near the centre, and further out."""
    reaches = [step for step in residual.steps if step > 0]
    plain_more = [rise(plain, reach) > rise(residual, reach) for reach in reaches]
    names = [evidence.name(each.network) for each in (plain, residual)]
    if not plain_more[0]:
        names.reverse()
    turn = next((i for i, more in enumerate(plain_more) if more != plain_more[0]), None)
    if turn is None:
        return (
            f"As far as the slices go, the loss of {names[0]} rises more than that of {names[1]}."
        )
    return (
        f"Up to ±{reaches[turn - 1]:g} the loss of {names[0]} rises more (median over the square), further "
        f"out that of {names[1]}."
    )


def _show(view_state: ViewState, surface: LossSurface, name: str) -> None:
    st.markdown(f"**{name}**")
    charts.chart(
        drawn(argument.surface, surface.steps, surface.losses, view_state.theme),
        key=f"_surface_{surface.network}",
        alt=f"Loss around {name}: {formatting.value(surface.centre)} nats at the centre",
    )
    st.markdown(
        f"{surface.centre:.2g} nats at the centre; up to ±{_NEAR} along both directions the loss lies "
        f"**{rise(surface):.2g}** nats higher (median)."
    )


@st.fragment
def _live(view_state: ViewState) -> None:
    """The slices of the small bundled networks, when asked for."""
    st.markdown(text("why_surface_live"))
    for column, (name, asked) in zip(st.columns(2, gap="large"), _SMALL.items(), strict=True):
        with column, boundary.error_boundary():
            _measured(view_state, name, asked)
    st.caption(
        f"{POINTS} × {POINTS} points, {IMAGES} rendered images that neither was trained on, seed {_SEED}."
    )


def _prepared(network: ModelKey) -> Callable[[], SurfaceJob]:
    """How the measurement is begun, once its network is there."""
    loaded = cache.model(network)
    return lambda: SurfaceJob(loaded, _SEED)


def _measured(view_state: ViewState, name: str, asked: AskedJob[LossSurface]) -> None:
    """A button, and the slice once it is measured."""
    network, called = cache.bundled_key(name), title(PRESETS[name])
    asked.button(f"Measure {called}", name, ":material/landscape:")
    surface = asked.result(name, lambda: _prepared(network))
    if surface is not None:
        _show(view_state, surface, called)
