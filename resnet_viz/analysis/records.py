"""The plain data that every page, table, diagram and file is made of: no torch, nothing to change."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile

import numpy as np

from resnet_viz.analysis.receptive_field import Field, field_box
from resnet_viz.errors import PathError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.roles import CONTAINERS, Role, stage_number
from resnet_viz.one_line import quoted

INPUT = "input"  # the node from which the first edge starts

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LayerRecord:
    """One row of the layer table: a module that computes, or a stage or block that holds some.

    Shapes are (C, H, W), or (C,) after flattening; the batch axis is left out. `receptive_field`,
    `jump` and `start` are in pixels of the input: the side of the square that one output position depends
    on, the distance between two positions' squares, and the centre of the first position's square.
    """

    path: str  # "layer1.0.conv1"
    kind: str  # "Conv2d", "BatchNorm2d", "ReLU", "Add", … , "Stage", "BasicBlock", "Bottleneck"
    order: int  # position in the order of execution, 0 for the first row
    role: Role  # what it is for
    parent: str  # path of the stage or block that holds this row; empty for the network's own
    input_shape: Shape
    output_shape: Shape
    params: int
    macs: int  # multiply-adds of convolutions and linear layers, one image
    weights: tuple[tuple[str, Shape], ...] = ()  # the module's own parameters, by name
    kernel: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    padding: tuple[int, int] | None = None
    groups: int | None = None
    receptive_field: int = 1
    jump: int = 1
    start: float = 0.0
    shortcut_kind: str = "none"  # of a layer on a shortcut: "identity", "projection" or "zero-pad"

    @property
    def is_container(self) -> bool:
        """Whether the numbers are sums over layers inside."""
        return self.role in CONTAINERS

    @property
    def is_block(self) -> bool:
        return self.role is Role.BLOCK

    @property
    def stage(self) -> int:
        """1 to 4 inside a stage, 0 for stem and head."""
        return stage_number(self.path)

    @property
    def level(self) -> int:
        """0 for the network's own rows, 1 for blocks, 2 for layers in a block."""
        return self.parent.count(".") + 1 if self.parent else 0

    @property
    def on_shortcut(self) -> bool:
        """Whether the row lies on the path around the branch."""
        return self.role is Role.SHORTCUT

    @property
    def field(self) -> Field:
        """Size, jump and start of its outputs' receptive fields."""
        return Field(self.receptive_field, self.jump, self.start)

    def central_box(self, input_size: int) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of what its central output depends on, in pixels of the input."""
        middle = self.output_shape[1] // 2 if len(self.output_shape) == 3 else 0
        return field_box(self.field, middle, middle, input_size)

    @property
    def keeps_shape(self) -> bool:
        """Whether it works position by position and gives what it was given in shape."""
        return self.kernel is None and self.input_shape == self.output_shape

    @property
    def activations(self) -> int:
        """How many numbers the layer puts out for one image."""
        return math.prod(self.output_shape)


@dataclass(frozen=True, slots=True)
class BlockParts:
    """The paths of a block's layers, each group in the order of execution."""

    branch: tuple[str, ...] = ()  # F(x)
    shortcut: tuple[str, ...] = ()  # x, or what makes it fit; empty in a plain block
    total: str = ""  # F(x) + x; empty in a plain block
    activation: str = ""  # after the sum; empty in a block that ends with the sum


