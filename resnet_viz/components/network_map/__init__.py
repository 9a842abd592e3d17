"""A whole network at a glance: the image, the strongest channels of each block, the prediction.

Hover, keys, unfolding and the tour of the image are answered in the browser. Two things are told to
Python: a selection, and which groups are unfolded, so that it can send the thumbnails of their blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from resnet_viz.components import blob, declare, fired
from resnet_viz.figures.palette import DARK, LIGHT

_COMPONENT = declare(__file__, styles=("sides.css", "nodes.css"))


@dataclass(frozen=True, slots=True)
class ReceptiveFieldBox:
    """What the central cell of a layer depends on: its receptive field."""

    size: int  # pixels
    frame: tuple[float, float, float, float]  # left, top, right, bottom: fractions of the image


@dataclass(frozen=True, slots=True)
class NetworkNode:
    """A node on the way through the network: a part of the stem, a block, or the head."""

    path: str  # what a click selects: "layer2.1"
    title: str
    stage: int  # 0 stem and head, 1 to 4
    shape: str  # "64 × 56 × 56"
    facts: tuple[str, ...]  # a value for each of the map's `measures`
    field: ReceptiveFieldBox
    also: tuple[str, ...] = ()  # layers beside it that it stands for: norm and ReLU in the stem
    group: str = ""  # the first of the equal blocks that it can be folded with
    shortcut: str = ""  # "" none, "identity", "projection", "zero-pad"
    shortcut_label: str = ""  # "1×1, /2"
    thumbnails: int = 0  # how many belong to it, whether or not they have been sent
    channels: tuple[int, ...] = ()  # what those show that have been sent

    def holds(self, path: str) -> bool:
        """Whether that layer is the node itself or a part of it."""
        return path in (self.path, *self.also) or path.startswith(f"{self.path}.")

    def belongs_to(self, path: str) -> bool:
        """Whether the node lies in that stage."""
        return self.path.startswith(f"{path}.")


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected layer, stage or block, which need not be a node."""

    path: str
    parent: str  # the block or stage around it, "" when there is none
    field: ReceptiveFieldBox


@dataclass(frozen=True, slots=True)
class NetworkMap:
    """What the map shows; its text is set as it stands."""

    nodes: tuple[NetworkNode, ...]  # every block on its own, the head last
    stage_titles: tuple[str, ...]  # one per stage: "Stage 1 · BasicBlock × 2"
    measures: tuple[str, ...]  # what the facts of a node are: "Parameters", …
    image: bytes  # PNG or JPEG, square: what the network sees
    sprite: bytes  # PNG: the thumbnails that are sent in one row, in the order of the nodes
    thumbnail_size: int  # pixels
    input_shape: str  # "3 × 224 × 224"
    classes: tuple[tuple[str, float], ...]  # name and probability, the likeliest first
    trained: bool
    prepared: str = ""  # what was done to the image before


def network_map(
    content: NetworkMap,
    selection: Selection,
    *,
    unfolded: Collection[str],
    alt: str,
    on_select: Callable[[str], None],
    on_unfold: Callable[[list[str]], None],
    key: str,
) -> None:
    """Mount the map.

    `unfolded` names the groups that it opens with; after that the browser decides and `on_unfold` is
    told. `on_select` gets the path of what was clicked, or what Escape went up to. What comes back is
    the browser's: whoever reads it checks it.
    """
    _COMPONENT(
        key=key,
        data=encoded(
            content,
            marked=marked(content.nodes, selection.path),
            selection=asdict(selection),
            unfolded=sorted(unfolded),
            colours=_COLOURS,
            alt=alt,
        ),
        on_select_change=lambda: on_select(str(fired(key, "select"))),
        on_unfold_change=lambda: on_unfold([str(group) for group in fired(key, "unfold") or ()]),
    )


def marked(nodes: Sequence[NetworkNode], path: str) -> list[int]:
    """The numbers of the nodes that a selection belongs to: several for a stage."""
    return [i for i, s in enumerate(nodes) if s.holds(path) or s.belongs_to(path)]


# Both appearances, as CSS properties: a change of theme then needs no message.
_COLOURS = {
    "--shortcut": f"light-dark({LIGHT.shortcut}, {DARK.shortcut})",
    **{
        f"--stage-{stage}": f"light-dark({light}, {dark})"
        for stage, (light, dark) in enumerate(zip(LIGHT.stages, DARK.stages, strict=True))
    },
}


def encoded(content: NetworkMap, **more: Any) -> bytes:
    """The map as one run of bytes."""
    facts = asdict(content) | more
    images = {name: facts.pop(name) for name in ("image", "sprite")}
    return blob.pack(facts, images)
