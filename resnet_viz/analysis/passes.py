"""One pass of an image for many questions: what is kept of it answers those that follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Final

from resnet_viz.analysis import capture as captures
from resnet_viz.analysis.capture import Watch, maps_of
from resnet_viz.analysis.entries import Entry, outputs_in_step, steps_of, steps_until
from resnet_viz.analysis.forward import ModuleIO, forward_hooks, traced
from resnet_viz.analysis.records import INPUT, Activation, Capture, Trace
from resnet_viz.images import ImageInput
from resnet_viz.model.resnet import ResNet
from resnet_viz.model.roles import Role
from resnet_viz.weights.loaded import LoadedModel

_MOST_BYTES: Final = (
    4_000_000  # of one entry that is kept; at 224 pixels ResNet-152 has none larger
)
_MOST_STEPS: Final = 2  # that are run again for one question


@dataclass(frozen=True, slots=True)
class Pass:
    """What is kept of an image's way through a network."""

    scores: Capture  # of no layer
    entries: tuple[Entry, ...]  # of each stage's first block, and of the head's first layer

    def without(self, seconds: float) -> Pass:
        """The same, of whose time some went to something else."""
        own = replace(self.scores, seconds=self.scores.seconds - seconds)
        return replace(self, scores=own)

    def nearest(self, steps: Iterable[str]) -> Entry | None:
        """The last entry of some steps, which are given in order."""
        known = {entry.step: entry for entry in self.entries}
        return next((known[step] for step in reversed(tuple(steps)) if step in known), None)


def whole_pass(
    loaded: LoadedModel,
    image: ImageInput,
    paths: Iterable[str] = (),
    watch: Watch = nullcontext,
) -> tuple[Capture, Pass]:
    """What `capture.capture` finds, with the same arguments, and what is to be kept of the pass."""
    entries: dict[str, Entry] = {}

    def enter(step: str, passage: ModuleIO) -> None:
        value = passage.inputs[0]
        if value.nbytes <= _MOST_BYTES:
            entries[step] = Entry(step, value.cpu())

    @contextmanager
    def entering(network: ResNet) -> Iterator[None]:
        entries.clear()
        with forward_hooks(network, _starts(traced(loaded)), enter), watch(network):
            yield

    found = captures.capture(loaded, image, paths, entering)
    return found, Pass(replace(found, activations=()), tuple(entries.values()))


def capture_after(
    loaded: LoadedModel, image: ImageInput, kept: Pass, paths: Iterable[str]
) -> Capture | None:
    """What `capture.capture` finds, from what a pass left; nothing where another pass is as good."""
    trace = traced(loaded)
    steps = steps_of(trace)
    # What a step puts out is what the next one reads.
    ends = {trace.producer(step): after for step, after in pairwise(steps)}
    known = {entry.step: entry for entry in kept.entries}
    asked = tuple(dict.fromkeys(paths))
    if INPUT in asked:
        return None
    here = {path: known.get(ends.get(trace.producer(path), "")) for path in asked}
    before = {path: steps_until(trace, (path,)) for path, entry in here.items() if not entry}
    if len(before) > _MOST_STEPS or not all(map(partial(_is_near, kept, trace), before.values())):
        return None
    values: dict[str, Activation] = {}
    for path, entry in here.items():
        if entry:
            values[path] = Activation(path, maps_of(entry.value))
        else:
            outputs, _ = outputs_in_step(loaded, image, (path,), kept.nearest(before[path]))
            values[path] = outputs[path]
    return replace(kept.scores, activations=tuple(values[path] for path in asked))


def _is_near(kept: Pass, trace: Trace, steps: Sequence[str]) -> bool:
    """Whether the last of some steps is reached from an entry that is kept, or lies in the stem."""
    return bool(steps) and (bool(kept.nearest(steps)) or not set(_starts(trace)) & set(steps))


def _starts(trace: Trace) -> tuple[str, ...]:
    """The first block of each stage, and what comes after the last stage."""
    stages = [trace.children(top.path) for top in trace.top() if top.role is Role.STAGE]
    steps = steps_of(trace)
    head = steps[steps.index(stages[-1][-1].path) + 1]
    return (*(blocks[0].path for blocks in stages), head)
