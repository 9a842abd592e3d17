"""Part 2: the deep plain network fails on its training images too, and its gradient does not vanish."""

from __future__ import annotations

import streamlit as st

from resnet_viz.figures import argument, formatting
from resnet_viz.figures.argument import Line
from resnet_viz.ui.shared import charts, facts, widgets
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import url
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.ui.why_shortcuts import degradation_part, evidence
from resnet_viz.ui.why_shortcuts.question import Question

_BEFORE = "0"  # the epoch before the first


def question(view_state: ViewState) -> Question:
    """Whether the deep plain network overfits."""
    shallow, deep = map(degradation_part.training_error, ("plain20", "plain56"))
    return Question(
        "On the test images plain-56 makes more errors than plain-20. And on the images that both were "
        "trained on?",
        ("plain-56 makes fewer errors there: it overfits", "plain-56 makes more errors there too"),
        int(deep > shallow),
    )


def see(view_state: ViewState) -> None:
    """Errors on training and test images, and the gradient at every block during the training."""
    st.subheader("See")
    facts.table([_row(network) for network in evidence.NETWORKS], "Errors and what lies between")
    st.caption(
        "An overfitting network has a low training error and a far higher test error: a large gap. "
        "Training error: of the trained network, on all training images, not augmented."
    )
    st.markdown("**Does the gradient arrive?**")
    epochs = [_BEFORE, *(str(point.epoch) for point in evidence.curves("plain56").points)]
    epoch = int(
        widgets.stops("After epoch (0: before training)", epochs, url.EPOCH, default=_BEFORE)
    )
    rows = [
        Line(
            evidence.name(network),
            gradients(network, epoch),
            residual=evidence.is_residual(network),
        )
        for network in evidence.DEEP
    ]
    blocks = list(range(1, len(rows[0].values) + 1))
    charts.chart(
        drawn(
            argument.lines,
            blocks,
            rows,
            ("block", "L2 norm of ∂loss/∂weights"),
            view_state.theme,
            logarithmic=True,
        ),
        key="_weight_gradients",
        alt=f"Gradient norm at each of {len(blocks)} blocks after epoch {epoch}",
    )
    st.markdown(finding(epoch))


def gradients(network: str, epoch: int) -> tuple[float, ...]:
    """‖∂loss/∂weights‖ of every block after an epoch; before the first for 0."""
    curves = evidence.curves(network)
    if not epoch:
        return curves.initial_weight_gradients
    return curves.points[epoch - 1].weight_gradients


def finding(epoch: int) -> str:
    """How the gradient at the first block compares with that at the last, in the figures' own words."""
    when = f"After epoch {epoch}" if epoch else "Before training"
    parts = []
    for network in evidence.DEEP:
        norms = gradients(network, epoch)
        times = float(f"{norms[0] / norms[-1]:.2g}")
        parts.append(
            f"in {evidence.name(network)} the gradient for the first block's weights is "
            f"**{formatting.value(times)} times** that for the last block's, and the smallest of all is "
            f"{min(norms):.2g}"
        )
    return f"{when}, {'; '.join(parts)}. A vanishing gradient would be many powers of ten smaller in front."


def _row(network: str) -> dict[str, str]:
    train, test = degradation_part.training_error(network), degradation_part.test_error(network)
    return {
        "Network": evidence.name(network),
        "Training error": formatting.percent(train),
        "Test error": formatting.percent(test),
        "Gap": formatting.percent(test - train),
    }
