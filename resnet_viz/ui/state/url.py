"""All that a link can say: every URL parameter, in one table, and what is said of a bad value.

A widget is bound to its parameter by `shared.widgets`; the feature wall, the network map and the steps
of the walkthrough write theirs with `write`. A link made for an earlier version stays valid: `former`
names are read, and then replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from resnet_viz.one_line import quoted
from resnet_viz.ui.state.notices import notice

Kind = Literal["choice", "several", "number", "flag", "text"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One name in the URL, and what it means."""

    name: str
    kind: Kind
    default: str  # as a reader would say it
    meaning: str
    pages: tuple[str, ...] = ()  # slugs; none: the sidebar, and therefore every page
    former: str = ""  # the name that it had in older links to its pages
    prefix: str = ""  # of one network among several on a page
    spoken: str = ""  # what a sentence calls it, where its name does not say

    @property
    def key(self) -> str:
        """Its name in the URL, which is the key of its widget too."""
        return f"{self.prefix}{self.name}"

    def under(self, prefix: str) -> Parameter:
        """The same of one network among several on a page: `left_layer`."""
        return replace(self, prefix=prefix)

    def asked(self) -> str | None:
        """What the URL says; nothing where it does not name the parameter."""
        if self.former and self.former in st.query_params and self.key not in st.query_params:
            asked = st.query_params[self.key] = st.query_params.pop(self.former)
            self.set(asked)  # the widget is bound to what the URL said when the run began
            return str(st.session_state[self.key])
        return st.query_params.get(self.key)

    def all_asked(self) -> list[str]:
        """What the URL says, as often as it says it."""
        return st.query_params.get_all(self.key)

    def value(self, default: Any) -> Any:
        """What its widget holds; while the URL decides what that says, else the default."""
        if not self.is_fresh:
            return st.session_state[self.key]
        asked = self.asked()
        return default if asked is None else asked

    def differs(self, usual: Any) -> bool:
        """Whether the URL names it, or what its widget held is not the usual; before it is drawn.

        On the browser's way back the URL alone decides: what it does not name is as usual again. What is
        usual is held too: only a value that takes another's place is written into the URL by Streamlit.
        """
        if self.asked() is not None:
            return True
        if self.is_fresh:
            self.set(usual)
        return bool(st.session_state[self.key] != usual)

    def recall(self, value: Any) -> None:
        """Set its widget to what it held when its page was left, unless the URL or a click says otherwise.

        To be called before it is drawn. On the browser's way back the URL alone decides.
        """
        if self.key not in st.session_state and not _is_restored(self.key) and self.asked() is None:
            self.set(value)

    def set(self, value: Any) -> None:
        """Set its widget, and the URL with it; for callbacks, or before the widget is drawn."""
        st.session_state[self.key] = value

    @property
    def is_fresh(self) -> bool:
        """Whether the URL decides: its widget was not drawn yet, or not since the browser's way back."""
        return self.key not in st.session_state or _is_restored(self.key)

    def forget(self) -> None:
        """Take out of the URL what its widget is not to be drawn from; to be called before it is."""
        run = get_script_run_ctx()
        assert run
        state = run.session_state
        with state.query_params() as params:
            params.remove_param(self.key)
            params.set_initial_query_params_from_current()


def _is_restored(key: str) -> bool:
    """Whether the browser's way back led to this URL, and the widget still holds what it held before."""
    run = get_script_run_ctx()
    return bool(
        run and run.is_history_navigation and key not in run.shared.widget_user_keys_this_run
    )


def write(values: Mapping[Parameter, str | list[str]]) -> None:
    """Change the URL: one step for the browser's way back. What is empty is taken out."""
    st.query_params.update({each.key: value or () for each, value in values.items()})


def link() -> str:
    """The address of what is shown."""
    asked = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    return f"{st.context.url or ''}?{urlencode(asked)}"


def refuse(parameter: Parameter, asked: str, *, accepted: str = "", showing: str = "") -> None:
    """Say that a link asks for what is not there, what is accepted, and what is shown instead."""
    reason = f"; {accepted} is accepted" if accepted else ", which does not exist"
    instead = f": showing {showing}" if showing else ""
    notice(
        f"The link asks for {parameter.spoken or parameter.name} {quoted(asked)}{reason}{instead}."
    )


