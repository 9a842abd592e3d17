"""The sidebar: what is looked at. Every widget's key is its name in the URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from resnet_viz.analysis.records import Trace
from resnet_viz.analysis.trace import trace
from resnet_viz.errors import ConfigError
from resnet_viz.figures import numbers
from resnet_viz.model.config import (
    CONVS_PER_BLOCK,
    INPUT_SIZES,
    LIMITS,
    SHORTCUTS,
    STEMS,
    STRIDE_PLACES,
    ResNetConfig,
    parse_repeats,
)
from resnet_viz.model.devices import device_title, devices
from resnet_viz.model.presets import PRESETS, title
from resnet_viz.ui import picture_controls, widgets
from resnet_viz.ui.texts import plain
from resnet_viz.ui.view_state import DEFAULT_LAYER, DEFAULT_MODEL
from resnet_viz.weights.sources import default_weights

_FIELDS: Final = (
    "block",
    "repeats",
    "stem",
    "width",
    "groups",
    "width_per_group",
    "shortcut",
    "stride_place",
    "zero_init",
    "num_classes",
)


def network() -> ResNetConfig:
    """Preset and customisation; what cannot be built is explained, and the preset shown."""
    name = widgets.choice(
        "Network",
        tuple(PRESETS),
        key="model",
        default=DEFAULT_MODEL,
        on_change=_take_over_preset,
        help="A preset; every part of it can be changed under Customise.",
    )
    preset = st.session_state["_preset"] = PRESETS[name]
    with st.expander("Customise", icon=":material/tune:"):
        try:
            config = _customised(preset)
            _compare(config, preset)
        except ConfigError as error:
            st.error(plain(str(error)))
            config = preset
            widgets.notice(f"{error} Showing {title(preset)} as it is.")
        st.button("Back to the preset", on_click=_take_over_preset, width="stretch")
    return config


def input_size(config: ResNetConfig) -> int:
    """Side of the square that the network sees."""
    low, high = INPUT_SIZES
    return widgets.number(
        "Input size, pixels",
        INPUT_SIZES,
        key="size",
        default=config.input_size,
        help=f"Side of the square picture, {low} to {high:,}.",
    )


def device() -> str:
    """The device to run on; one that this machine lacks falls back to the CPU and says so."""
    name = widgets.choice("Device", devices(), key="device", default="cpu")
    st.caption(device_title(name))
    return name


def layer(traced: Trace) -> str:
    """The selected layer: the subject of table, diagram, maps and arithmetic."""
    return widgets.choice(
        "Selected layer",
        traced.paths,
        key="layer",
        default=DEFAULT_LAYER,
        help="Type to search. All pages but Walkthrough and Predict are about this layer.",
    )


def select_layer(path: str) -> None:
    """Make a layer the selected one; for callbacks, where a bound widget may be written."""
    st.session_state.layer = path


def select_model(name: str, weights: str = "") -> None:
    """Change to a preset, with certain weights where they are named; for callbacks."""
    st.session_state.model = name
    _take_over_preset()
    if weights:
        st.session_state.weights = weights


def select_network(config: ResNetConfig) -> None:
    """Show a network that may be a preset with other fields; weights stay. For callbacks."""
    st.session_state.model = config.name if config.name in PRESETS else DEFAULT_MODEL
    _set_fields(config)
    st.session_state.size = config.input_size


def _take_over_preset() -> None:
    """Set every field to the preset's, when the preset changes or is asked back."""
    preset = PRESETS.get(st.session_state.model, PRESETS[DEFAULT_MODEL])
    _set_fields(preset)
    st.session_state.weights = default_weights(preset)
    picture_controls.change_with(preset)
    before = st.session_state.get("_preset", preset)
    if st.session_state.get("size") in (None, before.input_size) or before == preset:
        st.session_state.size = preset.input_size  # else it is the user's own choice


def _set_fields(config: ResNetConfig) -> None:
    for field in _FIELDS:
        st.session_state[field] = getattr(config, field)
    st.session_state.repeats = _joined(config.repeats)


def _customised(preset: ResNetConfig) -> ResNetConfig:
    """The fields as widgets; equal to the preset while none is changed."""
    blocks = widgets.choice("Block", tuple(CONVS_PER_BLOCK), key="block", default=preset.block)
    repeats = st.text_input(
        "Blocks per stage", _joined(preset.repeats), max_chars=40, key="repeats", bind=widgets.BOUND
    )
    stem = widgets.choice("Stem", STEMS, key="stem", default=preset.stem)
    shortcut = widgets.choice("Shortcut", SHORTCUTS, key="shortcut", default=preset.shortcut)
    stride_place = widgets.choice(
        "Stride of a bottleneck", STRIDE_PLACES, key="stride_place", default=preset.stride_place
    )
    zero_init = st.toggle(
        "Zero-init of the last norm", preset.zero_init, key="zero_init", bind=widgets.BOUND
    )
    config = replace(
        preset,
        block=blocks,
        repeats=parse_repeats(repeats or ""),
        stem=stem,
        shortcut=shortcut,
        stride_place=stride_place,
        zero_init=zero_init,
        width=_number("width", preset.width),
        groups=_number("groups", preset.groups),
        width_per_group=_number("width_per_group", preset.width_per_group),
        num_classes=_number("num_classes", preset.num_classes),
    )
    return config if config == preset else replace(config, name="custom")


def _number(field: str, default: int) -> int:
    label = field.replace("_", " ").replace("num", "number of").capitalize()
    return widgets.number(label, LIMITS[field], key=field, default=default)


def _compare(config: ResNetConfig, preset: ResNetConfig) -> None:
    """Depth, parameters and multiply-adds beside the preset's."""
    ours, theirs = trace(config), trace(preset)
    rows = (
        ("Depth", f"{config.depth}", f"{preset.depth}"),
        ("Parameters", numbers.short(ours.params), numbers.short(theirs.params)),
        ("Multiply-adds", numbers.short(ours.macs), numbers.short(theirs.macs)),
    )
    lines = [f"| {name} | {mine} | {preset_} |" for name, mine, preset_ in rows]
    st.markdown("\n".join([f"| | this | {preset.name} |", "|:--|--:|--:|", *lines]))


def _joined(repeats: Sequence[int]) -> str:
    return "-".join(map(str, repeats))
