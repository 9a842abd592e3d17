"""Go on from what a block has read, instead of running everything before it once more.

A step of a network is a block, or a layer of stem or head; its entry is what it reads of one image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import Tensor

from resnet_viz.analysis.capture import maps_of
from resnet_viz.analysis.forward import record_io, run_batch, run_forward, traced
from resnet_viz.analysis.records import Activation, Outputs, Trace
from resnet_viz.images import ImageInput
from resnet_viz.model.resnet import ResNet
from resnet_viz.model.roles import Role
from resnet_viz.weights.loaded import LoadedModel

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a step read of one image."""

    step: str
    value: Tensor = field(repr=False)  # (1, C, H, W), or (1, C) in the head; nobody changes it


def steps_until(trace: Trace, paths: Iterable[str]) -> tuple[str, ...]:
    """All steps up to the one that holds `paths`, some of which may be what that step reads.

    None where `paths` lie in several steps or in the first, and where a stage or the image is among them.
    """
    steps = steps_of(trace)
    places = {path: _place(steps, path) for path in paths}
    last = max(places.values(), default=0)
    if last == 0 or min(places.values()) < 0:
        return ()
    outside = {path for path, place in places.items() if place != last}
    return steps[: last + 1] if outside <= _names(trace, steps[last - 1]) else ()


def outputs_in_step(
    loaded: LoadedModel, image: ImageInput, paths: Sequence[str], known: Entry | None = None
) -> tuple[Outputs, Entry]:
    """What `paths` put out, for which `steps_until` gives steps; and what the last of those reads.

    The network begins with `known`, the entry of any of those steps, else with the image.
    """
    trace = traced(loaded)
    steps = steps_until(trace, paths)
    read = _names(trace, steps[-2])
    inside = [path for path in paths if path not in read]

    def forward(network: ResNet, value: Tensor) -> tuple[Outputs, Entry]:
        with record_io(network, inside) as seen:
            if inside:
                network.get_submodule(steps[-1])(value)
        kept = {path: seen[path].output if path in seen else value for path in paths}
        found = Outputs(tuple(Activation(path, maps_of(kept[path])) for path in paths))
        return found, Entry(steps[-1], value.cpu())

    return at_step(loaded, image, steps[-1], forward, known)


def at_step(
    loaded: LoadedModel,
    image: ImageInput,
    step: str,
    forward: Callable[[ResNet, Tensor], T],
    known: Entry | None = None,
) -> T:
    """Call `forward` with the network and what a step of it reads.

    The network begins with `known`, the entry of that step or of one before it, else with the image.
    """
    steps = steps_of(traced(loaded))
    between = steps[steps.index(known.step) if known else 0 : steps.index(step)]

    def go_on(network: ResNet, value: Tensor) -> T:
        with torch.inference_mode():
            for each in between:
                value = network.get_submodule(each)(value)
            return forward(network, value)

    if known is None:
        return run_forward(loaded, image, go_on)
    return run_batch(loaded, known.value, go_on)


def steps_of(trace: Trace) -> tuple[str, ...]:
    """All steps, in the order in which they run."""
    return tuple(
        row.path
        for top in trace.top()
        for row in (trace.children(top.path) if top.role is Role.STAGE else (top,))
    )


def _place(steps: Sequence[str], path: str) -> int:
    """The number of the step that a path is or lies in; -1 for a stage and for the image."""
    return next((n for n, step in enumerate(steps) if f"{path}.".startswith(f"{step}.")), -1)


def _names(trace: Trace, step: str) -> set[str]:
    """The step itself and the layer in it whose output is the step's."""
    return {step, trace.producer(step)}
