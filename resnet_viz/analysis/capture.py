"""Run an image through a network, all the way or part of it, and keep what the asked layers put out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import numpy as np
import torch
from torch import Tensor

from resnet_viz.analysis import price
from resnet_viz.analysis.forward import (
    ModuleIO,
    as_array,
    as_maps,
    finite,
    forward_hooks,
    forward_until,
    run_forward,
    traced,
)
from resnet_viz.analysis.records import (
    INPUT,
    Activation,
    Capture,
    ClassScore,
    Outputs,
    Prediction,
    Trace,
)
from resnet_viz.images import ImageInput
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel

# What looks at a network while it runs, entered with it before and left afterwards.
Watch = Callable[[ResNet], AbstractContextManager[object]]


def check_runnable(trace: Trace) -> None:
    """Raise `ConfigError` when a network is too large to run here; looking at it costs nothing."""
    price.check(trace.config, trace.input_size)


def capture(
    loaded: LoadedModel,
    image: ImageInput,
    paths: Iterable[str] = (),
    watch: Watch = nullcontext,
) -> Capture:
    """Run `image` through the network once; keep the outputs of the layers, blocks or stages asked for.

    When a GPU runs out of memory the network moves to the CPU, once and for all, and the note says so.
    A pass that has to be repeated is watched anew.
    Raises `PathError` for a path that the network does not have.
    """
    paths = _known(loaded, paths)

    def forward(network: ResNet, input_tensor: Tensor) -> Capture:
        start = time.perf_counter()
        keeping = _keeping(network, input_tensor, paths)
        with torch.inference_mode(), keeping as kept, watch(network):
            logits = as_array(network(input_tensor)[0])  # (num_classes,)
        activations = tuple(Activation(path, maps_of(kept[path])) for path in paths)
        seconds = time.perf_counter() - start
        return Capture(activations, logits, loaded.device, seconds, loaded.note)

    return run_forward(loaded, image, forward)


def outputs(loaded: LoadedModel, image: ImageInput, paths: Iterable[str]) -> Outputs:
    """The same without the scores: the network runs no further than the last of `paths`.

    `INPUT` among them is the image as the network reads it, normalised.
    """
    paths = _known(loaded, paths)
    trace = traced(loaded)

    def end(path: str) -> tuple[int, int]:
        """The later the larger; a stage ends with its last layer, and is more than that."""
        return trace[trace.producer(path)].order, -path.count(".")

    last = max((path for path in paths if path != INPUT), key=end, default=INPUT)

    def forward(network: ResNet, input_tensor: Tensor) -> Outputs:
        with torch.inference_mode(), _keeping(network, input_tensor, paths) as kept:
            if last != INPUT:
                forward_until(network, input_tensor, last)
        return Outputs(tuple(Activation(path, maps_of(kept[path])) for path in paths))

    return run_forward(loaded, image, forward)


def predict(capture: Capture, class_names: Iterable[str], top: int = 5) -> Prediction:
    """The `top` most probable answers, best first, with the names that `Weights.answers` gives.

    Probabilities are the softmax over the scores; of one score its sigmoid, and 1 minus that for its
    complement, which is always named beside it.
    """
    scores = capture.logits.astype(np.float64)
    if len(scores) == 1:
        scores, top = np.array([scores[0], 0.0]), 2  # the softmax of a score and 0 is its sigmoid
    odds = np.exp(scores - scores.max())
    probabilities = odds / odds.sum()
    names = tuple(class_names)
    best = np.argsort(-probabilities, kind="stable")[:top]
    return Prediction(
        tuple(ClassScore(int(i), names[i], float(probabilities[i])) for i in best),
        capture.device,
        capture.seconds,
        capture.note,
    )


def _known(loaded: LoadedModel, paths: Iterable[str]) -> tuple[str, ...]:
    """Each path once; raises `PathError` for one that there is not."""
    trace = traced(loaded)
    return tuple(path if path == INPUT else trace[path].path for path in dict.fromkeys(paths))


@contextmanager
def _keeping(
    network: ResNet, input_tensor: Tensor, paths: Iterable[str]
) -> Iterator[dict[str, Tensor]]:
    """Collect what the modules at `paths` put out. Nothing is copied: none of ours writes in place."""
    kept = {INPUT: input_tensor}

    def keep(path: str, passage: ModuleIO) -> None:
        kept[path] = passage.output

    with forward_hooks(network, (path for path in paths if path != INPUT), keep):
        yield kept


def maps_of(output: Tensor) -> np.ndarray:
    """One image's output as (C, H, W) float32; a vector becomes (C, 1, 1)."""
    return finite(as_maps(output).float().cpu().numpy())
