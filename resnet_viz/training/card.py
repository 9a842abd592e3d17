"""The card that goes with trained parameters: all that there is to say about them, for programs."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, Final

import torch

from resnet_viz.model.presets import title
from resnet_viz.training.dataset import Dataset
from resnet_viz.training.evaluation import Evaluation
from resnet_viz.training.train import Training

Card = Mapping[str, Any]

FORMAT: Final = 2
_STORED: Final = {
    False: "float32",
    True: "float16 for the weights of convolutions and classifier, float32 for the rest",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured after the training, with the parameters as they are stored.

    Attributes:
        train: on the training images, without augmentation.
        test: on the test images.
        out_of_range: the share of test images that count as unlike the training images; `None`
            where there were too few training images to say.
        hours: that the training took, its tests included.
        sha256: of the file with the parameters, as hexadecimal digits.
    """

    train: Evaluation
    test: Evaluation
    out_of_range: float | None
    hours: float
    sha256: str


def card(
    training: Training, dataset: Dataset, facts: Facts, extras: Mapping[str, Any]
) -> dict[str, Any]:
    """All that there is to say about trained parameters, in plain values.

    Args:
        training: how they were trained.
        dataset: on what.
        facts: how good they are.
        extras: command, samples, licence, and whether they are stored in half precision.
    """
    plan, classes = training.plan, dataset.classes
    return {
        "format": FORMAT,
        "title": title(plan.config),
        "network": plan.config.name,
        **plan.record(),
        "classes": list(classes),
        "input_size": plan.config.input_size,
        "preprocessing": asdict(plan.preparation),
        "dataset": dataset.name,
        "data": dataset.description,
        "notes": list(dataset.notes),
        "command": extras["command"],
        "hours": round(facts.hours, 2),
        "threads": torch.get_num_threads(),
        "device": training.device.partition(":")[0],
        "versions": {
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            **{name: version(name) for name in ("numpy", "pillow")},
        },
        "train_images": len(dataset.train),
        "train_loss": facts.train.loss,
        "train_accuracy": facts.train.accuracy,
        "test_images": len(dataset.test),
        "test_loss": facts.test.loss,
        "accuracy": facts.test.accuracy,
        "accuracy_by_class": dict(zip(classes, facts.test.accuracy_by_class, strict=True)),
        "confusion": [list(row) for row in facts.test.confusion],
        "out_of_range": facts.out_of_range,
        "stored": _STORED[extras["half"]],
        "sha256": facts.sha256,
        "licence": extras["licence"],
        "samples": list(extras["samples"]),
    }
