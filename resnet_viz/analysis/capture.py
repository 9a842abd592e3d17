"""One question to a network: run a picture through it and keep what the asked layers put out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.analysis.records import Activation, Capture, ClassScore, Prediction, Trace
from resnet_viz.errors import ConfigError, PathError
from resnet_viz.images import ImageInput, to_tensor
from resnet_viz.weights.loaded import LoadedModel

MAX_PARAMS: Final = 400_000_000  # 1.6 GB; a shared machine must hold several networks
MAX_MACS: Final = 400_000_000_000  # ResNet-152 at 1,024 pixels has 241 G: some ten seconds


def check_runnable(trace: Trace) -> None:
    """Raise `ConfigError` when a network is too large to run here; looking at it costs nothing."""
    if trace.params > MAX_PARAMS:
        raise ConfigError(
            f"This network has {trace.params:,} parameters and at most {MAX_PARAMS:,} can be run "
            "here; its layers, diagram and costs are there all the same."
        )
    if trace.macs > MAX_MACS:
        raise ConfigError(
            f"One picture would take {trace.macs / 1e9:,.0f} G multiply-adds and at most "
            f"{MAX_MACS / 1e9:,.0f} G can be run here; choose a smaller input size."
        )


def capture(loaded: LoadedModel, image: ImageInput, paths: Iterable[str] = ()) -> Capture:
    """Run `image` through the network once; keep the outputs of the layers, blocks or stages asked for.

    When a GPU runs out of memory the network moves to the CPU, once and for all, and the note says so.
    Raises `PathError` for a path that the network does not have.
    """
    paths = tuple(dict.fromkeys(paths))
    picture = to_tensor(image, loaded.weights.preprocessing)  # (1, 3, H, W)

    def question(network: nn.Module) -> Capture:
        start = time.perf_counter()
        try:
            seen, logits = _run(network, picture.to(loaded.device), paths)
        except torch.OutOfMemoryError:
            loaded.fall_back_to_cpu()
            seen, logits = _run(network, picture, paths)
        seconds = time.perf_counter() - start
        activations = tuple(Activation(path, seen[path]) for path in paths)
        return Capture(activations, logits, loaded.device, seconds, loaded.note)

    return loaded.ask(question)


@contextmanager
def recording(network: nn.Module, paths: Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """Collect the outputs of the modules at `paths` while the network runs; hooks end with the block.

    For use inside `LoadedModel.ask`, which keeps others out. Outputs are not cloned: no module of
    ours writes in place.
    """
    seen: dict[str, Tensor] = {}
    handles = []
    try:
        for path in paths:
            module = _module(network, path)
            handles.append(
                module.register_forward_hook(lambda _, __, out, p=path: seen.__setitem__(p, out))
            )
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def predict(capture: Capture, class_names: Iterable[str], top: int = 5) -> Prediction:
    """The `top` most probable classes (softmax over the scores), best first."""
    scores = capture.logits.astype(np.float64)
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


def _run(
    network: nn.Module, picture: Tensor, paths: tuple[str, ...]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    with torch.inference_mode(), recording(network, paths) as seen:
        logits = network(picture)  # (1, num_classes)
    return {path: _as_maps(seen[path]) for path in paths}, logits[0].float().cpu().numpy()


def _as_maps(output: Tensor) -> np.ndarray:
    """One picture's output as (C, H, W) float32; a vector becomes (C, 1, 1)."""
    values = output[0].float().cpu().numpy()
    return values.reshape(values.shape if values.ndim == 3 else (-1, 1, 1))


def _module(network: nn.Module, path: str) -> nn.Module:
    try:
        return network.get_submodule(path)
    except AttributeError:
        raise PathError(f"This network has no layer “{path[:60]}”.") from None
