"""The lesion study: take one block out at a time and see what is left of the answer.

Veit, Wilber and Belongie 2016 (arXiv 1605.06431), section 4.1, on one image instead of a test set.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import numpy as np

from resnet_viz.analysis.ablation import Ablation, capture_ablated
from resnet_viz.analysis.capture import capture, predict
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.network_job import NetworkJob, TakeTurn, turns
from resnet_viz.analysis.price import price
from resnet_viz.analysis.records import Capture, Trace
from resnet_viz.analysis.residual_records import Lesion
from resnet_viz.images import ImageInput
from resnet_viz.weights.loaded import LoadedModel

Progress = Callable[[int, int], None]  # forward passes done, and of how many


def removable(trace: Trace) -> tuple[str, ...]:
    """The blocks that can be replaced by their shortcut: all of a residual network, none of a plain one."""
    return tuple(b.path for b in trace.blocks() if trace.shortcut_kind(b.path) != "none")


def lesion_study(
    loaded: LoadedModel,
    image: ImageInput,
    progress: Progress | None = None,
    turn: TakeTurn = nullcontext,
) -> tuple[Lesion, ...]:
    """Remove each block of the untouched network in turn, in order; empty for a plain network.

    One forward pass for the untouched network and one for each block. Others' questions come in
    between, for which each pass waits for its `turn`. `progress` is called in the caller's own thread,
    after every pass.
    """
    trace = traced(loaded)
    blocks = removable(trace)
    report = progress or (lambda done, total: None)
    with turn():
        before = _probabilities(capture(loaded, image))
    report(1, len(blocks) + 1)
    lesions = []
    for done, path in enumerate(blocks, start=2):
        with turn():
            after = _probabilities(capture_ablated(loaded, image, Ablation(removed=(path,))))
        lesions.append(_lesion(path, trace.shortcut_kind(path), before, after))
        report(done, len(blocks) + 1)
    return tuple(lesions)


class LesionJob(NetworkJob[tuple[Lesion, ...]]):
    """A lesion study in the background; progress is in forward passes."""

    name = "lesion study"
    subject = "The lesion study"
    counted = "forward passes"

    def __init__(self, loaded: LoadedModel, image: ImageInput) -> None:
        super().__init__("Running the forward pass …")
        self._loaded, self._image = loaded, image

    def work(self) -> tuple[tuple[Lesion, ...], str]:
        """Remove each block in turn."""
        trace = traced(self._loaded)
        found = price(trace.config, trace.input_size)
        turn = turns(found.passing)

        lesions = lesion_study(self._loaded, self._image, self.count, turn)
        return lesions, f"{len(lesions)} blocks were removed in turn."


def _lesion(path: str, kind: str, before: np.ndarray, after: np.ndarray) -> Lesion:
    """Compare two answers, each (num_classes,) probabilities."""
    target, top = int(before.argmax()), int(after.argmax())
    return Lesion(
        path=path,
        kind=kind,
        target=target,
        untouched=float(before[target]),
        probability=float(after[target]),
        top=top,
        top_probability=float(after[top]),
    )


def _probabilities(answer: Capture) -> np.ndarray:
    """The probability of every answer, (num_classes,) float64; two for one logit."""
    answers = max(2, len(answer.logits))
    scores = predict(answer, [""] * answers, answers).top
    probabilities = np.empty(len(scores))
    probabilities[[score.index for score in scores]] = [score.probability for score in scores]
    return probabilities
