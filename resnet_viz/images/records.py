"""An image that has been checked: plain pixels, a printable name, and what was done to it."""

import hashlib
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from resnet_viz.one_line import one_line

Pixels = npt.NDArray[np.uint8]

NAME_LENGTH = 80


@dataclass(frozen=True, slots=True, eq=False)
class ImageInput:
    """One image as every page sees it; two are equal when they come from the same bytes.

    Attributes:
        sha256: of the file's bytes, as hexadecimal digits.
        rgb: (H, W, 3) uint8, read-only.
        name: what to call it on a page; printable, at most 80 characters.
        original_size: (width, height) in pixels as stored in the file, after turning by EXIF.
        notes: what was done to the image, each a sentence for the user.
        file: its bytes where `rgb` is reduced: what a network sees is made of all its pixels.

    Raises:
        ValueError: the pixels are not (H, W, 3) uint8.
    """

    sha256: str
    rgb: Pixels
    name: str
    original_size: tuple[int, int]
    notes: tuple[str, ...] = ()
    file: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if self.rgb.dtype != np.uint8 or self.rgb.ndim != 3 or self.rgb.shape[2] != 3:
            raise ValueError(f"Pixels are {self.rgb.dtype} {self.rgb.shape}, not uint8 (H, W, 3).")
        object.__setattr__(self, "rgb", read_only(self.rgb))
        object.__setattr__(self, "name", one_line(self.name, NAME_LENGTH) or "image")

    @property
    def is_plain(self) -> bool:
        """Whether all pixels have the same colour."""
        return bool((self.rgb == self.rgb[0, 0]).all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ImageInput) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, because a copied array is writeable again.
        return ImageInput, tuple(getattr(self, each.name) for each in fields(self))


def content_hash(content: bytes) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def read_only(pixels: Pixels) -> Pixels:
    """The same pixels, which nobody can change: a copy if the caller still could."""
    if not pixels.flags.writeable:
        return pixels
    pixels = pixels.copy()
    pixels.flags.writeable = False
    return pixels