@dataclass(frozen=True)
class Trace:
    """A network at one input size: its rows in the order of execution and what feeds what."""

    config: ResNetConfig
    input_size: int  # side of the square input, pixels
    layers: tuple[LayerRecord, ...]
    edges: tuple[tuple[str, str], ...]  # (from, to) paths of layers, "input" first

    @cached_property
    def params(self) -> int:
        return sum(layer.params for layer in self.leaves())

    @cached_property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.leaves())

    @cached_property
    def activations(self) -> int:
        return sum(layer.activations for layer in self.leaves())

    @property
    def input_shape(self) -> Shape:
        return (3, self.input_size, self.input_size)

    @cached_property
    def _by_path(self) -> dict[str, LayerRecord]:
        return {layer.path: layer for layer in self.layers}

    def __getitem__(self, path: str) -> LayerRecord:
        """The row of that path; raises `PathError` when there is none."""
        try:
            return self._by_path[path]
        except KeyError:
            raise PathError(
                f"This network has no layer {quoted(path)}; its layers start with "
                f"{', '.join(self.paths[:3])} and end with {self.paths[-1]}."
            ) from None

    def __contains__(self, path: object) -> bool:
        return path in self._by_path

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self._by_path)

    def leaves(self) -> Iterator[LayerRecord]:
        """The modules that compute; their numbers add up to the totals."""
        return (layer for layer in self.layers if not layer.is_container)

    def stages(self) -> tuple[LayerRecord, ...]:
        return self.with_role(Role.STAGE)

    def with_role(self, role: Role) -> tuple[LayerRecord, ...]:
        """All rows that play a role, in order."""
        return self._by_role.get(role, ())

    @cached_property
    def _by_role(self) -> dict[Role, tuple[LayerRecord, ...]]:
        return {
            role: tuple(row for row in self.layers if row.role is role)
            for role in {row.role for row in self.layers}
        }

    @property
    def stem(self) -> tuple[LayerRecord, ...]:
        """The layers before the first stage."""
        return self.with_role(Role.STEM)

    @property
    def stem_parts(self) -> tuple[tuple[LayerRecord, ...], ...]:
        """The stem in parts: a layer that moves a window, and those after it that move none."""
        starts = [place for place, row in enumerate(self.stem) if row.kernel]
        ends = [*starts[1:], len(self.stem)]
        return tuple(self.stem[start:end] for start, end in zip(starts, ends, strict=True))

    @property
    def head(self) -> tuple[LayerRecord, ...]:
        """The layers between the last stage and the classifier."""
        return self.with_role(Role.HEAD)

    @property
    def classifier(self) -> LayerRecord:
        """The layer that gives the class scores."""
        return self.with_role(Role.CLASSIFIER)[-1]

    def parts(self, block: str) -> BlockParts:
        """The layers of a block by what they do."""
        return self._parts.get(self[block].path, BlockParts())

    @cached_property
    def _parts(self) -> dict[str, BlockParts]:
        return {block.path: self._parts_of(block.path) for block in self.blocks()}

    def _parts_of(self, block: str) -> BlockParts:
        inside = self.inside(block)
        chosen = {
            role: tuple(row.path for row in inside if row.role is role)
            for role in (Role.BRANCH, Role.SHORTCUT, Role.SUM, Role.ACTIVATION)
        }
        return BlockParts(
            chosen[Role.BRANCH],
            chosen[Role.SHORTCUT],
            next(iter(chosen[Role.SUM]), ""),
            next(iter(chosen[Role.ACTIVATION]), ""),
        )

    def block_of(self, path: str) -> str:
        """The block that a row is or lies in; empty for stages, stem and head."""
        row = self[path]
        if row.is_block:
            return row.path
        return row.parent if row.parent and self[row.parent].is_block else ""

    def blocks(self, stage: str = "") -> tuple[LayerRecord, ...]:
        """All blocks, or those of one stage."""
        return tuple(b for b in self.layers if b.is_block and b.parent.startswith(stage))

    def top(self) -> tuple[LayerRecord, ...]:
        """The network's own rows: stem, stages, head."""
        return self.children("")

    def inside(self, path: str) -> tuple[LayerRecord, ...]:
        """The layers and blocks inside a stage or block, in order; empty for a layer."""
        after = self.layers[self[path].order + 1 :]
        return tuple(takewhile(lambda layer: layer.path.startswith(path + "."), after))

    def shortcut(self, block: str) -> LayerRecord | None:
        """The first layer on the way around a block's branch; None in a plain network."""
        return next((row for row in self.inside(block) if row.on_shortcut), None)

    def shortcut_kind(self, block: str) -> str:
        """ "identity", "projection", "zero-pad", or "none" for a block of a plain network."""
        row = self.shortcut(block)
        return row.shortcut_kind if row else "none"

    def activation_kind(self, block: str) -> str:
        """The kind of the activation after a block's sum: "ReLU"; empty where the sum is the end."""
        last = self.parts(block).activation
        return self[last].kind if last else ""

    @cached_property
    def _children(self) -> dict[str, list[LayerRecord]]:
        children: dict[str, list[LayerRecord]] = {}
        for layer in self.layers:
            children.setdefault(layer.parent, []).append(layer)
        return children

    def children(self, path: str) -> tuple[LayerRecord, ...]:
        """The rows directly inside a stage or block."""
        return tuple(self._children.get(path, ()))

    @cached_property
    def _sources(self) -> dict[str, tuple[str, ...]]:
        return _grouped((target, source) for source, target in self.edges)

    def sources(self, path: str) -> tuple[str, ...]:
        """What a layer reads, in the order of its arguments: paths of layers, or "input"."""
        return self._sources.get(path, ())

    @cached_property
    def _readers(self) -> dict[str, tuple[str, ...]]:
        return _grouped(self.edges)

    def readers(self, path: str) -> tuple[str, ...]:
        """The layers that read what a layer puts out; none for the last one."""
        return self._readers.get(path, ())

    def producer(self, path: str) -> str:
        """The layer whose output is the output of `path`: itself, or the last one inside."""
        inside = [layer.path for layer in self.inside(path) if not layer.is_container]
        return inside[-1] if inside else self[path].path


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """What stands second in the pairs, in order, by what stands first."""
    groups: dict[str, tuple[str, ...]] = {}
    for first, second in pairs:
        groups[first] = (*groups.get(first, ()), second)
    return groups


