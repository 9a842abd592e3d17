"""Run a network on an image: prepared, with forward hooks on layers, and no further than needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import OutOfMemoryError, Tensor, nn

from resnet_viz.analysis.double import dtype_of
from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.analysis.trace import trace
from resnet_viz.errors import PathError, WeightsError
from resnet_viz.images import ImageInput, to_tensor
from resnet_viz.model.resnet import ResNet
from resnet_viz.store import STORE
from resnet_viz.weights.loaded import LoadedModel, stopping

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ModuleIO:
    """What went into a module and what came out, the batch axis still in front."""

    inputs: tuple[Tensor, ...]
    output: Tensor


def traced(loaded: LoadedModel) -> Trace:
    """The rows of a loaded network at the size of the images that it is shown."""
    return trace(loaded.config, loaded.weights.preprocessing.crop)


def run_forward(
    loaded: LoadedModel, image: ImageInput, forward: Callable[[ResNet, Tensor], T]
) -> T:
    """Call `forward(network, image)`, the image (1, 3, H, W), while nobody else runs the network.

    When a GPU runs out of memory the network moves to the CPU, once and for all, and runs again. In a job
    that is no longer wanted it stops between two layers.
    """
    return run_batch(loaded, prepared(loaded, image), forward)


def prepared(loaded: LoadedModel, image: ImageInput) -> Tensor:
    """(1, 3, H, W) on the CPU: an image as the network reads it, made once for all questions.

    Its values are kept and nobody's to change; whether a gradient is wanted is up to whoever asks.
    """
    preparation = loaded.weights.preprocessing

    def make() -> Tensor:
        with torch.inference_mode(False):  # else nobody could differentiate it later
            return to_tensor(image, preparation)

    kept = STORE.kept(("input_tensor", image.sha256, preparation), make)
    return kept.detach().to(dtype_of(loaded.module))  # what is kept never gets a gradient


def run_batch(loaded: LoadedModel, inputs: Tensor, forward: Callable[[ResNet, Tensor], T]) -> T:
    """The same for images that are prepared already, (N, 3, H, W)."""

    def answer(network: ResNet) -> T:
        with stopping(network):
            try:
                return forward(network, inputs.to(loaded.device))
            except OutOfMemoryError:
                loaded.fall_back_to_cpu()
                return forward(network, inputs.to(loaded.device))

    return loaded.run(answer)


@contextmanager
def forward_hooks(
    network: nn.Module, paths: Iterable[str], note: Callable[[str, ModuleIO], None]
) -> Iterator[None]:
    """Call `note` whenever a module at `paths` has run; the hooks end with the block.

    For use inside `ask`, and with paths of the network's trace.
    """
    handles = []
    try:
        for path in paths:
            handles.append(
                network.get_submodule(path).register_forward_hook(
                    lambda _, inputs, output, p=path: note(p, ModuleIO(inputs, output))
                )
            )
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def record_io(network: nn.Module, paths: Iterable[str]) -> Iterator[dict[str, ModuleIO]]:
    """Keep what goes into and comes out of the modules at `paths`; nothing is copied."""
    seen: dict[str, ModuleIO] = {}
    with forward_hooks(network, paths, seen.__setitem__):
        yield seen


def forward_until(network: nn.Sequential, x: Tensor, path: str) -> None:
    """Run the network up to the layer or block at `path`, and no block further.

    A stage is entered and not called, so that its own hooks do not fire; those of blocks and layers do.
    """
    head, _, rest = path.partition(".")
    for name, part in network.named_children():
        if name == head and rest and isinstance(part, nn.Sequential):
            return forward_until(part, x, rest)
        x = part(x)
        if name == head:
            return None
    return None


def check_unit(layer: LayerRecord, channel: int, row: int, column: int) -> None:
    """Raise `PathError` for a cell that the output of a layer does not have."""
    channels, height, width = (*layer.output_shape, 1, 1)[:3]
    if not (0 <= channel < channels and 0 <= row < height and 0 <= column < width):
        raise PathError(
            f"{layer.path} has no cell at channel {channel}, row {row}, column {column}: its output "
            f"is {channels} × {height} × {width}, counted from 0."
        )


def as_maps(value: Tensor) -> Tensor:
    """One image's value without the batch axis: (C, H, W); a vector becomes (C, 1, 1)."""
    return value[0] if value.ndim == 4 else value.reshape(-1, 1, 1)


def as_array(tensor: Tensor) -> np.ndarray:
    """A read-only float32 copy, whatever becomes of the tensor; raises `WeightsError` as `finite` does."""
    values: np.ndarray = tensor.detach().float().cpu().numpy().copy()
    values.setflags(write=False)
    return finite(values)


def finite(values: np.ndarray) -> np.ndarray:
    """The same values; raises `WeightsError` when one of them is infinite or not a number."""
    if not np.isfinite(values).all():
        raise WeightsError(
            "With these weights the network computes numbers that are too large for float32, so there "
            "is nothing to show; a file of trained weights has parameters around 1."
        )
    return values
