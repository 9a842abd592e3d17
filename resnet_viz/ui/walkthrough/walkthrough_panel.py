"""The parts of the walkthrough: moving between steps, and what a step shows."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from resnet_viz.analysis.records import Activation
from resnet_viz.analysis.trace import trace
from resnet_viz.analysis.walkthrough import Step, walkthrough
from resnet_viz.figures import formatting, maps
from resnet_viz.model.presets import PRESETS
from resnet_viz.texts import text
from resnet_viz.texts.glossary import term
from resnet_viz.ui.shared import facts, layer_panel, prediction, stepper, why
from resnet_viz.ui.shared.drawn import drawn
from resnet_viz.ui.state import pages, selection, url
from resnet_viz.ui.state.view_state import ViewState

STRONGEST = 6  # channels shown of a step's output


def choose(steps: Sequence[Step]) -> Step:
    """Move between the steps; the URL holds the one that is shown."""
    return steps[stepper.choose([step.title for step in steps], url.STEP) - 1]


def explain(view_state: ViewState, step: Step) -> None:
    """The step in words and in worked formulas."""
    for row in step.rows:
        layer_panel.explanation(view_state, row)
    why.show(why.of_layer(view_state.trace, step.shown.path))
    for row in step.rows:
        if len(step.rows) > 1:
            st.markdown(f"**{row.path}** · {row.kind}")
        layer_panel.arithmetic(view_state, row.path)


def what_comes_out(view_state: ViewState, step: Step) -> None:
    """Costs of the step, and the feature maps of the image at that point."""
    facts.key_figures(
        (
            (term("parameters", "Parameters"), formatting.count(step.params)),
            (term("multiply-adds", "Multiply-adds"), formatting.short(step.macs)),
            (term("activation", "Output activations"), formatting.count(step.shown.activations)),
        )
    )
    path = step.shown.path
    activation = view_state.capture(path)[path]
    if path == view_state.trace.classifier.path:
        prediction.prediction_chart(view_state, view_state.prediction(view_state.capture(path)))
        return
    st.markdown(f"**{term('variance', 'Highest-variance channels')} of {path}**")
    channel_maps(view_state, activation, STRONGEST)
    st.button(
        f"See all {len(activation.values):,} channels of {path}",
        on_click=_see_all,
        args=(path,),
        key="see_all",
    )


def inside(view_state: ViewState, step: Step) -> None:
    """The blocks of a stage, each with its shapes and costs."""
    rows = [
        {
            "Block": block.path,
            "In": formatting.shape(block.input_shape),
            "Out": formatting.shape(block.output_shape),
            "Parameters": formatting.count(block.params),
            "MACs": formatting.short(block.macs),
        }
        for block in view_state.trace.blocks(step.shown.path)
    ]
    facts.table(rows, f"The blocks of {step.shown.path}")


def all_steps(steps: Sequence[Step]) -> None:
    """The whole way at a glance."""
    rows = [
        {
            "Step": f"{step.number}. {step.title}",
            "In": formatting.shape(step.input_shape),
            "Out": formatting.shape(step.output_shape),
            "Parameters": formatting.count(step.params),
            "MACs": formatting.short(step.macs),
        }
        for step in steps
    ]
    with st.expander("All steps at a glance"):
        facts.table(rows, "All steps with their shapes and costs")


def offer_original() -> None:
    """The way to the network that the nine steps were written for."""
    st.button(
        "Show the original walkthrough: nine steps at 214 × 214",
        on_click=selection.select_model,
        args=("walkthrough",),
        type="tertiary",
        icon=":material/footprint:",
    )


def about_the_name(view_state: ViewState) -> None:
    """What the name “ResNet-18” in the original hides, both networks side by side."""
    with st.expander("Why ResNet-26, and not ResNet-18?", expanded=True):
        st.markdown(text("walkthrough_name"))
        real = walkthrough(trace(PRESETS["resnet18"], view_state.input_size))
        ours = walkthrough(view_state.trace)
        rows = [
            {
                "Step": f"{a.number}",
                "This network": f"{a.title}: {formatting.shape(a.output_shape)}",
                "Parameters": f"{a.params:,}",
                "The real ResNet-18": f"{b.title}: {formatting.shape(b.output_shape)}",
                "Its parameters": f"{b.params:,}",
            }
            for a, b in zip(ours, real, strict=True)
        ]
        total = {
            "Step": "**Total**",
            "This network": "",
            "Parameters": f"**{view_state.trace.params:,}**",
            "The real ResNet-18": "",
            "Its parameters": f"**{sum(step.params for step in real):,}**",
        }
        facts.table([*rows, total], "This network and the real ResNet-18, step by step")
        st.button("Open the real ResNet-18", on_click=selection.select_model, args=("resnet18",))


def _see_all(path: str) -> None:
    selection.select_layer(path)
    pages.go_to("feature_maps")


def channel_maps(view_state: ViewState, activation: Activation, count: int) -> None:
    """The strongest channels of an activation as a row of small images."""
    values = activation.values
    if values.shape[1:] == (1, 1):
        st.caption(
            f"{len(values):,} numbers from {formatting.value(activation.min)} to "
            f"{formatting.value(activation.max)}; a single cell a channel makes no map."
        )
        return
    channels = maps.top_variance_channels(values, count)
    side = max(96, values.shape[1])
    with st.container(horizontal=True, gap="small"):
        for channel in channels:
            st.image(
                drawn(maps.thumbnails, [values[channel]], side),
                caption=f"channel {channel}",
                width=120,
                alt=f"Feature map of channel {channel} of {activation.path}",
            )