# ---- the sidebar: on every page ----

MODEL: Final = Parameter("model", "choice", "shapes", "the preset")
SIZE: Final = Parameter("size", "number", "the preset's", "side of the square input, pixels")
DEVICE: Final = Parameter("device", "choice", "cpu", "where the network runs")
WEIGHTS: Final = Parameter(
    "weights", "choice", "the first at hand", "where the parameters come from"
)
SEED: Final = Parameter("seed", "number", "0", "of random weights")
IMAGE: Final = Parameter("picture", "choice", "one that suits the weights", "the sample image")
LAYER: Final = Parameter("layer", "choice", "layer1.0", "the selected layer")

# ---- the sidebar's Customise: the network itself, field by field of its configuration ----

BLOCK: Final = Parameter("block", "choice", "the preset's", "kind of block")
REPEATS: Final = Parameter("repeats", "text", "the preset's", "blocks per stage: 2-2-2-2")
STEM: Final = Parameter("stem", "choice", "the preset's", "what stands before the first stage")
WIDTH: Final = Parameter("width", "number", "the preset's", "channels of the first stage")
GROUPS: Final = Parameter("groups", "number", "the preset's", "groups of the 3×3 convolutions")
WIDTH_PER_GROUP: Final = Parameter(
    "width_per_group", "number", "the preset's", "channels of a group, at 64 channels of width"
)
SHORTCUT: Final = Parameter("shortcut", "choice", "the preset's", "what a shortcut does to shapes")
STRIDE_PLACE: Final = Parameter(
    "stride_place", "choice", "the preset's", "which convolution of a bottleneck has the stride"
)
ZERO_INIT: Final = Parameter(
    "zero_init", "flag", "the preset's", "whether each block starts as its shortcut alone"
)
NUM_CLASSES: Final = Parameter("num_classes", "number", "the preset's", "classes")

FIELDS: Final = (
    *(BLOCK, REPEATS, STEM, WIDTH, GROUPS, WIDTH_PER_GROUP),
    *(SHORTCUT, STRIDE_PLACE, ZERO_INIT, NUM_CLASSES),
)

# ---- the sidebar's Preprocessing, for weights of one's own ----

MEAN: Final = Parameter("mean", "text", "the file's", "what is subtracted: one number, or three")
STD: Final = Parameter("std", "text", "the file's", "what is divided by: one number, or three")
RANGE: Final = Parameter(
    "range", "choice", "auto", "what white is before that: 1 or 255", spoken="value range"
)
ORDER: Final = Parameter(
    "order", "choice", "auto", "order of the channels: rgb or bgr", spoken="channel order"
)
RESIZE: Final = Parameter(
    "resize", "text", "the file's", "shorter side, pixels; up to 1: the share of it that is kept"
)
INTERPOLATION: Final = Parameter("interpolation", "choice", "auto", "how images are resized")

PREPROCESSING: Final = (MEAN, STD, RANGE, ORDER, RESIZE, INTERPOLATION)

# ---- one page each ----

UNFOLDED: Final = Parameter(
    "unfolded", "several", "none", "groups of equal blocks that are drawn one by one", ("overview",)
)
STEP: Final = Parameter("step", "number", "1", "the step that is shown", ("walkthrough",))
INSIDE: Final = Parameter(
    *("inside", "choice", "the first with an identity shortcut"),
    meaning="the block of the stage that is taken apart",
    pages=("walkthrough",),
    spoken="block",
)

OPEN: Final = Parameter("open", "choice", "blocks", "down to where the table is open", ("layers",))
FIND: Final = Parameter("find", "text", "nothing", "a part of the layers' names", ("layers",))
KINDS: Final = Parameter("kinds", "several", "all", "kinds of layer that are shown", ("layers",))
COLUMNS: Final = Parameter(
    "columns", "several", "seven of them", "the table's columns", ("layers",)
)
MEASURE: Final = Parameter("measure", "choice", "macs", "what the bars show", ("layers",))

LEVEL: Final = Parameter("level", "choice", "blocks", "how much detail is drawn", ("diagram",))
SCOPE: Final = Parameter(
    "scope", "choice", "network", "the stage or block that is drawn", ("diagram",), former="of"
)
DIRECTION: Final = Parameter("direction", "choice", "down", "where the arrows go", ("diagram",))

