"""Layers that read all at once: the average pool and the classifier."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from resnet_viz.analysis.worked_example.whole import WorkedMean, WorkedScore
from resnet_viz.components.feature_wall import encode
from resnet_viz.components.worked_example.encode import lines
from resnet_viz.components.worked_example.encode.records import Names, Step, WrittenExample
from resnet_viz.figures import formatting

MOST_CELLS: Final = 16  # a side of a map whose mean is taken; a larger one is shown in squares


def mean(worked: WorkedMean, names: Names) -> WrittenExample:
    side = math.ceil(max(worked.map.shape) / MOST_CELLS)
    shown = encode.average_pool(worked.map[None], side)[0]  # (h, w), at most MOST_CELLS a side
    squares = f", as means over squares of {side} × {side}" if side > 1 else ""
    return WrittenExample(
        "mean",
        f"All {worked.count:,} cells of {names.target} of {names.source} become one number.",
        (
            Step("Sum", f"over {formatting.shape(worked.map.shape)} cells", "sum"),
            lines.value_of(worked, names, f"{{sum}} / {worked.count:,}"),
        ),
        {
            "inputs": (f"{names.target} of {names.source}{squares}",),
            "pool_size": side,
            "map_size": shown.shape,
        },
        {
            "maps": shown[None],
            "sum": np.array([worked.sum], np.float32),
            "outputs": worked.outputs[None],
        },
    )


def _probability(worked: WorkedScore) -> Step:
    if len(worked.classes) == 1:
        return Step("Sigmoid", "1 / (1 + e to minus this score)", "probability")
    return Step("Softmax", "e to this score, as a share of the sum over all classes", "probability")


def score(worked: WorkedScore, names: Names) -> WrittenExample:
    return WrittenExample(
        "score",
        f"Each channel of {names.source} contributes to the logit of a class: activation × weight. "
        "The largest contributions to {class}:",
        (
            Step("Positive contributions above", "{positives}", "positive"),
            Step("Negative contributions above", "{negatives}", "negative"),
            Step("The other {others}", "", "rest"),
            Step("Bias", "", "bias"),
            lines.value_of(worked, names, "the score of {class}"),
            _probability(worked),
        ),
        {
            "strongest": worked.strongest,
            "classes": [
                {"number": number, "name": name}
                for number, name in zip(worked.classes, names.classes, strict=True)
            ],
            "class_number": worked.channel,
        },
        {
            "activations": worked.activations,
            "weights": worked.weights,
            "biases": worked.biases,
            "scores": worked.scores,
            "probabilities": worked.probabilities,
        },
    )
