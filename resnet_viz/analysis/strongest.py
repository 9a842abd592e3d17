"""Which images activate a channel most: the strongest position of every channel over many images.

Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", figure 2, show the patches
of the nine strongest activations in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from resnet_viz.analysis import price
from resnet_viz.analysis.forward import (
    ModuleIO,
    as_array,
    forward_hooks,
    forward_until,
    run_batch,
    traced,
)
from resnet_viz.analysis.image_collections import ImageCollection
from resnet_viz.analysis.network_job import NetworkJob, turns
from resnet_viz.analysis.records import Trace
from resnet_viz.errors import ImageError
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.loaded import LoadedModel

KEPT: Final = 12  # images for each channel
IMAGES: Final = 3_000  # that are looked through, at most
_PIXELS: Final = (
    200_000_000  # of all images together: rendering a large one takes longer than its pass
)
_BATCH: Final = 50
_MEMORY: Final = 100_000_000  # bytes of a batch on its way, as long as one image needs less

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Peak:
    """The strongest position of a channel in one image."""

    number: int  # of the image in its source
    value: float
    row: int
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class StrongestImages:
    """For every channel of a layer the images with its highest values, the highest first.

    Attributes:
        path: of the layer, block or stage.
        images: how many were looked through.
        unreadable: how many files more could not be read.
        columns: width of the layer's maps.
        values: (C, KEPT) float32, the highest value of the channel in each image.
        numbers: (C, KEPT) int64, the images; −1 where there were fewer.
        positions: (C, KEPT) int64, row · columns + column of that value, the first of equal ones.
    """

    path: str
    images: int
    unreadable: int
    columns: int
    values: Floats = field(repr=False)
    numbers: Integers = field(repr=False)
    positions: Integers = field(repr=False)

    def of(self, channel: int) -> tuple[Peak, ...]:
        """The channel's images; without those in which it is zero everywhere."""
        found = zip(
            self.numbers[channel].tolist(),
            self.values[channel].tolist(),
            self.positions[channel].tolist(),
            strict=True,
        )
        return tuple(
            Peak(number, value, *divmod(position, self.columns))
            for number, value, position in found
            if number >= 0 and value != 0
        )


class StrongestJob(NetworkJob[StrongestImages]):
    """A search through many images for all channels of a layer at once; progress is in images."""

    name = "strongest images"
    subject = "The search"
    counted = "images"

    def __init__(self, loaded: LoadedModel, source: ImageCollection, path: str) -> None:
        super().__init__("Opening images …")
        self._loaded, self._source, self._path = loaded, source, path

    def work(self) -> tuple[StrongestImages, str]:
        """Look through the images, batch after batch, each in its turn.

        Raises:
            ImageError: none of them can be read.
            WeightsError: the network computes numbers that are too large.
        """
        trace, preparation = traced(self._loaded), self._loaded.weights.preprocessing
        count = affordable(trace, self._path, len(self._source))
        size, memory = _batch(trace, self._path)
        turn = turns(memory)
        best = _Best(trace[self._path].output_shape[0])
        for start in range(0, count, size):
            numbers = range(start, min(start + size, count))
            with turn():
                images, read = self._source.batch(numbers, preparation)
                if read:
                    found = run_batch(self._loaded, images, self._peaks)
                    best.add(*found, np.array(read, np.int64))
            self.count(numbers.stop, count)
        if not best.images:
            raise ImageError("None of the images in the folder can be read.")
        shape = trace[self._path].output_shape
        found_all = StrongestImages(
            self._path,
            best.images,
            count - best.images,
            shape[2] if len(shape) == 3 else 1,
            *best.arrays(),
        )
        return found_all, f"{best.images:,} images were looked through."

    def _peaks(self, network: ResNet, images: Tensor) -> tuple[Floats, Integers]:
        return peaks(network, images, self._path)


def affordable(trace: Trace, path: str, images: int) -> int:
    """How many of so many images are looked through: as long as others need not wait too long."""
    rendered = _PIXELS // trace.input_size**2
    return min(images, IMAGES, rendered, price.most_passes(price.price_until(trace, path)))


@torch.inference_mode()
def peaks(network: ResNet, images: Tensor, path: str) -> tuple[Floats, Integers]:
    """The highest value of every channel in each image, and where it stands.

    Only these are kept of a map, however large it is.

    Args:
        network: in evaluation mode.
        images: (N, 3, H, W), normalised.
        path: of a layer, block or stage with outputs (N, C, H, W) or (N, C).

    Returns:
        Values and positions, (N, C) each; a position counts row by row.
    """
    kept: list[tuple[Tensor, Tensor]] = []

    def note(_: str, passage: ModuleIO) -> None:
        rows = passage.output.flatten(2) if passage.output.ndim > 2 else passage.output[..., None]
        positions = rows.argmax(dim=2, keepdim=True)  # (N, C, 1)
        kept.append((rows.gather(2, positions)[..., 0], positions[..., 0]))

    with forward_hooks(network, [path], note):
        forward_until(network, images, path)
    ((values, positions),) = kept
    return as_array(values), positions.cpu().numpy()


class _Best:
    """The highest values so far, by channel."""

    def __init__(self, channels: int) -> None:
        self.images = 0
        self._values = np.full((channels, KEPT), -np.inf, np.float32)
        self._numbers = np.full((channels, KEPT), -1, np.int64)
        self._positions = np.zeros((channels, KEPT), np.int64)

    def add(self, values: Floats, positions: Integers, numbers: Integers) -> None:
        """Take (N, C) values at positions of N further images in; of equal ones the earlier stay."""
        self.images += len(numbers)
        named = np.broadcast_to(numbers, values.T.shape)
        together = np.concatenate([self._values, values.T], axis=1)  # (C, KEPT + N)
        first = np.argsort(-together, axis=1, kind="stable")[:, :KEPT]
        self._values = np.take_along_axis(together, first, 1)
        self._numbers = np.take_along_axis(np.concatenate([self._numbers, named], 1), first, 1)
        self._positions = np.take_along_axis(
            np.concatenate([self._positions, positions.T], 1), first, 1
        )

    def arrays(self) -> tuple[Floats, Integers, Integers]:
        """Values, numbers and positions, (C, KEPT) each, read-only."""
        for array in (self._values, self._numbers, self._positions):
            array.setflags(write=False)
        return self._values, self._numbers, self._positions


def _batch(trace: Trace, path: str) -> tuple[int, int]:
    """How many images go through the network together, and the bytes that this takes."""
    found = price.price_until(trace, path)
    one = found.passing + 2 * found.kept  # the output, and once more in the order of its rows
    size = max(1, min(_BATCH, _MEMORY // one))
    return size, size * one
