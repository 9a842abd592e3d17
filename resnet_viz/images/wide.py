"""Colours of 16 bits whose values need fewer: 10, 12 or 14 bits of a camera in a 16-bit file.

Pillow keeps the higher byte of each value, which leaves such an image black. The lower bytes are read by
having the file decoded once more, with the two bytes of its values named in the other order.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from resnet_viz.images.convert import full_scale, scale_to_bytes, strips

_ORDERS: Final = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_MODES: Final = ("RGB", "RGBA", "RGBX", "RGBa")
# Pillow's names of 16-bit pixels, and of the same bytes in the other order.
_OTHER_ORDER: Final[Mapping[str, str]] = {
    **{f"{mode};16{order}": f"{mode};16{_ORDERS[order]}" for mode in _MODES for order in _ORDERS},
    "LA;16B": "RGBA",  # higher and lower byte of grey, then of opacity
}
_HIGHEST_BYTE: Final = 63  # of 14 bits


def is_wide(image: ImageFile.ImageFile) -> bool:
    """Whether an opened image has colours of 16 bits: it may have to be decoded twice."""
    return bool(image.tile) and _raw_mode(image.tile[0].args) in _OTHER_ORDER


def load(
    image: ImageFile.ImageFile,
    reopened: Callable[[], ImageFile.ImageFile],
    significant_bits: int | None,
) -> tuple[str, ...]:
    """Load an image; mend its colours where they have 16 bits and use few, and say so.

    Args:
        image: opened, not loaded.
        reopened: gives the same once more.
        significant_bits: of each value, where a PNG declares them.
    """
    raw = _raw_mode(image.tile[0].args) if image.tile else ""
    image.load()
    if raw not in _OTHER_ORDER or max(_highest(image)) > _HIGHEST_BYTE:
        return ()
    lower = _lower_bytes(reopened(), raw)
    highest = max(int(values[..., :3].max()) for _, values in _values(image, lower))
    full, why = full_scale(image, highest, significant_bits)
    if not why:
        return ()
    table = scale_to_bytes(full)
    for top, values in _values(image, lower):
        mended = table[values]  # (H, W, 3 or 4) uint8
        if values.shape[2] == 4 and int(values[..., 3].max()) > full:
            mended[..., 3] = values[..., 3] >> 8  # opacity has all its bits
        image.paste(Image.fromarray(mended, image.mode), (0, top))
    return (f"16-bit colours were scaled to 8 bits: {why}.",)


def _raw_mode(args: Any) -> str:
    """Pillow's name for the bytes of a pixel: alone, or before other arguments of the decoder."""
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else ""


def _highest(image: Image.Image) -> list[int]:
    extrema: Any = image.getextrema()  # (lowest, highest) of each channel
    return [high for _, high in extrema[:3]]


def _lower_bytes(image: ImageFile.ImageFile, raw: str) -> Image.Image:
    """An image whose pixels are the lower bytes of its 16-bit values."""
    other = _OTHER_ORDER[raw]
    image.tile = [
        tile._replace(args=(other, *tile.args[1:]) if isinstance(tile.args, tuple) else other)
        for tile in image.tile
    ]
    image.load()
    if other != "RGBA":
        return image
    _, grey, _, opacity = image.split()
    return Image.merge("RGBA", (grey, grey, grey, opacity))


def _values(
    higher: Image.Image, lower: Image.Image
) -> Iterator[tuple[int, npt.NDArray[np.uint16]]]:
    """(first row, (H, W, channels)) of each strip."""
    for (top, high), (_, low) in zip(strips(higher), strips(lower), strict=True):
        yield top, np.asarray(high).astype(np.uint16) << 8 | np.asarray(low)
