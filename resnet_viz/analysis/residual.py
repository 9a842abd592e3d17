"""The residual decomposition: what a block adds to what it was given, He et al. 2015, section 3."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from resnet_viz.analysis.entries import Entry, at_step
from resnet_viz.analysis.forward import (
    ModuleIO,
    as_array,
    finite,
    forward_hooks,
    record_io,
    run_forward,
    traced,
)
from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.analysis.residual_records import BlockRatio, BlockView
from resnet_viz.analysis.sums import dot, norm
from resnet_viz.errors import PathError
from resnet_viz.images import ImageInput
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel


def check_block(trace: Trace, path: str) -> LayerRecord:
    """The row of a block; raises `PathError` for anything else."""
    row = trace[path]
    if not row.is_block:
        blocks = trace.blocks()
        raise PathError(
            f"{path} is a {row.kind} and no block; the blocks are {blocks[0].path} to "
            f"{blocks[-1].path}."
        )
    return row


def block_view(
    loaded: LoadedModel, image: ImageInput, path: str, known: Entry | None = None
) -> BlockView:
    """Look at one block while an image goes through; raises `PathError` when `path` is no block.

    The network begins with `known`, the entry of the block or of a step before it, else with the image.
    """
    trace = traced(loaded)
    kind = trace.shortcut_kind(check_block(trace, path).path)
    parts = trace.parts(path)
    add, last = parts.total, parts.activation
    watched = tuple(each for each in (path, last, add) if each)

    def forward(network: ResNet, value: Tensor) -> BlockView:
        with record_io(network, watched) as seen:
            network.get_submodule(path)(value)
            total = seen[last].inputs[0] if last else seen[path].output
            branch, shortcut = seen[add].inputs if add in seen else (total, None)
            return BlockView(
                path,
                kind,
                trace.activation_kind(path),
                input=as_array(seen[path].inputs[0][0]),
                branch=as_array(branch[0]),
                shortcut=None if shortcut is None else as_array(shortcut[0]),
                total=as_array(total[0]),
                output=as_array(seen[path].output[0]),
            )

    return at_step(loaded, image, path, forward, known)


def residual_ratios(loaded: LoadedModel, image: ImageInput) -> tuple[BlockRatio, ...]:
    """For every block, in order, how F(x) compares with x; empty for a plain network. One forward."""
    meter = RatioMeter(traced(loaded))

    def forward(network: ResNet, input_tensor: Tensor) -> None:
        with torch.inference_mode(), meter.watch(network):
            network(input_tensor)

    run_forward(loaded, image, forward)
    return tuple(meter.ratios)


class RatioMeter:
    """Measures the ratio of every block of a network in a pass that it watches."""

    def __init__(self, trace: Trace) -> None:
        self.ratios: list[BlockRatio] = []  # in order
        self.seconds = 0.0  # that measuring took
        self._kinds = {block.path: trace.shortcut_kind(block.path) for block in trace.blocks()}
        self._blocks = {
            trace.parts(path).total: path for path, kind in self._kinds.items() if kind != "none"
        }

    @contextmanager
    def watch(self, network: ResNet) -> Iterator[None]:
        """Measure while the network runs; a pass that is repeated is measured anew."""
        self.ratios.clear()
        self.seconds = 0.0
        with forward_hooks(network, self._blocks, self._measure):
            yield

    def _measure(self, path: str, passage: ModuleIO) -> None:
        """At once, so that the maps need not be kept."""
        start, block = time.perf_counter(), self._blocks[path]
        self.ratios.append(_ratio(block, self._kinds[block], *passage.inputs))
        self.seconds += time.perf_counter() - start


def _ratio(path: str, kind: str, branch: Tensor, shortcut: Tensor) -> BlockRatio:
    branch_norm, shortcut_norm = map(float, finite(np.array([norm(branch), norm(shortcut)])))
    product = branch_norm * shortcut_norm
    cosine = min(1.0, max(-1.0, dot(branch, shortcut) / product)) if product else None
    return BlockRatio(path, kind, branch_norm, shortcut_norm, cosine)