@dataclass(frozen=True, slots=True)
class Activation:
    """What one layer puts out for one image."""

    path: str
    values: np.ndarray = field(repr=False)  # (C, H, W) float32, read-only; (C, 1, 1) for vectors

    def __post_init__(self) -> None:
        self.values.setflags(write=False)

    @property
    def min(self) -> float:
        return float(self.values.min())

    @property
    def max(self) -> float:
        return float(self.values.max())

    @property
    def mean(self) -> float:
        return float(self.values.mean())

    @property
    def zeros(self) -> float:
        """Fraction of values that are exactly zero."""
        return 1.0 - np.count_nonzero(self.values) / self.values.size

    @property
    def dead(self) -> int:
        """How many channels are zero at every position of this image."""
        return int((~self.values.any(axis=(1, 2))).sum())


@dataclass(frozen=True, slots=True)
class Outputs:
    """What some layers, blocks or stages put out for one image."""

    activations: tuple[Activation, ...]

    def __getitem__(self, path: str) -> Activation:
        for activation in self.activations:
            if activation.path == path:
                return activation
        raise KeyError(path)


@dataclass(frozen=True, slots=True)
class Capture(Outputs):
    """One question to a whole network: the asked activations, and the scores at the end."""

    logits: np.ndarray = field(repr=False)  # (num_classes,) float32
    device: str  # where it ran
    seconds: float  # of the forward pass, with the way back from a GPU
    note: str = ""  # a sentence for the user, for instance that the GPU was full

    def logit(self, answer: int) -> float:
        """The score of an answer; of one logit's complement the same below zero."""
        return float(self.logits[answer]) if answer < len(self.logits) else -float(self.logits[0])


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One line of a prediction."""

    index: int  # of the class; 1 for the complement of the only one
    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """The most probable classes of one image, best first."""

    top: tuple[ClassScore, ...]
    device: str
    seconds: float
    note: str = ""
