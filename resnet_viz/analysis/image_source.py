"""Many images to look through, one after another: rendered shapes, or those of the operator's folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

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


class ImageSource(Protocol):
    """Images by number. Hashable: equal sources have equal images."""

    def __len__(self) -> int: ...

    def __hash__(self) -> int: ...

    def name(self, number: int) -> str:
        """What to call an image."""
        ...

    def pixels(self, number: int, preparation: Preprocessing) -> Pixels:
        """(crop, crop, 3) uint8: what the network sees; raises `ImageError` when it cannot be read."""
        ...

    def batch(self, numbers: Sequence[int], preparation: Preprocessing) -> tuple[Tensor, list[int]]:
        """Those that can be read, (N, 3, crop, crop) normalised, and their N numbers."""
        ...


@dataclass(frozen=True, slots=True)
class RenderedSource:
    """Rendered shapes, of the size that the network takes."""

    images: RenderedImages

    def __len__(self) -> int:
        return len(self.images)

    def name(self, number: int) -> str:
        """The shape."""
        return SHAPES[number % len(SHAPES)]

    def pixels(self, number: int, preparation: Preprocessing) -> Pixels:
        """(size, size, 3) uint8."""
        pixels: Pixels = self.images.pixels([number])[0]
        return pixels

    def batch(self, numbers: Sequence[int], preparation: Preprocessing) -> tuple[Tensor, list[int]]:
        """All of them, (N, 3, size, size)."""
        return normalised(as_batch(self.images.pixels(numbers)), preparation), list(numbers)


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Image files, prepared as an upload is."""

    images: FolderImages

    def __len__(self) -> int:
        return len(self.images)

    def name(self, number: int) -> str:
        """The file's place in the folder."""
        return self.images.name(number)

    def pixels(self, number: int, preparation: Preprocessing) -> Pixels:
        """(crop, crop, 3) uint8; raises `ImageError` when it cannot be read."""
        return as_seen(self.images.image(number), preparation)

    def batch(self, numbers: Sequence[int], preparation: Preprocessing) -> tuple[Tensor, list[int]]:
        """Those that can be read, (N, 3, crop, crop); raises `BusyError` where that cannot be told now."""
        read: dict[int, Tensor] = {}
        for number in numbers:
            jobs.check()
            try:
                read[number] = to_tensor(self.images.image(number), preparation)
            except BusyError:
                raise
            except ImageError:
                continue
        side = preparation.crop
        return torch.cat([torch.empty(0, 3, side, side), *read.values()]), list(read)
