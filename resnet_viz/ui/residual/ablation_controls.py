"""What to change about a block: the controls, all of them in the URL, and what they ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st

from resnet_viz.analysis.ablation import Ablation
from resnet_viz.analysis.records import Trace
from resnet_viz.figures import formatting
from resnet_viz.texts import plain
from resnet_viz.ui.shared import widgets
from resnet_viz.ui.state import url

_WHOLE: Final = "1"
_ALPHAS: Final = (*(f"{step / 20:g}" for step in range(20)), _WHOLE)  # as they stand in the URL
_NOTHING_BESIDE: Final = (
    "A plain block has no shortcut that could take its place, so it cannot be removed or weakened "
    "here; two blocks of the same shapes can change places."
)
_AT_ZERO: Final = (
    "At α = 0 the block passes nothing on: without its shortcut only α · F(x) is left."
)
_REMOVED: Final = {
    "identity": "Removing this block is the same as α = 0: its shortcut brings x unchanged.",
    "zero-pad": "Removing this block is the same as α = 0: what is left of it is the shortcut, which "
    "leaves out every second cell and adds channels of zeros.",
    "projection": "Removing this block is the same as α = 0: what is left of it is the projection of x.",
}
_AS_IF_NOT_THERE: Final = {  # by the kind of the last activation, where the shortcut is the identity
    "": "It is as if the block were not there.",
    "ReLU": "It is as if the block were not there, since its last ReLU changes nothing where x comes out "
    "of a ReLU already.",
}


def partners(trace: Trace, block: str) -> list[str]:
    """The blocks with which a block can change places: same shapes in and out, the next ones first."""
    row = trace[block]
    stage = trace.blocks(row.parent)
    fitting = [
        other
        for other in stage
        if other.path != block
        and (other.input_shape, other.output_shape) == (row.input_shape, row.output_shape)
    ]
    return [other.path for other in sorted(fitting, key=lambda other: other.order < row.order)]


def operations(trace: Trace, block: str) -> tuple[str, ...]:
    """What can be done to a block: those of OPERATIONS that its shortcut and its stage allow."""
    left_out = set() if partners(trace, block) else {"swap"}
    if trace.shortcut_kind(block) == "none":
        left_out |= {"remove", "cut its shortcut"}
    return tuple(name for name in OPERATIONS if name not in left_out)


def ablation(trace: Trace, block: str) -> Ablation:
    """The controls, all of them in the URL, and what they ask for."""
    operation = _operation(trace, block)
    weakens = operation != "remove" and trace.shortcut_kind(block) != "none"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        partner = _partner(trace, block) if operation == "swap" else ""
        alpha = _alpha(cut=operation == "cut its shortcut") if weakens else 1.0
        asked = OPERATIONS[operation](block, alpha, partner)
        st.button("Reset", on_click=_reset, icon=":material/undo:", disabled=asked == Ablation())
    if said := _remarks(trace, block, operation):
        st.caption(" ".join(said))
    return asked


def _remarks(trace: Trace, block: str, operation: str) -> list[str]:
    """What an operation comes to on this block, and why others are not offered."""
    kind = trace.shortcut_kind(block)
    said = []
    if operation == "remove":
        said += [_REMOVED[kind], _after_removal(trace, block)]
    if operation == "cut its shortcut":
        said.append(_AT_ZERO)
    if not partners(trace, block):
        said.append(_alone(trace, block))
    if kind == "none":
        said.append(_NOTHING_BESIDE)
    return [each for each in said if each]


def _after_removal(trace: Trace, block: str) -> str:
    """What still follows the shortcut of a block without its branch."""
    kind = trace.activation_kind(block)
    if trace.shortcut_kind(block) == "identity" and kind in _AS_IF_NOT_THERE:
        return _AS_IF_NOT_THERE[kind]
    return f"The {kind} after the sum stays." if kind else ""


def _operation(trace: Trace, block: str) -> str:
    """What to do to the block; what an earlier block or a link asks for in vain is said."""
    possible = operations(trace, block)
    if given_up := widgets.give_up(url.OPERATION, possible, "none"):
        sentence = f"There is no operation “{given_up}” on {block}, which is left as it is."
        st.warning(plain(sentence), icon=":material/info:")
    return widgets.segments(f"Operation on {block}", possible, url.OPERATION, default="none")


def _partner(trace: Trace, block: str) -> str:
    """The block to change places with."""
    fitting = partners(trace, block)
    return widgets.one_of("Swap with", fitting, fitting[0], url.PARTNER)


def _alpha(*, cut: bool) -> float:
    """The factor on the branch."""
    at_zero = "the block passes nothing on" if cut else "the shortcut is left alone"
    chosen = widgets.stops(
        "α in α · F(x)" if cut else "α in x + α · F(x)",
        _ALPHAS,
        url.ALPHA,
        default=_WHOLE,
        help=f"1 is F(x) as it is; at 0 {at_zero}.",
    )
    return float(chosen)


def compared(trace: Trace, ablation: Ablation, block: str) -> str:
    """The block whose maps are compared: the first that is changed, or one after it."""
    paths = [row.path for row in trace.blocks()]
    following = paths[paths.index(_first_changed(trace, ablation) or block) :]
    return widgets.one_of("Maps of", following, following[-1], url.LATER)


def _first_changed(trace: Trace, ablation: Ablation) -> str:
    """The earliest block that an ablation touches, or nothing."""
    touched = {*ablation.at_shortcuts, *(path for pair in ablation.swapped for path in pair)}
    return next((row.path for row in trace.blocks() if row.path in touched), "")


def _alone(trace: Trace, block: str) -> str:
    """Why a block cannot change places."""
    row = trace[block]
    return (
        f"{block} cannot change places: no other block of {row.parent} turns "
        f"{formatting.shape(row.input_shape)} into {formatting.shape(row.output_shape)}."
    )


def _reset() -> None:
    url.OPERATION.set("none")
    url.ALPHA.set(_WHOLE)


def _weaken(block: str, alpha: float, partner: str) -> Ablation:
    return Ablation(scale=_scaled(block, alpha))


def _remove(block: str, alpha: float, partner: str) -> Ablation:
    return Ablation(removed=(block,))


def _cut(block: str, alpha: float, partner: str) -> Ablation:
    return Ablation(cut=(block,), scale=_scaled(block, alpha))


def _swap(block: str, alpha: float, partner: str) -> Ablation:
    return Ablation(swapped=((block, partner),), scale=_scaled(block, alpha))


def _scaled(block: str, alpha: float) -> tuple[tuple[str, float], ...]:
    return () if alpha == 1.0 else ((block, alpha),)


OPERATIONS: Final[Mapping[str, Callable[[str, float, str], Ablation]]] = {
    "none": _weaken,
    "remove": _remove,
    "swap": _swap,
    "cut its shortcut": _cut,
}
