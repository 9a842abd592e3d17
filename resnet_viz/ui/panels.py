"""Pieces of page that several pages show: a layer's arithmetic, the picture, the prediction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Literal

import streamlit as st

from resnet_viz.analysis.arithmetic import Formula, explain
from resnet_viz.analysis.records import Activation, Capture, LayerRecord, Prediction
from resnet_viz.components.cost_strip import Bar, cost_strip
from resnet_viz.errors import ExplorerError
from resnet_viz.figures import bars, maps, numbers
from resnet_viz.figures.pictures import enlarged, with_frame
from resnet_viz.images import DRAWINGS, as_seen
from resnet_viz.model.presets import PRESETS, title
from resnet_viz.ui import controls
from resnet_viz.ui.texts import explanation as kind_explanation
from resnet_viz.ui.texts import plain, text
from resnet_viz.ui.view_state import ViewState
from resnet_viz.weights.bundled import BundledSource, cards
from resnet_viz.weights.sources import describe

# Who knows photographs: of the bundled networks the first that is there, and ImageNet's.
_PHOTOGRAPHERS: Final = ("resnet56", "resnet44", "resnet32", "resnet20")
_IMAGENET: Final = ("resnet50", "imagenet:v2")
_FEW: Final = 20  # classes
_UNITS: Final = {"receptive_field": " px", "jump": " px"}


@contextmanager
def error_boundary() -> Iterator[None]:
    """Show a part of a page, or one sentence in its place; the rest of the page goes on."""
    try:
        yield
    except ExplorerError as error:
        st.error(plain(str(error)))


def key_figures(facts: Iterable[tuple[str, str]]) -> None:
    """A row of numbers with their names, wrapping on a narrow screen.

    Markdown and not `st.metric`, which makes the browser load a number formatter of its own.
    """
    with st.container(horizontal=True, gap="medium"):
        for name, value in facts:
            st.markdown(f":gray[:small[{name}]]  \n**{value}**", width="content")


def row_facts(row: LayerRecord) -> None:
    """Shapes and costs of a layer, block or stage."""
    key_figures(
        (
            ("In", numbers.shape(row.input_shape)),
            ("Out", numbers.shape(row.output_shape)),
            ("Parameters", numbers.count(row.params)),
            ("Multiply-adds", numbers.short(row.macs)),
            ("Receptive field", f"{row.receptive_field:,} px"),
        )
    )


def arithmetic(view_state: ViewState, path: str) -> None:
    """Where each number of a row comes from."""
    st.markdown("\n".join(_formula_line(formula) for formula in explain(view_state.trace, path)))


def table(rows: Sequence[Mapping[str, str]], alt: str) -> None:
    """A quiet table of Markdown cells that wraps on a narrow screen."""
    st.table(rows, border="horizontal", hide_index=True, alt=alt)


def explanation(view_state: ViewState, row: LayerRecord) -> None:
    """What a layer, block or stage does, in words; only what is true of this one."""
    names = []
    if row.is_block:
        names.append(f"shortcut_{view_state.config.shortcut}")
    if row.kind == "Conv2d":
        names += ["conv_1x1"] if row.kernel == (1, 1) else []
        names += ["conv_groups"] if row.groups != 1 else []
        names += ["conv_stride"] if row.stride != (1, 1) else []
    st.markdown("\n\n".join([kind_explanation(row.kind), *(text(name) for name in names)]))


def weights_note(view_state: ViewState) -> None:
    """Say what the answer is worth, where it means nothing or the network knows little."""
    weights = view_state.weights
    if not weights.trained:
        st.info(text("untrained"), icon=":material/shuffle:")
    elif 0 < len(weights.labels) <= _FEW and not _drawing_for_shapes(view_state):
        *most, last = weights.labels
        st.info(
            f"**This network knows only {len(weights.labels)} classes:** "
            f"{plain(', '.join(most))} and {plain(last)}. Whatever the image shows, it names one "
            f"of them. {_others(view_state)}",
            icon=":material/category:",
        )
        with st.container(horizontal=True):
            for name, source in _photographers(view_state):
                _offer(name, source)


def _drawing_for_shapes(view_state: ViewState) -> bool:
    """Whether a drawn sample is shown to a network that was trained on such drawings."""
    return view_state.weights.samples == DRAWINGS and view_state.picture in DRAWINGS


def _others(view_state: ViewState) -> str:
    """What the networks that are offered are."""
    if view_state.config.name in _PHOTOGRAPHERS:
        return "A network that was trained on ImageNet knows a thousand:"
    return "These networks were trained on photographs:"


def _photographers(view_state: ViewState) -> list[tuple[str, str]]:
    """Networks that were trained on photographs, with their weights; not the one that is shown."""
    if view_state.config.name in _PHOTOGRAPHERS:
        return [_IMAGENET]
    bundled = [(name, BundledSource.slug) for name in _PHOTOGRAPHERS if name in cards()]
    return [*bundled[:1], _IMAGENET]


def _offer(name: str, source: str) -> None:
    """A button that changes network and weights."""
    preset = PRESETS[name]
    about = describe(preset, source, preset.input_size)
    st.button(
        f"{title(preset)} · {about.label}",
        key=f"_offer_{name}",
        on_click=controls.select_model,
        args=(name, source),
        icon=":material/photo_camera:",
    )


def range_note(view_state: ViewState, capture: Capture) -> None:
    """Where the answer lies among those on training images; a sentence when it lies outside."""
    check = view_state.range_check(capture)
    if check is None:
        return
    if check.in_range:
        st.caption(
            f"Compared with the training images: top logit {numbers.value(check.top_logit)}, higher "
            f"than on {check.logit_percentile:.0f} % of them; features farther from the nearest class "
            f"than those of {check.distance_percentile:.0f} %."
        )
        return
    reasons = []
    if check.low_score:
        reasons.append(
            f"its top logit, {numbers.value(check.top_logit)}, is lower than on "
            f"{_share(100 - check.logit_percentile)} them"
        )
    if check.far_away:
        reasons.append(
            "its features lie farther from every class than those of "
            f"{_share(check.distance_percentile)} them"
        )
    st.info(
        f"**This image is unlike the training images:** {', and '.join(reasons)}. The answer is "
        f"only the nearest of {view_state.config.num_classes:,} classes.",
        icon=":material/travel_explore:",
    )


def _share(percent: float) -> str:
    """`99.2 % of`, `all of`: how many of the training images, without rounding to all or none."""
    if percent in (0, 100):
        return "all of" if percent else "none of"
    return f"{min(max(percent, 0.1), 99.9):.1f} % of"


def picture_seen(
    view_state: ViewState, path: str = "", *, width: int | Literal["stretch"] = "stretch"
) -> None:
    """What the network sees; with the receptive field of a layer's central cell as a frame."""
    pixels = as_seen(view_state.image, view_state.weights.preprocessing)
    caption, alt = "what the network sees", f"{view_state.image.name}, as the network sees it"
    if path:
        row = view_state.trace[path]
        pixels = with_frame(
            pixels, row.central_box(view_state.input_size), view_state.theme.shortcut
        )
        caption += f" · frame: receptive field, {row.receptive_field:,} px"
    caption += f" · {view_state.input_size} × {view_state.input_size} pixels"
    st.image(enlarged(pixels), caption=caption, width=width, alt=alt)


