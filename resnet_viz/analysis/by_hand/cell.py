"""The cell in question and the area around it, while its tensors are at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypedDict

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_viz.analysis.by_hand.records import Pair, Window
from resnet_viz.analysis.question import Passage, as_array, as_maps
from resnet_viz.analysis.records import LayerRecord

MOST_CELLS: Final = 64  # a side: of a larger map, the part around the cell


class Place(TypedDict):
    """What the records of all kinds of layers have in common."""

    path: str
    kind: str
    channel: int
    row: int
    column: int
    corner: Pair
    outputs: np.ndarray


class View(TypedDict):
    """What the records of all layers that move a window have in common besides."""

    window: Window
    input_size: Pair
    maps: np.ndarray


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
        rows, columns = self._area
        return Place(
            path=self.layer.path,
            kind=self.layer.kind,
            channel=channel,
            row=row,
            column=column,
            corner=(rows.start, columns.start),
            outputs=as_array(as_maps(self.passage.output)[channel, rows, columns]),
        )

    def view(self, maps: Tensor, window: Window, fill: float = 0.0) -> View:
        """What the area's windows cover of (K, H, W) maps."""
        height, width = maps.shape[1:]
        covered = as_array(self.covered(maps, window, fill))  # (K, h, w)
        return View(window=window, input_size=(height, width), maps=covered)

    def covered(self, maps: Tensor, window: Window, fill: float = 0.0) -> Tensor:
        """(K, h, w): all that the area's windows cover of (K, H, W) maps, `fill` as padding."""
        spans = []
        for axis, cells in enumerate(self._area):
            first = window.corner(cells.start, cells.start)[axis]
            last = window.corner(cells.stop - 1, cells.stop - 1)[axis] + window.size[axis]
            spans.append((first, last))
        (top, bottom), (left, right) = spans
        height, width = maps.shape[1:]
        padding = (
            max(0, -left),
            max(0, right - width),
            max(0, -top),
            max(0, bottom - height),
        )
        inside = maps[:, max(0, top) : bottom, max(0, left) : right]
        return F.pad(inside, padding, value=fill)

    @property
    def input_maps(self) -> Tensor:
        """(C, H, W): the first input."""
        return as_maps(self.passage.inputs[0])

    @property
    def window(self) -> Window:
        layer = self.layer
        return Window(layer.kernel or (1, 1), layer.stride or (1, 1), layer.padding or (0, 0))

    @property
    def _area(self) -> tuple[slice, slice]:
        """Rows and columns of the output that can be moved over; the cell is as central as can be."""
        height, width = as_maps(self.passage.output).shape[1:]
        _, row, column = self.at
        return _around(row, height), _around(column, width)


def _around(at: int, count: int) -> slice:
    start = min(max(0, at - MOST_CELLS // 2), max(0, count - MOST_CELLS))
    return slice(start, min(count, start + MOST_CELLS))
