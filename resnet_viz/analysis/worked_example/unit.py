"""The unit in question, the area around it, and what its layer read and put out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypedDict

import numpy as np
from torch import nn

from resnet_viz.analysis.records import LayerRecord
from resnet_viz.analysis.worked_example.records import Pair, Window

MOST_POSITIONS: Final = 64  # a side: of a larger map, the part around the unit


class Common(TypedDict):
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
class Unit:
    """One unit of a layer's output, with the module and the maps that it came from."""

    layer: LayerRecord
    module: nn.Module
    sources: tuple[str, ...]  # what the layer reads
    inputs: tuple[np.ndarray, ...]  # what those put out, (C, H, W) each
    output: np.ndarray  # (C, H, W)
    at: tuple[int, int, int]  # channel, row, column
    strongest: int  # how many input channels are shown one by one

    @property
    def channel(self) -> int:
        return self.at[0]

    @property
    def common(self) -> Common:
        channel, row, column = self.at
        rows, columns = self._area
        return Common(
            path=self.layer.path,
            kind=self.layer.kind,
            channel=channel,
            row=row,
            column=column,
            corner=(rows.start, columns.start),
            outputs=self.output[channel, rows, columns],
        )

    def view(self, maps: np.ndarray, window: Window, fill: float = 0.0) -> View:
        """What the area's windows cover of (K, H, W) maps."""
        height, width = maps.shape[1:]
        covered = self.covered(maps, window, fill)  # (K, h, w)
        return View(window=window, input_size=(height, width), maps=covered)

    def covered(self, maps: np.ndarray, window: Window, fill: float = 0.0) -> np.ndarray:
        """(K, h, w): all that the area's windows cover of (K, H, W) maps, `fill` as padding."""
        parts, padding = [slice(None)], [(0, 0)]
        for axis, (positions, side) in enumerate(zip(self._area, maps.shape[1:], strict=True)):
            first = window.corner(positions.start, positions.start)[axis]
            end = window.corner(positions.stop - 1, positions.stop - 1)[axis] + window.size[axis]
            parts.append(slice(max(0, first), end))
            padding.append((max(0, -first), max(0, end - side)))
        return np.pad(maps[tuple(parts)], padding, constant_values=fill)

    @property
    def window(self) -> Window:
        layer = self.layer
        return Window(layer.kernel or (1, 1), layer.stride or (1, 1), layer.padding or (0, 0))

    @property
    def _area(self) -> tuple[slice, slice]:
        """Rows and columns of the output that can be moved over; the unit is as central as can be."""
        height, width = self.output.shape[1:]
        _, row, column = self.at
        return _around(row, height), _around(column, width)


def _around(at: int, count: int) -> slice:
    start = min(max(0, at - MOST_POSITIONS // 2), max(0, count - MOST_POSITIONS))
    return slice(start, min(count, start + MOST_POSITIONS))
