"""Part 3: what arrives of the gradient, at the start and in the current network, and by which way."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.analysis.gradient_flow import BlockGradient, GradientFlow
from resnet_viz.analysis.initial_gradients import DEPTHS, InitialGradients
from resnet_viz.analysis.shattering import LAGS, POINTS, WIDTH
from resnet_viz.figures import argument, formatting
from resnet_viz.figures.argument import Line
from resnet_viz.texts import plain, text
from resnet_viz.ui.shared import boundary, charts, facts, widgets
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import cache, url
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.ui.why_shortcuts import question as questions
from resnet_viz.ui.why_shortcuts.question import Question
from resnet_viz.weights.random import MAX_SEED

_ASKED_DEPTH: Final = 56
_SHATTERED: Final = ("2", "5", "10", "24", "50")  # layers
_SCALE: Final = 0.1  # the paper's β for deep networks
_SHARES: Final = "_gradient_shares"  # key of the chart
_NEAR: Final = 5  # steps, at which a sentence compares the autocorrelations


def question(view_state: ViewState) -> Question:
    """How the gradient changes on its way back through a deep plain network."""
    found = cache.initial_gradients(_ASKED_DEPTH, 0)
    return questions.by_limits(
        f"A plain network of {_ASKED_DEPTH} layers is drawn at random, with BatchNorm. How large is the "
        "gradient at its first block, compared with that at its last block?",
        found.plain[0] / found.plain[-1],
        (0.1, 10),
        (
            "less than a tenth: it vanishes",
            "about the same, within a factor of ten",
            "more than ten times larger: it explodes",
        ),
    )


def see(view_state: ViewState) -> None:
    """Three measurements, each with its own controls."""
    st.subheader("See: before training, at any depth")
    seed = _at_the_start(view_state)
    st.subheader(f"See: {plain(view_state.title)}, with this image")
    with boundary.error_boundary():
        _current_network(view_state)
    st.subheader("See: shattered gradients")
    _shattered(view_state, seed)


def _at_the_start(view_state: ViewState) -> int:
    """Two networks from one seed that differ in their shortcuts only; returns the chosen seed."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        depth = widgets.segments(
            "Layers", [str(depth) for depth in DEPTHS], url.DEPTH, default=str(_ASKED_DEPTH)
        )
        seed = widgets.number("Seed", (0, MAX_SEED), url.DRAW, default=0, width=180)
    found = cache.initial_gradients(int(depth), seed)
    rows = [
        Line(f"plain-{depth}", found.plain, residual=False),
        Line(f"ResNet-{depth}", found.residual, residual=True),
    ]
    charts.chart(
        drawn(
            argument.lines,
            list(range(1, len(found.plain) + 1)),
            rows,
            ("block", "‖∂loss/∂y‖ at its output"),
            view_state.theme,
            logarithmic=True,
        ),
        key="_initial_gradients",
        alt=f"Gradient norm at the output of every block, {depth} layers, from seed {seed}",
    )
    st.markdown(at_the_start(found))
    st.caption(
        f"Both networks have the same weights from seed {seed}, and {found.images} rendered images of "
        "32 × 32 pixels go through as one batch, in training mode, as in the first step of a training. "
        "Part 2 has the gradient for each block's weights; this is the one at its output."
    )
    return seed


def at_the_start(found: InitialGradients) -> str:
    """How much larger the gradient becomes on its way from the last block to the first."""
    plain_, residual = (norms[0] / norms[-1] for norms in (found.plain, found.residual))
    return (
        f"From the last block back to the first the gradient becomes **{times(plain_)}** "
        f"as large without shortcuts, and **{times(residual)}** with them. "
        f"It {'vanishes' if plain_ < 0.1 else 'does not vanish'} in the plain network."
    )


def times(factor: float) -> str:
    """`4012.3` as `4,000 times`: two leading digits."""
    return f"{factor:.2g} times" if factor < 10 else f"{int(float(f'{factor:.2g}')):,} times"


