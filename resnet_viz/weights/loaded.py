"""A network with its parameters in it: the one mutable thing, shared by everybody who asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Final, ParamSpec, TypeVar

import torch
from torch import Tensor, nn

from resnet_viz import jobs
from resnet_viz.budget import cores
from resnet_viz.images import Preprocessing
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.preparation import UNKNOWN, Preparation

P = ParamSpec("P")
T = TypeVar("T")

_LOOK_S: Final = 0.1  # between two looks at whether one who waits for a network is still wanted
# The gate: as many forward passes at once as there are cores, since more would only make everybody wait
# longer. Its threads live on, which torch rewards: in a thread of its own, as Streamlit gives every
# rerun, the same forward pass takes one and a half times as long.
_WORKERS: Final = ThreadPoolExecutor(cores(), thread_name_prefix="network")

FELL_BACK: Final = "The GPU ran out of memory, so this network now runs on the CPU."


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What there is to say of a file of one's own, which came without a card."""

    kinds: tuple[str, ...] = ()  # the types of its numbers: "float16"
    notes: tuple[str, ...] = ()  # what was taken, renamed and left out
    header: Preparation = UNKNOWN  # the preprocessing, as the file says it
    chosen: Preparation = UNKNOWN  # and as whoever looks at it has chosen

    @property
    def prepared(self) -> Preparation:
        """The preprocessing as far as it is known."""
        return self.header.merged(self.chosen)


@dataclass(frozen=True, slots=True)
class Weights:
    """Where a network's parameters come from, and all that is needed to use them well."""

    source: str  # key into SOURCES, with its option: "random:0"
    label: str  # what a page calls them
    trained: bool  # whether a prediction means anything
    note: str  # one sentence for the user
    preprocessing: Preprocessing
    labels: tuple[str, ...] = ()  # class names; empty where there are none
    samples: tuple[str, ...] = ()  # slugs of the sample images that suit them, the best first
    data: str = ""  # what was trained on
    licence: str = ""
    file: FileFacts | None = None  # for a file of one's own
    sha256: str = ""  # of the file, or the published beginning of it; empty where there is no file

    @property
    def key(self) -> str:
        """The source with the file's hash, for caches: another file under the same name is another."""
        return f"{self.source}#{self.sha256[:16]}" if self.sha256 else self.source

    def class_name(self, index: int) -> str:
        """The name of a class; its number where it has none."""
        return self.labels[index] if index < len(self.labels) else f"class {index}"

    def class_names(self, count: int) -> tuple[str, ...]:
        """The names of all classes of a network that has so many logits."""
        return tuple(self.class_name(index) for index in range(count))

    def answers(self, count: int) -> tuple[str, ...]:
        """What a network of so many logits can answer: a class; with one logit, its class or not."""
        if count > 1:
            return self.class_names(count)
        name = self.class_name(0)
        return name, self.labels[1] if len(self.labels) == 2 else f"not {name}"


@dataclass(slots=True, eq=False)
class LoadedModel:
    """A network ready to run: through `run`, which lets one caller in at a time."""

    config: ResNetConfig
    weights: Weights
    module: ResNet = field(repr=False)
    device: str
    note: str = ""  # what the user should know about the device
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def run(self, task: Callable[[ResNet], T]) -> T:
        """Call `task` with the network: hooks on it are nobody else's meanwhile."""
        # The lock first: who waits for a busy network keeps no worker from the others.
        while not self.lock.acquire(timeout=_LOOK_S):
            jobs.check()
        try:
            return at_work(task, self.module)
        finally:
            self.lock.release()

    def fall_back_to_cpu(self) -> None:
        """Move to the CPU for good, after the GPU's memory ran out. Call while asking."""
        self.module.to("cpu")
        self.device = "cpu"
        self.note = FELL_BACK
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def at_work(task: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Run a task on one of the process's workers and wait for it.

    A task must not call this again: with all workers waiting for workers nothing would move.
    """
    # In the caller's context, so that the task knows which job it is part of.
    called = partial(task, *arguments, **options)
    return _WORKERS.submit(copy_context().run, called).result()


@contextmanager
def stopping(network: nn.Module) -> Iterator[None]:
    """Stop between two layers when the job that this is part of is no longer wanted, also on the way back.

    Raises:
        Cancelled: it is no longer wanted.
    """

    def look(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        jobs.check()
        if output.requires_grad:
            output.register_hook(lambda _: jobs.check())  # type: ignore[no-untyped-call]

    handles = []
    try:
        if jobs.in_job():
            for module in network.modules():
                if next(module.children(), None) is None:
                    handles.append(module.register_forward_hook(look))
        yield
    finally:
        for handle in handles:
            handle.remove()
