"""Whether an image is like those that a network was trained on: out-of-distribution detection."""

from __future__ import annotations

from resnet_viz.analysis.records import Capture, Trace
from resnet_viz.weights.training_range import RangeCheck, TrainingRange


def features_path(trace: Trace) -> str:
    """The layer whose output the classifier, the network's last layer, reads."""
    return trace.sources(trace.layers[-1].path)[0]


def range_check(known: TrainingRange, trace: Trace, capture: Capture) -> RangeCheck:
    """Compare one image with the training images.

    Args:
        known: what was measured on the training images.
        trace: of the network, at the input size that it was trained at.
        capture: of the image, with the layer at `features_path`.
    """
    return known.check(capture[features_path(trace)].values.ravel(), capture.logits)
