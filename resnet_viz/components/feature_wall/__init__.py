"""All channels of a layer on one wall, one of them large, and the image that they come from.

Everything under the cursor is answered in the browser. Two things are told to Python: a pin, and a
change of options, both so that a link can bring them back.

The options are controls of the component and no widgets of Streamlit, because a widget's every change
is a run of the page, and sorting 2,048 channels that are already there needs none. What the wall opens
with travels with the values: while it stays the same, the browser keeps what it has and a pin costs a
kilobyte instead of a megabyte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from resnet_viz.analysis.receptive_field import Field
from resnet_viz.components import blob, declare, fired
from resnet_viz.components.feature_wall import encode
from resnet_viz.figures import maps

SORTS: Final = ("index", "mean", "variance", "strongest", "alike")
SCALES: Final = ("channel", "layer", "fixed")
SHOWS: Final = ("all", "alive", "dead")

_COMPONENT = declare(__file__)


class Pin(NamedTuple):
    """A cell of a channel that was clicked."""

    channel: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Options:
    """In which order and in which colours the channels are shown, and which of them."""

    sort: str = "index"  # of SORTS; "alike" by correlation with the pinned channel
    scale: str = "layer"  # of SCALES: what the colours span
    show: str = "all"  # of SHOWS
    low: float = 0.0  # ends of the fixed scale
    high: float = 3.0


@dataclass(frozen=True, slots=True)
class InitialView:
    """What the wall shows when it opens; from then on it moves by itself and reports."""

    options: Options
    channel: int
    row: int
    column: int
    pinned: bool  # whether somebody chose that cell
    default_position: Pin  # what is shown while nothing is pinned and nothing under the cursor
    options_version: int = (
        0  # changes of options that were told by then: the wall keeps a later one
    )


@dataclass(frozen=True, slots=True)
class Source:
    """Where the browser gets layers of the same network and image by itself."""

    url: str  # to which `&layer=` and the layer's path are appended
    has_this: bool  # whether it has asked there for the layer that is mounted
    on_lost: Callable[[], None]  # called when it has not got it, and does not keep it


def feature_wall(
    name: str,
    values: np.ndarray,
    image: np.ndarray,
    field: Field,
    *,
    initial_view: InitialView,
    on_pin: Callable[[Pin | None], None],
    on_options: Callable[[Options, int], None],
    key: str,
    source: Source | None = None,
    classes: Sequence[str] | None = None,
) -> None:
    """Mount the wall of a layer's (C, H, W) values; `image` is the square that the network sees.

    `field` is the receptive field of the layer's first cell; `classes` are the names of a
    classifier's channels, empty where nothing was learned. With a `source`, a layer that is chosen on the
    page is drawn before Python mounts it. `on_pin` gets None when the pin is taken away, `on_options` the
    number of the change too. What comes back is the browser's: whoever reads it checks it.
    """
    header = {"initial_view": _sent(initial_view), "source": source.url if source else ""}
    if source and source.has_this:
        sent = blob.pack({"name": name, **header}, {})
    else:
        sent = content(name, values, image, field, classes, header)
    _COMPONENT(
        key=key,
        data=sent,
        on_pin_change=lambda: on_pin(_pin(fired(key, "pin"))),
        on_options_change=lambda: on_options(*_options(**fired(key, "options"))),
        on_lost_change=source.on_lost if source else lambda: None,
    )


def content(
    name: str,
    values: np.ndarray,
    image: np.ndarray,
    field: Field,
    classes: Sequence[str] | None,
    header: Mapping[str, Any],
) -> bytes:
    """What the browser gets of a layer; arguments as for `feature_wall`, `header` goes along."""
    whose = {
        "name": name,
        "alt": maps.describe(values, name),
        "noun": "channel" if classes is None else "class",
        "labels": classes or (),
    }
    return encode.encode(values, image, field, {**whose, **header})


def unpinned(position: Pin) -> dict[str, Any]:
    """The header of a layer on which nothing is pinned, and which is shown with the options at hand."""
    default = position._asdict()
    return {"initial_view": {**default, "pinned": False, "default_position": default}}


def _sent(view: InitialView) -> dict[str, Any]:
    return asdict(view) | {"default_position": view.default_position._asdict()}


def _options(change: int, **options: Any) -> tuple[Options, int]:
    return Options(**options), change


def _pin(sent: dict[str, int]) -> Pin | None:
    return Pin(**sent) if sent else None