CHANNEL: Final = Parameter(
    "channel", "number", "the one of highest variance", "the pinned channel", ("feature_maps",)
)
CELL: Final = Parameter(
    "cell", "text", "a central one", "row and column of the pin: 30-30", ("feature_maps",)
)
PIN_LAYER: Final = Parameter(
    *("of", "text", "the selected one", "the layer that channel and cell are of"),
    pages=("feature_maps",),
    spoken="layer",
)
SORT: Final = Parameter("sort", "choice", "index", "order of the channels", ("feature_maps",))
SCALE: Final = Parameter("scale", "choice", "layer", "what shares a scale", ("feature_maps",))
SHOW: Final = Parameter("show", "choice", "all", "which channels are shown", ("feature_maps",))
LOW: Final = Parameter("low", "number", "0", "lower end of a fixed scale", ("feature_maps",))
HIGH: Final = Parameter("high", "number", "3", "upper end of a fixed scale", ("feature_maps",))
EFFECTIVE: Final = Parameter(
    "erf", "flag", "off", "whether the effective receptive field is shown", ("feature_maps",)
)
CONTRIBUTIONS: Final = Parameter(
    "adds", "flag", "off", "whether every input channel's contribution is shown", ("feature_maps",)
)

OPERATION: Final = Parameter("operation", "choice", "none", "the ablation", ("residual",))
ALPHA: Final = Parameter("alpha", "choice", "1", "the factor on the branch", ("residual",))
PARTNER: Final = Parameter(
    "partner", "choice", "the next that fits", "the block to change places with", ("residual",)
)
LATER: Final = Parameter(
    "later", "choice", "the last", "the block whose maps are compared", ("residual",)
)

_WHY: Final = ("why_shortcuts",)
PART: Final = Parameter("part", "choice", "1", "the part of the argument, 1 to 6", _WHY)
REVEAL: Final = Parameter(
    "reveal", "flag", "off", "whether answers are shown without a prediction", _WHY
)
EPOCH: Final = Parameter("epoch", "choice", "0", "the epoch whose gradients are shown", _WHY)
DEPTH: Final = Parameter("depth", "choice", "56", "layers of the two untrained networks", _WHY)
DRAW: Final = Parameter("draw", "number", "0", "seed of what is drawn on the page", _WHY)
SHATTERED: Final = Parameter(
    "shattered", "choice", "24", "layers of the networks of one number", _WHY
)

FILTER: Final = Parameter("filter", "number", "0", "the output channel", ("filters",))
CLASS: Final = Parameter("class", "choice", "the first", "the class", ("filters",))
ONE_SCALE: Final = Parameter(
    "one_scale", "flag", "off", "whether all filters of the stem share a scale", ("filters",)
)
STATISTICS: Final = Parameter(
    "statistics", "flag", "off", "whether all layers are listed", ("filters",)
)
KIND: Final = Parameter("kind", "choice", "Conv2d", "the kind that is listed", ("filters",))

_EXPLAINED: Final = ("why",)
METHODS: Final = Parameter("methods", "several", "grad_cam", "how maps are made", _EXPLAINED)
CLASSES: Final = Parameter(
    "classes", "several", "the most probable one", "the classes that are asked about", _EXPLAINED
)
WHERE: Final = Parameter("where", "choice", "last stage", "the layers that are asked", _EXPLAINED)
KEPT: Final = Parameter(
    "kept",
    "several",
    "none",
    "layers that are compared with the one asked",
    _EXPLAINED,
    spoken="layer",
)
PARTS: Final = Parameter("parts", "several", "output", "parts of a block", _EXPLAINED)
MASKS: Final = Parameter("masks", "choice", "1000", "how many random masks RISE draws", _EXPLAINED)
REDRAW: Final = Parameter(
    *("redraw", "number", "0", "seed of the parameters that are drawn anew"), pages=_EXPLAINED
)
BASELINE: Final = Parameter(
    *("baseline", "choice", "mean", "what stands where pixels are deleted"), pages=_EXPLAINED
)

TOP: Final = Parameter("top", "number", "5", "classes shown", ("predict",))

TERM: Final = Parameter("term", "text", "nothing", "words of the terms listed", ("glossary",))

PARAMETERS: Final = tuple(
    value for value in list(globals().values()) if isinstance(value, Parameter)
)
