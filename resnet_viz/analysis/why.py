"""The numbers behind the questions that a network's numbers raise: each from its own trace."""

from __future__ import annotations

import math
from dataclasses import dataclass

from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.model.roles import Role


@dataclass(frozen=True, slots=True)
class DepthCount:
    """What a network's depth counts (He et al. 2015, section 3.3): its projections are left out."""

    convolutions: int  # all of them
    projections: int

    @property
    def depth(self) -> int:
        """Convolutions and the classifier, without projections."""
        return self.convolutions + 1 - self.projections


@dataclass(frozen=True, slots=True)
class BottleneckCount:
    """The channels of a bottleneck's convolutions, and what their weights save."""

    channels: tuple[int, ...]  # that each of them puts out: 64, 64, 256
    weights: int  # of these convolutions
    without: int  # of two 3 × 3 convolutions that read and put out the last of these numbers

    @property
    def saving(self) -> float:
        """How many times as many weights the two would have."""
        return self.without / self.weights


def depth_count(trace: Trace) -> DepthCount:
    """The convolutions of a network, and how many of them are projections."""
    convolutions = [row for row in trace.leaves() if row.kind == "Conv2d"]
    return DepthCount(len(convolutions), sum(row.on_shortcut for row in convolutions))


def typical_convolutions(trace: Trace) -> tuple[LayerRecord, LayerRecord] | None:
    """The last convolution of the first and of the last stage that moves a 3 × 3 window by one position.

    `None` where the two do not show that a later one has more weights at about the same cost: at a small
    input size, where later maps cannot become smaller.
    """
    found = [_last_plain_convolution(trace, stage) for stage in trace.stages()]
    first, last = found[0], found[-1]
    if first is None or last is None or last.params <= first.params:
        return None
    return (first, last) if 0.5 < last.macs / first.macs < 2 else None


def bottleneck_count(trace: Trace, block: str) -> BottleneckCount | None:
    """The channels and weights of a bottleneck; `None` for other blocks, and where nothing is saved."""
    convolutions = [
        trace[path] for path in trace.parts(block).branch if trace[path].kind == "Conv2d"
    ]
    if [row.kernel for row in convolutions] != [(1, 1), (3, 3), (1, 1)]:
        return None
    channels = tuple(row.output_shape[0] for row in convolutions)
    count = BottleneckCount(
        channels, sum(row.params for row in convolutions), 18 * channels[-1] ** 2
    )
    return count if count.saving > 1 else None


def needs_projection_at_full_size(trace: Trace, block: str) -> bool:
    """Whether a block has a projection although it keeps height and width."""
    row = trace[block]
    keeps_size = row.input_shape[1:] == row.output_shape[1:]
    # A map of a single position stays one under any stride.
    strides = [trace[path].stride for path in trace.parts(block).branch]
    return (
        trace.shortcut_kind(block) == "projection"
        and keeps_size
        and all(stride in (None, (1, 1)) for stride in strides)
    )


def biases(trace: Trace) -> int:
    """How many parameters the convolutions would have more, had each filter a bias."""
    return sum(row.output_shape[0] for row in trace.leaves() if row.kind == "Conv2d")


def positions(row: LayerRecord) -> int:
    """At how many positions a layer's output has values."""
    return math.prod(row.output_shape[1:])


def _last_plain_convolution(trace: Trace, stage: LayerRecord) -> LayerRecord | None:
    fitting = [
        row
        for row in trace.inside(stage.path)
        if row.kind == "Conv2d"
        and row.role is Role.BRANCH
        and (row.kernel, row.stride) == ((3, 3), (1, 1))
    ]
    return fitting[-1] if fitting else None