def _current_network(view_state: ViewState) -> None:
    """One backward pass of the current image: norms at every block, and the two ways."""
    flow = cache.gradient_flow(view_state.network, view_state.image)
    paths = [block.path for block in flow.blocks]
    charts.chart(
        drawn(
            argument.lines,
            paths,
            [
                Line(
                    "‖∂loss/∂x‖ at the block's input",
                    [block.input or None for block in flow.blocks],
                    residual=view_state.config.shortcut != "none",
                )
            ],
            ("", "L2 norm"),
            view_state.theme,
            logarithmic=True,
        ),
        key="_gradient_flow",
        alt=f"Gradient norm at the input of each of {len(paths)} blocks",
    )
    st.caption(
        f"Loss: cross-entropy of the answer, {plain(view_state.answers[flow.target])}, "
        f"{formatting.value(flow.loss)} nats. BatchNorm uses its running statistics."
    )
    if view_state.config.shortcut == "none":
        st.info(
            "This network has no shortcuts: the gradient has one way back, through every layer.",
            icon=":material/call_split:",
        )
        return
    _two_ways(view_state, flow)


def _two_ways(view_state: ViewState, flow: GradientFlow) -> None:
    """The share of the gradient that came through the shortcut, and through F."""
    known = [block for block in flow.blocks if block.branch_share is not None]
    if not known:
        st.info("The gradient is zero everywhere: for this image nothing comes back.")
        return
    branch = [block.branch_share or 0.0 for block in known]
    shortcut = [block.shortcut_share or 0.0 for block in known]
    charts.block_chart(
        drawn(argument.shares, [block.path for block in known], branch, shortcut, view_state.theme),
        key=_SHARES,
        alt="Share of the gradient through the shortcut, by block: "
        + "; ".join(
            f"{block.path} {100 * share:.0f} %"
            for block, share in zip(known, shortcut, strict=True)
        ),
    )
    most = max(known, key=lambda block: block.shortcut_share or 0.0)
    st.markdown(
        f"In **{most.path}** {formatting.percent(most.shortcut_share or 0.0)} of the gradient at x came "
        "through the shortcut, the most of all blocks. A click on a bar selects its block."
    )
    st.markdown(text("why_gradient_shares"))
    with st.expander("As a table", icon=":material/table_rows:"):
        facts.table([_row(block) for block in flow.blocks], "The gradient at every block")


def _row(block: BlockGradient) -> dict[str, str]:
    share = "–" if block.shortcut_share is None else formatting.percent(block.shortcut_share)
    return {
        "Block": block.path,
        "‖∂loss/∂x‖": formatting.value(block.input),
        "through F": formatting.value(block.by_branch),
        "through the shortcut": formatting.value(block.by_shortcut),
        "Share of the shortcut": share,
    }


def _shattered(view_state: ViewState, seed: int) -> None:
    """How much the gradients at neighbouring inputs have in common."""
    st.markdown(text("why_shattered"))
    depth = int(widgets.segments("Layers of each network", _SHATTERED, url.SHATTERED, default="24"))
    kinds = (
        ("plain", False, 1.0),
        ("with shortcuts", True, 1.0),
        (f"branch × {_SCALE}", True, _SCALE),
    )
    found = {
        name: cache.shattered_gradient(depth, seed, residual=residual, scale=scale)
        for name, residual, scale in kinds
    }
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Derivative at each input**")
        rows = [
            Line(name, one.gradient.tolist(), residual=one.residual, thin=True)
            for name, one in list(found.items())[:2]
        ]
        charts.chart(
            drawn(
                argument.lines,
                list(range(POINTS)),
                rows,
                ("input", "∂y/∂x, standardised"),
                view_state.theme,
            ),
            key="_shattered_gradient",
            alt=f"Derivatives at {POINTS} inputs of two networks of {depth} layers",
        )
    with right:
        st.markdown("**How alike neighbours are**")
        rows = [
            Line(name, one.correlation.tolist(), residual=one.residual, dashed="×" in name)
            for name, one in found.items()
        ]
        charts.chart(
            drawn(
                argument.lines,
                list(range(LAGS + 1)),
                rows,
                ("distance of two inputs, steps", "autocorrelation"),
                view_state.theme,
            ),
            key="_autocorrelation",
            alt="Autocorrelation of the derivatives by distance",
        )
    near = "; ".join(f"{name}: {one.correlation[_NEAR]:.2f}" for name, one in found.items())
    st.markdown(f"{_NEAR} steps apart the derivatives correlate: {near}.".replace("-0.", "−0."))
    st.caption(
        f"{POINTS} inputs from −2 to 2, {depth} layers of {WIDTH} neurons with BatchNorm and ReLU; mean "
        f"of three networks, seeds {seed} to {seed + 2}."
    )
