"""TIFF files that Pillow would misread without a word: put right before they are loaded, or refused."""

from __future__ import annotations

from typing import Any, Final

from PIL import Image, ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from resnet_viz.errors import ImageError

BITS, _PLANES, _SAMPLE_FORMAT = 258, 284, 339  # numbers of tags
_SIGNED: Final = 2
# libtiff gives the numbers of a compressed file in the machine's own order, whatever the file's is.
_NATIVE: Final = {
    **{"F;32F": "F;32NF", "F;32BF": "F;32NF", "I;32S": "I;32NS", "I;32BS": "I;32NS"},
    **{"I;16S": "I;16NS", "I;16BS": "I;16NS"},
}


def put_right(image: ImageFile.ImageFile) -> None:
    """Have an opened TIFF read in the right order of bytes; nothing of all else.

    Raises:
        ImageError: Pillow cannot read it rightly.
    """
    if not isinstance(image, TiffImageFile):
        return
    bits = image.tag_v2.get(BITS, (1,))
    if image.tag_v2.get(_PLANES) == 2 and len(bits) > 1 and max(bits) > 8:
        raise ImageError(
            "This TIFF file has 16-bit colours, each in a plane of its own, which cannot be read here; "
            "save it with its colours interleaved, or as PNG."
        )
    image.tile = [
        tile._replace(args=(_NATIVE.get(tile.args[0], tile.args[0]), *tile.args[1:]))
        if tile.codec_name == "libtiff" and isinstance(tile.args, tuple)
        else tile
        for tile in image.tile
    ]


def tags(image: Image.Image) -> Any:
    """The tags of a TIFF by their numbers; empty for all else."""
    return getattr(image, "tag_v2", {})


def number(value: object) -> int | None:
    """A number of a tag, which Pillow gives alone or in a tuple; nothing that is not above zero."""
    if isinstance(value, tuple):
        value = value[0] if value else None
    return int(value) if isinstance(value, int | float) and value > 0 else None


def is_signed_bytes(image: Image.Image) -> bool:
    """Whether a TIFF's 8-bit numbers are from −128 to 127, which Pillow takes from 0 to 255."""
    return image.mode == "L" and number(tags(image).get(_SAMPLE_FORMAT)) == _SIGNED


def is_unsigned(image: Image.Image) -> bool:
    """Whether the whole 32-bit numbers of a TIFF are from 0 up, which Pillow takes as signed."""
    found = tags(image)
    unsigned = number(found.get(_SAMPLE_FORMAT)) in (None, 1)
    return image.mode == "I" and number(found.get(BITS)) == 32 and unsigned
