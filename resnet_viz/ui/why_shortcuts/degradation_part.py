"""Part 1: plain and residual networks of two depths, trained alike."""

from __future__ import annotations

from typing import Final

import streamlit as st

from resnet_viz.figures import argument, formatting
from resnet_viz.figures.argument import Line
from resnet_viz.ui.shared import charts, facts
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.ui.why_shortcuts import evidence
from resnet_viz.ui.why_shortcuts.question import Question

# He et al. 2015, table 6: after 164 epochs. The plain networks' errors stand in figure 6 only.
PAPER_TEST_ERROR: Final = {"resnet20": "8.75 %", "resnet56": "6.97 %"}


def question(view_state: ViewState) -> Question:
    """Which of the four has the lowest training error."""
    best = min(evidence.NETWORKS, key=training_error)
    return Question(
        "All four are trained with the same recipe, seed and number of epochs. Which one has the lowest "
        "error on its own training images at the end?",
        tuple(evidence.name(network) for network in evidence.NETWORKS),
        evidence.NETWORKS.index(best),
    )


def see(view_state: ViewState) -> None:
    """The four trainings, epoch by epoch, and where they end."""
    st.subheader("See")
    left, right = st.columns(2, gap="large")
    with left:
        _curves(view_state, "Error on the training images", "train")
    with right:
        _curves(view_state, "Error on the test images", "held_out")
    first = evidence.curves(evidence.NETWORKS[0])
    st.caption(
        f"CIFAR-10, {len(first.points)} epochs, seed {evidence.card(evidence.NETWORKS[0])['seed']}. "
        "Training error: mean over each epoch, on augmented images, while the network learns from them. "
        f"Test error: after each epoch, on {first.held_out_images:,} images. The text and the table below "
        "take the training error of the finished networks, on the images as they are: it is lower."
    )
    st.markdown(_finding())
    rows = [_row(network) for network in evidence.NETWORKS]
    facts.table(rows, "The four networks after training")


def training_error(network: str) -> float:
    """Of the trained network on its training images, not augmented."""
    error: float = 1 - evidence.card(network)["train_accuracy"]
    return error


def test_error(network: str) -> float:
    """Of the trained network on the test images."""
    error: float = 1 - evidence.card(network)["accuracy"]
    return error


def _curves(view_state: ViewState, title: str, kind: str) -> None:
    st.markdown(f"**{title}**")
    rows = [
        Line(
            evidence.name(network),
            [1 - getattr(point, f"{kind}_accuracy") for point in evidence.curves(network).points],
            residual=evidence.is_residual(network),
            thin=network in evidence.SHALLOW,
        )
        for network in evidence.NETWORKS
    ]
    epochs = [point.epoch for point in evidence.curves(evidence.NETWORKS[0]).points]
    ends = ", ".join(f"{row.name} {formatting.percent(float(row.values[-1] or 0))}" for row in rows)
    charts.chart(
        drawn(argument.lines, epochs, rows, ("epoch", "error"), view_state.theme, percent=True),
        key=f"_curves_{kind}",
        alt=f"{title} by epoch; at the end {ends}",
    )


def _finding() -> str:
    """What the figures say, in their own numbers."""
    plain = [training_error(network) for network in ("plain20", "plain56")]
    residual = [training_error(network) for network in ("resnet20", "resnet56")]
    return (
        f"On their own training images plain-20 ends at {formatting.percent(plain[0])} error and "
        f"plain-56 at **{formatting.percent(plain[1])}**: {_compared(*plain)}. ResNet-20 ends at "
        f"{formatting.percent(residual[0])} and ResNet-56 at **{formatting.percent(residual[1])}**: "
        f"{_compared(*residual)}."
    )


def _compared(shallow: float, deep: float) -> str:
    if deep > shallow:
        return f"more layers make it worse, {deep / shallow:.1f} times as many errors"
    return f"more layers make it better, with {100 * deep / shallow:.0f} % of the errors"


def _row(network: str) -> dict[str, str]:
    card = evidence.card(network)
    return {
        "Network": evidence.name(network),
        "Training error": f"{100 * training_error(network):.2f} %",
        f"Test error, n = {card['test_images']:,}": f"{100 * test_error(network):.2f} %",
        "The paper's test error": PAPER_TEST_ERROR.get(network, "in figure 6 only"),
    }
