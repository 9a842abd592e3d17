"""The residual decomposition: what a block adds to what it was given, He et al. 2015, section 3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from torch import Tensor

from resnet_viz.analysis.capture import Watch, capture
from resnet_viz.analysis.entries import Entry, at_step
from resnet_viz.analysis.forward import (
    ModuleIO,
    as_array,
    finite,
    forward_hooks,
    record_io,
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
    ratios: list[BlockRatio] = []
    capture(loaded, image, (), measuring_ratios(traced(loaded), ratios))
    return tuple(ratios)


def measuring_ratios(trace: Trace, ratios: list[BlockRatio]) -> Watch:
    """Fill `ratios` in a pass that this watches."""
    kinds = {block.path: trace.shortcut_kind(block.path) for block in trace.blocks()}
    blocks = {trace.parts(path).total: path for path, kind in kinds.items() if kind != "none"}

    def measure(path: str, passage: ModuleIO) -> None:  # at once: the maps need not be kept
        block = blocks[path]
        ratios.append(_ratio(block, kinds[block], *passage.inputs))

    @contextmanager
    def watch(network: ResNet) -> Iterator[None]:
        ratios.clear()
        with forward_hooks(network, blocks, measure):
            yield

    return watch


def _ratio(path: str, kind: str, branch: Tensor, shortcut: Tensor) -> BlockRatio:
    branch_norm, shortcut_norm = map(float, finite(np.array([norm(branch), norm(shortcut)])))
    product = branch_norm * shortcut_norm
    cosine = min(1.0, max(-1.0, dot(branch, shortcut) / product)) if product else None
    return BlockRatio(path, kind, branch_norm, shortcut_norm, cosine)
