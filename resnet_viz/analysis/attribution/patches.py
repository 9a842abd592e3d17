"""The logit with one square of the image covered, for many squares: only what a square reaches runs anew.

A square changes early maps only where their receptive fields meet it. So the beginning of the network runs on
a crop about the square, what comes out is laid into the maps of the whole image, and the rest of the network
runs on those. Every sum is the one that the whole image would give: nothing is approximated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from resnet_viz.analysis.attribution.passes import Passes
from resnet_viz.analysis.attribution.target import score
from resnet_viz.analysis.price import MACS_A_VALUE
from resnet_viz.analysis.receptive_field import Field
from resnet_viz.analysis.records import LayerRecord, Trace
from resnet_viz.model.resnet import ResNet

Box = tuple[int, int, int, int]  # left, top, right, bottom on the network's input, pixels
_Span = tuple[int, int, int]  # first pixel of a crop; first and last position that a square changes


@dataclass(frozen=True, slots=True)
class Cut:
    """Up to where the network runs on crops, and how large these are."""

    path: str  # the last step that does
    field: Field  # of its outputs
    positions: int  # rows of its maps
    crop: int  # side, pixels


def find_cut(trace: Trace, patch: int) -> Cut | None:
    """The cut that saves most for squares of that side; None where none saves anything."""
    side, before = trace.input_size, 0
    total = sum(map(_work, trace.leaves()))
    best, least = None, float(total)
    for row in trace.leaves():
        before += _work(row)
        step = trace[row.parent] if row.parent and trace[row.parent].is_block else row
        if step.path != row.path and trace.producer(step.path) != row.path:
            continue  # in the middle of a block
        if len(step.output_shape) != 3 or step.output_shape[1] == 1:
            break
        crop = _crop(step.field, patch, side)
        # The maps that crops are laid into are written once more.
        work = before * (crop / side) ** 2 + MACS_A_VALUE * step.activations + total - before
        if work < least:
            best, least = Cut(step.path, step.field, step.output_shape[1], crop), work
    return best


def _work(row: LayerRecord) -> int:
    """Multiply-adds, and those that writing its values would take."""
    return row.macs + MACS_A_VALUE * row.activations


class PatchScores:
    """The logit of a class with squares covered, one at a time; of a network of ours on crops."""

    def __init__(self, passes: Passes, fill: Tensor, patch: int) -> None:
        self._passes, self._fill = passes, fill  # (1, 3, 1, 1)
        self._cut = find_cut(passes.trace, patch) if passes.trace else None
        self._whole: Tensor | None = None  # (1, C, h, w): the maps at the cut of the whole image

    def __call__(self, boxes: list[Box]) -> Tensor:
        """(N,): one logit for each square."""
        cut = self._cut
        if cut is None:
            return self._passes.scores(self._covered(boxes))
        spans = [
            tuple(_span(cut, *ends, self._passes.side) for ends in _axes(box)) for box in boxes
        ]
        covered = self._covered(boxes)
        crops = torch.stack(
            [
                each[:, y[0] : y[0] + cut.crop, x[0] : x[0] + cut.crop]
                for each, (x, y) in zip(covered, spans, strict=True)
            ]
        )

        def forward(network: ResNet, batch: Tensor) -> Tensor:
            with torch.inference_mode():
                if self._whole is None or self._whole.device != batch.device:
                    self._whole = _until(
                        network, cut.path, self._passes.input_tensor.to(batch.device)
                    )
                made = _until(network, cut.path, batch)  # (N, C, crop's h, crop's w)
                order = torch.channels_last if made.stride(1) == 1 else torch.contiguous_format
                maps = self._whole.expand(len(made), -1, -1, -1).clone(memory_format=order)
                for own, one, (x, y) in zip(maps, made, spans, strict=True):
                    _lay(own, one, cut.field.jump, x, y)
                return score(_after(network, cut.path, maps), self._passes.index).cpu()

        found = self._passes.run(crops, forward)
        self._passes.report(len(boxes))
        return found

    def _covered(self, boxes: list[Box]) -> Tensor:
        """(N, 3, H, W): one copy of the image for each box, with the box filled."""
        copies = self._passes.input_tensor.repeat(len(boxes), 1, 1, 1)
        for copy, (left, top, right, bottom) in zip(copies, boxes, strict=True):
            copy[:, top:bottom, left:right] = self._fill[0]
        return copies


def _lay(maps: Tensor, made: Tensor, jump: int, x: _Span, y: _Span) -> None:
    """Put what a crop gave, (C, h, w), into the maps of the whole image where the square changes them."""
    (left, first, last), (top, upper, lower) = x, y
    rows = slice(upper - top // jump, lower + 1 - top // jump)
    columns = slice(first - left // jump, last + 1 - left // jump)
    maps[:, upper : lower + 1, first : last + 1] = made[:, rows, columns]


def _axes(box: Box) -> Iterator[tuple[int, int]]:
    """First pixel and the one after the last, from left to right and from top to bottom."""
    left, top, right, bottom = box
    yield left, right
    yield top, bottom


def _span(cut: Cut, first: int, end: int, side: int) -> _Span:
    """Along one axis: where the crop of a square begins, and which positions the square changes."""
    field, half = cut.field, (cut.field.size - 1) / 2
    low = max(0, math.ceil((first - field.start - half) / field.jump))
    high = min(cut.positions - 1, math.floor((end - 1 - field.start + half) / field.jump))
    seen = max(0, math.floor(field.start + low * field.jump - half))  # first pixel that they read
    # On the grid of positions, and within the image, whose border then is the crop's own.
    return min(seen // field.jump * field.jump, side - cut.crop), low, high


def _crop(field: Field, patch: int, side: int) -> int:
    """The side of a crop that holds all that the positions read which a square changes."""
    needed = patch + 2 * (field.size - 1) + field.jump - 1
    return min(side, needed + (side - needed) % field.jump)


def _until(network: ResNet, path: str, inputs: Tensor) -> Tensor:
    for name, step in network.steps():
        inputs = step(inputs)
        if name == path:
            break
    return inputs


def _after(network: ResNet, path: str, maps: Tensor) -> Tensor:
    behind = False
    for name, step in network.steps():
        maps = step(maps) if behind else maps
        behind = behind or name == path
    return maps
