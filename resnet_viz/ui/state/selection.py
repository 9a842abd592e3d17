"""What a click selects: a layer, a preset, a network. For callbacks, where a bound widget may be written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NoReturn

import streamlit as st

from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui.state import session, url
from resnet_viz.ui.state.url import Parameter
from resnet_viz.weights.sources import default_weights, describe

PAGE: Final = "page"  # the fragment of the page and the box of the selected layer
DEFAULT_MODEL: Final = "shapes"
DEFAULT_LAYER: Final = "layer1.0"  # every network has it
UPLOAD: Final = "upload"  # the image that the visitor brought; a URL cannot hold it


def of_sidebar() -> tuple[object, ...]:
    """What the sidebar is asked for besides the layer: what was chosen, and what was brought."""
    chosen = (each.value(None) for each in url.PARAMETERS if not each.pages and each != url.LAYER)
    return (*chosen, session.IMAGE.get(None), session.WEIGHTS.get(None))


def select_layer(path: str) -> None:
    """Make a layer the selected one."""
    url.LAYER.set(path)


def select_layer_from_part(path: str) -> NoReturn:
    """Make a layer the selected one from a part of the page that has a fragment of its own.

    A click there runs that part alone; another layer is the whole page's. This ends the callback. What
    it wrote into a bound widget Streamlit would take back in the run that follows, for the link still
    says otherwise; so the page does that as it begins.
    """
    session.LAYER_TO_SELECT.set(path)
    st.rerun(PAGE)


def follow_part() -> None:
    """Select the layer that a part of the page has asked for; before its box is drawn."""
    if path := session.LAYER_TO_SELECT.pop(""):
        select_layer(path)


def select_model(name: str, weights: str = "") -> None:
    """Change to a preset, with certain weights where they are named."""
    url.MODEL.set(name)
    take_over_preset()
    if weights:
        url.WEIGHTS.set(weights)


def select_network(config: ResNetConfig) -> None:
    """Show a network that may be a preset with other fields; weights stay."""
    url.MODEL.set(config.name if config.name in PRESETS else DEFAULT_MODEL)
    _set_fields(config)
    url.SIZE.set(config.input_size)


def select_upload() -> None:
    """Show the image that the visitor brought."""
    url.IMAGE.set(UPLOAD)


def take_over_preset() -> None:
    """Set every field to the preset's, when the preset changes or is asked back."""
    preset = PRESETS.get(url.MODEL.value(DEFAULT_MODEL), PRESETS[DEFAULT_MODEL])
    _set_fields(preset)
    url.WEIGHTS.set(default_weights(preset))
    _select_suited_sample(preset)
    before = session.PRESET.get(None) or preset
    if url.SIZE.value(None) in (None, before.input_size) or before == preset:
        url.SIZE.set(preset.input_size)  # else it is the user's own choice


def fields_of(config: ResNetConfig) -> Iterator[tuple[Parameter, Any]]:
    """What the widget of each field of a configuration holds."""
    for field in url.FIELDS:
        value = getattr(config, field.name)
        yield field, joined(value) if field is url.REPEATS else value


def joined(repeats: Sequence[int]) -> str:
    """Blocks per stage as the URL has them: `2-2-2-2`."""
    return "-".join(map(str, repeats))


def _select_suited_sample(preset: ResNetConfig) -> None:
    """Put a sample in that suits a new network, unless the image suits it or is one's own."""
    suited = describe(preset, default_weights(preset), preset.input_size).samples
    here = url.IMAGE.value(None)
    was_default = here == session.DEFAULT_SAMPLE.get("")
    if here != UPLOAD and (was_default or here not in suited):
        url.IMAGE.set(suited[0])


def _set_fields(config: ResNetConfig) -> None:
    for field, value in fields_of(config):
        field.set(value)
