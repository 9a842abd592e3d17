"""The cell in question, while its tensors are at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from torch import Tensor, nn

from resnet_viz.analysis.question import Passage, as_array, as_maps
from resnet_viz.analysis.records import LayerRecord


class Place(TypedDict):
    """What the records of all kinds of layers have in common."""

    path: str
    kind: str
    channel: int
    row: int
    column: int
    value: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a layer's output, with the module and the tensors that it came from."""

    layer: LayerRecord
    module: nn.Module
    passage: Passage
    at: tuple[int, int, int]  # channel, row, column
    strongest: int  # how many input channels are shown one by one
    sources: tuple[str, ...]  # what the layer reads, in the order of its inputs

    @property
    def channel(self) -> int:
        return self.at[0]

    @property
    def place(self) -> Place:
        channel, row, column = self.at
        return Place(
            path=self.layer.path,
            kind=self.layer.kind,
            channel=channel,
            row=row,
            column=column,
            value=float(as_maps(self.passage.output)[self.at]),
        )

    def input(self, index: int = 0) -> float:
        """The value at the same place of an input, for layers that work place by place."""
        return float(as_maps(self.passage.inputs[index])[self.at])

    @property
    def input_maps(self) -> Tensor:
        """(C, H, W): the first input."""
        return as_maps(self.passage.inputs[0])

    def corner(self) -> tuple[int, int]:
        """Row and column of the window's first position in the input; negative inside the padding."""
        stride, padding = self.layer.stride or (1, 1), self.layer.padding or (0, 0)
        return self.at[1] * stride[0] - padding[0], self.at[2] * stride[1] - padding[1]

    def window(self, channels: range, fill: float) -> tuple[np.ndarray, np.ndarray]:
        """What the window covers, (C, kh, kw) with `fill` as padding, and where that is, (kh, kw)."""
        (top, left), (height, width) = self.corner(), self.layer.kernel or (1, 1)
        maps = self.input_maps[channels.start : channels.stop]  # (C, H, W)
        rows = slice(max(top, 0), min(top + height, maps.shape[1]))
        columns = slice(max(left, 0), min(left + width, maps.shape[2]))
        inside = (
            slice(rows.start - top, rows.stop - top),
            slice(columns.start - left, columns.stop - left),
        )
        values = np.full((len(channels), height, width), fill, np.float32)
        values[:, *inside] = as_array(maps[:, rows, columns])
        padded = np.ones((height, width), bool)
        padded[inside] = False
        return values, padded
