"""Many images to look through, one after another: rendered shapes, or those of the operator's folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from resnet_viz import jobs
from resnet_viz.errors import BusyError, ImageError
from resnet_viz.images import Preprocessing, as_seen, to_tensor
from resnet_viz.images.folder import FolderImages
from resnet_viz.images.records import Pixels
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.rendered import RenderedImages
from resnet_viz.training.shapes import SHAPES


class ImageCollection(ABC):
    """Images by number. Hashable: equal collections have equal images."""

    images: RenderedImages | FolderImages

    def __len__(self) -> int:
        return len(self.images)

    @abstractmethod
    def name(self, number: int) -> str:
        """What to call an image."""

    @abstractmethod
    def pixels(self, number: int, preparation: Preprocessing) -> Pixels:
        """(crop, crop, 3) uint8: what the network sees; raises `ImageError` when it cannot be read."""

    @abstractmethod
    def tensor(self, number: int, preparation: Preprocessing) -> Tensor:
        """(1, 3, crop, crop), normalised; raises `ImageError` when it cannot be read."""

    def batch(self, numbers: Sequence[int], preparation: Preprocessing) -> tuple[Tensor, list[int]]:
        """Those that can be read, (N, 3, crop, crop), and their N numbers.

        Raises:
            BusyError: whether one can be read cannot be told now.
        """
        read: dict[int, Tensor] = {}
        for number in numbers:
            jobs.check()
            try:
                read[number] = self.tensor(number, preparation)
            except BusyError:
                raise
            except ImageError:
                continue
        side = preparation.crop
        return torch.cat([torch.empty(0, 3, side, side), *read.values()]), list(read)


@dataclass(frozen=True, slots=True)
class RenderedCollection(ImageCollection):
    """Rendered shapes, of the size that the network takes; each is called as its shape."""

    images: RenderedImages

    def name(self, number: int) -> str:
        return SHAPES[number % len(SHAPES)]

    def pixels(self, number: int, preparation: Preprocessing) -> Pixels:
        pixels: Pixels = self.images.pixels([number])[0]
        return pixels

    def tensor(self, number: int, preparation: Preprocessing) -> Tensor:
        return normalised(as_batch(self.images.pixels([number])), preparation)


@dataclass(frozen=True, slots=True)
class FolderCollection(ImageCollection):
    """Image files, prepared as an upload is; each is called by its place in the folder."""

    images: FolderImages

    def name(self, number: int) -> str:
        return self.images.name(number)

    def pixels(self, number: int, preparation: Preprocessing) -> Pixels:
        return as_seen(self.images.image(number), preparation)

    def tensor(self, number: int, preparation: Preprocessing) -> Tensor:
        return to_tensor(self.images.image(number), preparation)