def prediction_chart(view_state: ViewState, prediction: Prediction) -> None:
    """The top classes as bars."""
    trained = view_state.weights.trained
    spoken = ", ".join(f"{s.label} {numbers.percent(s.probability)}" for s in prediction.top)
    st.plotly_chart(
        bars.prediction_bars(prediction.top, view_state.theme, trained=trained),
        config={"displayModeBar": False},
        alt=f"Most probable classes: {spoken}",
    )
    if prediction.note:
        st.warning(prediction.note)


def channel_pictures(view_state: ViewState, activation: Activation, count: int) -> None:
    """The strongest channels of an activation as a row of small pictures."""
    values = activation.values
    if values.shape[1:] == (1, 1):
        st.caption(
            f"{len(values):,} numbers from {numbers.value(activation.min)} to "
            f"{numbers.value(activation.max)}; a single cell a channel makes no map."
        )
        return
    channels = maps.top_variance_channels(values, count)
    side = max(96, values.shape[1])
    with st.container(horizontal=True, gap="small"):
        for channel in channels:
            st.image(
                maps.thumbnails([values[channel]], side),
                caption=f"channel {channel}",
                width=120,
                alt=f"Feature map of channel {channel} of {activation.path}",
            )


def stage_costs(view_state: ViewState) -> None:
    """Multiply-adds and parameters of stem, stages and head, side by side."""
    rows = [row for row in view_state.trace.top() if row.macs]
    for column, measure in zip(st.columns(2, gap="large"), ("macs", "params"), strict=True):
        with column:
            values = [getattr(row, measure) for row in rows]
            strip = [
                Bar(
                    row.path,
                    value / max(values),
                    numbers.short(value),
                    view_state.theme.stage(row.stage),
                )
                for row, value in zip(rows, values, strict=True)
            ]
            cost_strip(bars.MEASURES[measure].capitalize(), strip, key=f"cost_{measure}")


