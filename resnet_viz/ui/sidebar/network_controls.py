"""The sidebar's network, input size, device and selected layer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import streamlit as st

from resnet_viz.analysis.records import Trace
from resnet_viz.errors import ConfigError
from resnet_viz.figures import formatting
from resnet_viz.model.blocks import BLOCKS
from resnet_viz.model.config import (
    INPUT_SIZES,
    LIMITS,
    SHORTCUTS,
    STRIDE_PLACES,
    ResNetConfig,
    parse_repeats,
    traits,
)
from resnet_viz.model.customise import CUSTOM
from resnet_viz.model.devices import CPU, device_title, devices
from resnet_viz.model.presets import PRESETS, title
from resnet_viz.model.stems import STEMS
from resnet_viz.texts import plain
from resnet_viz.ui.shared import widgets
from resnet_viz.ui.state import cache, selection, session, url
from resnet_viz.ui.state.notices import notice
from resnet_viz.ui.state.selection import DEFAULT_LAYER, DEFAULT_MODEL
from resnet_viz.ui.state.url import Parameter


def network() -> ResNetConfig:
    """Preset and customisation; what cannot be built is explained, and the preset shown."""
    name = widgets.choice(
        "Network",
        tuple(PRESETS),
        url.MODEL,
        default=DEFAULT_MODEL,
        on_change=selection.take_over_preset,
        help="A preset; every part of it can be changed under Customise.",
    )
    preset = PRESETS[name]
    session.PRESET.set(preset)
    folded = st.expander("Customise", key="_customise", icon=":material/tune:", on_change="rerun")
    if _is_as_usual(selection.fields_of(preset)) and not folded.open:
        return preset
    with folded:
        try:
            config = _customised(preset)
            _compare(config, preset)
        except ConfigError as error:
            st.error(plain(str(error)))
            config = preset
            notice(f"{error} Showing {title(preset)} as it is.")
        st.button("Back to the preset", on_click=selection.take_over_preset, width="stretch")
    return config


def size_and_device(config: ResNetConfig) -> tuple[int, str]:
    """Side of the square that the network sees, and where it runs."""
    folded = st.expander(
        "Input and device", key="_input", icon=":material/settings:", on_change="rerun"
    )
    usual = (config.input_size, CPU)
    if _is_as_usual(zip((url.SIZE, url.DEVICE), usual, strict=True)) and not folded.open:
        return usual
    with folded:
        return _input_size(config), _device()


def layer(traced: Trace) -> str:
    """The selected layer: the subject of table, diagram, maps and arithmetic."""
    return widgets.choice(
        "Selected layer",
        traced.paths,
        url.LAYER,
        default=DEFAULT_LAYER,
        help="Type to search. All pages but Walkthrough and Predict are about this layer.",
    )


def _is_as_usual(usual: Iterable[tuple[Parameter, Any]]) -> bool:
    """Whether widgets need not be drawn: what is folded and as usual asks nobody anything.

    A widget that is not drawn has no place in the URL, so that one with something to say must be.
    """
    return not any([parameter.differs(value) for parameter, value in usual])


def _input_size(config: ResNetConfig) -> int:
    """Side of the square that the network sees."""
    low, high = INPUT_SIZES
    return widgets.number(
        "Input size, pixels",
        INPUT_SIZES,
        url.SIZE,
        default=config.input_size,
        help=f"Side of the square image, {low} to {high:,}.",
    )


def _device() -> str:
    """The device to run on; one that this machine lacks falls back to the CPU and says so."""
    name = widgets.choice("Device", devices(), url.DEVICE, default=CPU)
    st.caption(device_title(name))
    return name


def _customised(preset: ResNetConfig) -> ResNetConfig:
    """The fields as widgets; equal to the preset while none is changed."""
    blocks = widgets.choice("Block", tuple(BLOCKS), url.BLOCK, default=preset.block)
    repeats = widgets.line(
        "Blocks per stage", url.REPEATS, default=selection.joined(preset.repeats), max_chars=40
    )
    stem = widgets.choice("Stem", tuple(STEMS), url.STEM, default=preset.stem)
    shortcut = widgets.choice("Shortcut", SHORTCUTS, url.SHORTCUT, default=preset.shortcut)
    stride_place = preset.stride_place
    if traits(BLOCKS[blocks]).places_stride:  # in other blocks it would change nothing
        stride_place = widgets.choice(
            "Stride of a bottleneck", STRIDE_PLACES, url.STRIDE_PLACE, default=preset.stride_place
        )
    zero_init = widgets.toggle(
        "Zero-init of the last norm", url.ZERO_INIT, default=preset.zero_init
    )
    config = replace(
        preset,
        block=blocks,
        repeats=parse_repeats(repeats),
        stem=stem,
        shortcut=shortcut,
        stride_place=stride_place,
        zero_init=zero_init,
        width=_number(url.WIDTH, preset.width),
        groups=_number(url.GROUPS, preset.groups),
        width_per_group=_number(url.WIDTH_PER_GROUP, preset.width_per_group),
        num_classes=_number(url.NUM_CLASSES, preset.num_classes),
    )
    return config if config == preset else replace(config, name=CUSTOM)


def _number(field: Parameter, default: int) -> int:
    label = field.name.replace("_", " ").replace("num", "number of").capitalize()
    return widgets.number(label, LIMITS[field.name], field, default=default)


def _compare(config: ResNetConfig, preset: ResNetConfig) -> None:
    """Depth, parameters and multiply-adds beside the preset's."""
    ours, theirs = cache.trace(config), cache.trace(preset)
    rows = (
        ("Depth", f"{config.depth}", f"{preset.depth}"),
        ("Parameters", formatting.short(ours.params), formatting.short(theirs.params)),
        ("Multiply-adds", formatting.short(ours.macs), formatting.short(theirs.macs)),
    )
    lines = [f"| {name} | {mine} | {preset_} |" for name, mine, preset_ in rows]
    st.markdown("\n".join([f"| | this | {preset.name} |", "|:--|--:|--:|", *lines]))
