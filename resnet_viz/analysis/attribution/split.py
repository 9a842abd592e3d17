"""The logit of a class, split: by channel, by position, and by branch and shortcut of each block.

Behind the last stage come a mean and a linear layer, so that the split is exact. Within the stage it
holds with the ReLUs' gates as they are for this image: what passes a gate passes unchanged.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from resnet_viz.analysis import price
from resnet_viz.analysis.attribution.records import ClassLogit
from resnet_viz.analysis.attribution.target import Target, best, class_logit, find_class, score
from resnet_viz.analysis.attribution.target_layer import last_stage
from resnet_viz.analysis.double import in_double
from resnet_viz.analysis.forward import ModuleIO, finite, prepared, record_io, run_batch, traced
from resnet_viz.analysis.parts import BYTES
from resnet_viz.analysis.receptive_field import Field
from resnet_viz.analysis.records import BlockParts, Trace
from resnet_viz.images import ImageInput
from resnet_viz.model.blocks import Add
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel

_WORKED: Final = 5  # arrays of the last stage's size that are held at once


@dataclass(frozen=True, slots=True, eq=False)
class BlockSplit:
    """What one block of the last stage gives to the logit, through the gates of those behind it.

    What comes by the shortcut is what all before the block give: `shortcut` of one block is `branch` and
    `shortcut` of the block before it together, unless a projection lies between.
    """

    path: str
    branch: np.ndarray = dataclasses.field(repr=False)  # (h, w): of F(x), by position
    shortcut: np.ndarray | None = dataclasses.field(
        repr=False
    )  # of x or its projection; None in a plain block

    @property
    def branch_total(self) -> float:
        return float(self.branch.sum())

    @property
    def shortcut_total(self) -> float:
        """0 in a plain block."""
        return 0.0 if self.shortcut is None else float(self.shortcut.sum())


@dataclass(frozen=True, slots=True, eq=False)
class LogitSplit:
    """What the logit of a class is made of; each split and the bias add up to it."""

    target: ClassLogit
    layer: str  # the last stage
    bias: float
    channels: np.ndarray = dataclasses.field(repr=False)  # (C,) float64: w_k · mean of A_k
    positions: np.ndarray = dataclasses.field(repr=False)  # (h, w) float64: Σ_k w_k A_k / (h · w)
    blocks: tuple[BlockSplit, ...]  # of the last stage, in order; of a plain stage its last one
    field: Field  # where the positions lie, as in `Heatmap`
    input_size: int

    @property
    def gap(self) -> float:
        """What the positions and the bias miss of the logit: rounding of the network's own sums."""
        return float(self.positions.sum()) + self.bias - self.target.logit

    @property
    def strongest(self) -> tuple[int, ...]:
        """The channels, those first that give most, for or against the class."""
        return tuple(map(int, np.argsort(-np.abs(self.channels), kind="stable")))


def split_logit(
    loaded: LoadedModel, image: ImageInput, target: Target = None, *, precise: bool = False
) -> LogitSplit:
    """Split the logit of a class, by default of the most probable one. One forward pass.

    The splits are worked out in float64 from what the network computed, in float32 or, if `precise`, in
    float64 too.

    Raises:
        ClassError: the network has no such class.
        ConfigError: it would take too much.
        WeightsError: the network computes numbers that are not finite.
    """
    trace, answers = traced(loaded), loaded.weights.answers(loaded.config.num_classes)
    index = find_class(answers, target)
    stage = last_stage(trace)
    blocks = tuple(block.path for block in trace.blocks(stage))
    paths = _split_paths(trace)
    found = price_of_split(trace)
    price.check(trace.config, trace.input_size, price.in_float64(found) if precise else found)
    asked = in_double(loaded) if precise else loaded
    input_tensor = prepared(asked, image)

    def forward(network: ResNet, inputs: Tensor) -> LogitSplit:
        with torch.inference_mode(), record_io(network, [*paths, trace.classifier.path]) as seen:
            logits = network(inputs)[0]
            known = best(logits) if index is None else index
            record = class_logit(finite(logits.cpu().numpy()), known, answers)
            return _split(network, trace, seen, blocks, record)

    return run_batch(asked, input_tensor, forward)


def price_of_split(trace: Trace) -> price.Price:
    """One forward pass, what is kept of the last stage's blocks, and what is worked out of it in float64."""
    found = price.price_of_outputs(trace, _split_paths(trace))
    worked = _WORKED * 2 * BYTES * trace.stages()[-1].activations
    return dataclasses.replace(found, kept=found.kept + worked)


def _split_paths(trace: Trace) -> list[str]:
    """The modules of the last stage that are looked at."""
    blocks = (block.path for block in trace.blocks(last_stage(trace)))
    return [path for block in blocks for path in _watched(trace.parts(block))]


def _split(
    network: ResNet,
    trace: Trace,
    seen: dict[str, ModuleIO],
    blocks: tuple[str, ...],
    target: ClassLogit,
) -> LogitSplit:
    """All splits from one forward pass."""
    classifier = network.get_submodule(trace.classifier.path)
    weight, bias = (classifier.get_parameter(name).detach() for name in ("weight", "bias"))
    row = score(weight.double().T, target.index)  # (C,)
    output = _end(seen, trace.parts(blocks[-1]))
    given = row[:, None, None] * output / output[0].numel()  # (C, h, w)
    return LogitSplit(
        target,
        last_stage(trace),
        float(score(bias[None].double(), target.index)),
        channels=_array(given.sum(dim=(1, 2))),
        positions=_array(given.sum(dim=0)),
        blocks=_blocks(network, trace, seen, blocks, row / output[0].numel()),
        field=trace[blocks[-1]].field,
        input_size=trace.input_size,
    )


def _blocks(
    network: ResNet,
    trace: Trace,
    seen: dict[str, ModuleIO],
    blocks: tuple[str, ...],
    row: Tensor,
) -> tuple[BlockSplit, ...]:
    """From the last block back to the first, as far as shortcuts lead."""
    splits: list[BlockSplit] = []
    slope = row[:, None, None]  # (C, h, w) after the first gate: what a unit of a value gives
    for path in reversed(blocks):
        parts = trace.parts(path)
        if parts.activation:
            slope = slope * (seen[parts.activation].inputs[0][0] > 0)
        if not parts.total:
            alone = seen[parts.branch[-1]].output[0].double()
            splits.append(BlockSplit(path, _array((slope * alone).sum(dim=0)), None))
            break  # what comes before reaches the logit through the branch alone
        add = network.get_submodule(parts.total)
        assert isinstance(add, Add)
        terms = add.terms(*seen[parts.total].inputs)
        branch, shortcut = (_array((slope * each[0].double()).sum(dim=0)) for each in terms)
        splits.append(BlockSplit(path, branch, shortcut))
        slope = slope * add.terms(torch.zeros(()), torch.ones(()))[1].to(slope)  # 0 where it is cut
    return tuple(reversed(splits))


def _watched(parts: BlockParts) -> tuple[str, ...]:
    """The modules of a block that are looked at."""
    return tuple(path for path in (parts.branch[-1], parts.total, parts.activation) if path)


def _end(seen: dict[str, ModuleIO], parts: BlockParts) -> Tensor:
    """(C, h, w) float64: what a block puts out."""
    return seen[_watched(parts)[-1]].output[0].double()


def _array(tensor: Tensor) -> np.ndarray:
    values: np.ndarray = tensor.detach().cpu().numpy()
    values.setflags(write=False)
    return finite(values)
