"""Whether an image is like those that a network was trained on: out-of-distribution detection."""

from __future__ import annotations

from resnet_viz.analysis.records import Capture, Trace
from resnet_viz.weights.training_range import (
    RangeCheck,
    TrainingRange,
    channel_statistics,
    compared_stage,
)


def compared_path(trace: Trace) -> str:
    """The stage whose output is compared with that of the training images."""
    return compared_stage([stage.path for stage in trace.stages()])


def range_check(known: TrainingRange, trace: Trace, capture: Capture) -> RangeCheck:
    """Compare one image with the training images.

    Args:
        known: what was measured on the training images.
        trace: of the network, at the input size that it was trained at.
        capture: of the image, with the layer at `compared_path`.
    """
    maps = capture[compared_path(trace)].values[None]  # (1, channels, H, W)
    return known.check(channel_statistics(maps)[0], capture.logits)