def statistics(activation: Activation) -> None:
    """Smallest, largest, mean value, zeros and dead channels of a whole layer for this picture."""
    shape = activation.values.shape
    facts = [
        ("Whole layer", numbers.shape(shape if shape[1:] != (1, 1) else shape[:1])),
        ("Min", numbers.value(activation.min)),
        ("Max", numbers.value(activation.max)),
        ("Mean", numbers.value(activation.mean)),
        ("Zeros", numbers.percent(activation.zeros)),
    ]
    if shape[1:] != (1, 1):  # a single number is not a dead channel
        facts.append(("Dead channels", f"{activation.dead} of {len(activation.values):,}"))
    key_figures(facts)


def _formula_line(formula: Formula) -> str:
    unit, result = _UNITS.get(formula.measures, ""), f"{formula.value:,}"
    expression = "" if formula.expression == result else f"{formula.expression} = "
    return f"- {expression}**{result}{unit}**  \n  :gray[:small[{formula.title}]]"


def breadcrumbs(view_state: ViewState) -> None:
    """Stem, stages and head; the blocks of the stage; the layers of the block: a click selects."""
    trace, path = view_state.trace, view_state.layer
    row, block = view_state.selected, trace.block_of(path)
    stage = trace.stages()[row.stage - 1].path if row.stage else path
    holders = {"Stages": "", "Blocks": stage, **({"Layers": block} if block else {})}
    for label, holder in holders.items():
        if rows := trace.children(holder):
            _choices(label, holder, [row.path for row in rows], path)


def _choices(label: str, holder: str, paths: list[str], selected: str) -> None:
    """One row of buttons, the one that is or holds the selected layer pressed."""
    here = next((p for p in paths if p == selected or selected.startswith(f"{p}.")), None)
    # The same buttons as before, so that who uses the keyboard stays on them; they follow a choice
    # that was made anywhere else.
    key = f"_here_{label}_{holder}"
    st.session_state[key] = here
    st.pills(
        label,
        paths,
        key=key,
        label_visibility="collapsed",
        format_func=lambda path: path.removeprefix(f"{holder}.") if "." in holder else path,
        on_change=_follow,
        args=(key, here if here != selected else None),
    )


def _follow(key: str, holder: str | None) -> None:
    """Select what was clicked; a second click on the stage or block around goes up to it."""
    if path := st.session_state.get(key) or holder:
        controls.select_layer(path)
