"""How a file is built, read without its pixels and within bounds: segments, frames, kinds of TIFF.

Each walk is over headers alone and ends after a fixed number of steps, whatever the file says.
"""

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from resnet_viz.errors import ImageError

MAX_SEGMENTS: Final = 1000  # of a JPEG before its pixels; 20 MB of full ones are 320
MAX_SCANS: Final = 200  # scans and tables of a JPEG; encoders write about 20, an attack 100,000
MAX_CHUNKS: Final = 20_000  # of a PNG: 20 MB in chunks of a kilobyte
MAX_BLOCKS: Final = 10_000  # of a GIF, before its pixels
_MAX_STEPS: Final = 100_000  # of a walk that only counts frames
_MAX_JUNK: Final = 2**16  # bytes between the segments of a JPEG, which Pillow passes one by one
_MAX_TAGS: Final = 2000  # of a TIFF's first page

# A JPEG marker within or after a scan; 00, 01, D0 to D8 and FF are part of the scan itself.
_MARKER: Final = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")
_START_OF_SCAN: Final = 0xDA
_WITHOUT_LENGTH: Final = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})


def check_structure(content: bytes, kind: str) -> None:
    """Refuse files of more parts than any program writes: each costs the decoder time and memory.

    Raises:
        ImageError: it has.
    """
    if kind in _CHECKS:
        _CHECKS[kind](content)


def _too_many(kind: str, most: int, parts: str) -> ImageError:
    return ImageError(
        f"This {kind} file has more than {most:,} {parts}, which no camera or program writes; "
        "save the image once more."
    )


def _check_jpeg(content: bytes) -> None:
    for number, (marker, at, junk) in enumerate(_jpeg_segments(content), 1):
        if number > MAX_SEGMENTS:
            raise _too_many("JPEG", MAX_SEGMENTS, "segments before its pixels")
        if junk > _MAX_JUNK:
            raise _too_many("JPEG", _MAX_JUNK, "bytes between its segments")
        if marker == _START_OF_SCAN:
            _check_scans(content, at + int.from_bytes(content[at : at + 2], "big"))


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, where its body begins, bytes between segments so far) as far as the first scan."""
    at, junk = 2, 0
    while (found := content.find(b"\xff", at)) >= 0 and found + 1 < len(content):
        junk += found - at
        marker, at = content[found + 1], found + 2
        if marker == 0xFF:  # padding
            junk, at = junk + 1, found + 1
            if junk > _MAX_JUNK:
                yield marker, at, junk
            continue
        yield marker, at, junk
        if marker == _START_OF_SCAN:
            return
        if marker not in _WITHOUT_LENGTH:
            at += max(2, int.from_bytes(content[at : at + 2], "big"))


def _check_scans(content: bytes, at: int) -> None:
    """A scan of 20 bytes makes libjpeg pass over the whole image: a file could hold a million."""
    segments = 1
    while (marker := _MARKER.search(content, at)) and marker.group() != b"\xff\xd9":
        segments += 1
        if segments > MAX_SCANS:
            raise _too_many("JPEG", MAX_SCANS, "scans and tables")
        at = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2], "big")


def _check_png(content: bytes) -> None:
    for number, _ in enumerate(png_chunks(content)):
        if number >= MAX_CHUNKS:
            raise _too_many("PNG", MAX_CHUNKS, "chunks")


def _check_gif(content: bytes) -> None:
    for number, block in enumerate(_gif_blocks(content)):
        if block == _GIF_IMAGE:
            return
        if number >= MAX_BLOCKS:
            raise _too_many("GIF", MAX_BLOCKS, "blocks before its pixels")


def _check_tiff(content: bytes) -> None:
    if sum(1 for _ in _tags(content)) >= _MAX_TAGS:
        raise _too_many("TIFF", _MAX_TAGS, "tags")


_CHECKS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "JPEG": _check_jpeg,
    "PNG": _check_png,
    "GIF": _check_gif,
    "TIFF": _check_tiff,
}


def is_in_scans(content: bytes, components: int) -> bool:
    """Whether a JPEG's first scan has only some of its components, so that others follow.

    libjpeg then holds the coefficients of the whole image, as it does for a progressive one.
    """
    for marker, at, _ in _jpeg_segments(content):
        if marker == _START_OF_SCAN:
            return content[at + 2] < components if at + 2 < len(content) else False
    return False


def significant_bits(content: bytes, kind: str) -> int | None:
    """Bits of a value that a PNG's sBIT chunk declares, the most of all channels."""
    if kind != "PNG":
        return None
    for number, (name, start, size) in enumerate(png_chunks(content)):
        if name == b"sBIT" and 1 <= size <= 4:
            return max(content[start : start + size], default=None)
        if name == b"IDAT" or number >= MAX_CHUNKS:
            return None
    return None


def frames(content: bytes, kind: str) -> int | None:
    """How many frames or pages a file has; None where there are several, but too many to count."""
    return _COUNTS[kind](content) if kind in _COUNTS else 1


def png_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(name, where its body begins, bytes) of each."""
    at = 8
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        yield content[at + 4 : at + 8], at + 8, size
        at += 12 + size


def _png_frames(content: bytes) -> int:
    animated, is_beside = 0, True  # the image that all programs show need not be one of the frames
    for name, start, size in png_chunks(content):
        if name == b"acTL" and size == 8:
            animated = int.from_bytes(content[start : start + 4], "big")
        elif name == b"fcTL":
            is_beside = False
        elif name == b"IDAT":
            break
    return max(1, animated + is_beside) if animated else 1


_MULTI_PICTURE: Final = b"MPF\0"
_APP2: Final = 0xE2
_NUMBER_OF_IMAGES: Final = 0xB001


def _jpeg_frames(content: bytes) -> int:
    """As the index of a multi-picture file says (CIPA DC-007); phones keep their HDR map so."""
    for number, (marker, at, _) in enumerate(_jpeg_segments(content)):
        index = content[at + 2 : at + 2 + len(_MULTI_PICTURE)]
        if marker == _APP2 and index == _MULTI_PICTURE:
            begin = at + 2 + len(_MULTI_PICTURE)
            segment = content[begin : at + int.from_bytes(content[at : at + 2], "big")]
            return max(1, dict(_tags(segment)).get(_NUMBER_OF_IMAGES, 1))
        if number >= MAX_SEGMENTS:
            break
    return 1


_GIF_IMAGE: Final = 0x2C
_GIF_EXTENSION: Final = 0x21


def _gif_blocks(content: bytes) -> Iterator[int]:
    """The kind of each block and 0 for each part of one."""

    def table(flags: int) -> int:
        return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0

    at = 13 + table(content[10]) if len(content) > 10 else len(content)
    while at < len(content):
        kind = content[at]
        yield kind
        if kind == _GIF_IMAGE and at + 10 <= len(content):
            at += 11 + table(content[at + 9])
        elif kind == _GIF_EXTENSION:
            at += 2
        else:  # the trailer, or damage
            return
        while at < len(content) and content[at]:
            yield 0
            at += 1 + content[at]
        at += 1


def _gif_frames(content: bytes) -> int | None:
    found = 0
    for step, block in enumerate(_gif_blocks(content)):
        found += block == _GIF_IMAGE
        if step >= _MAX_STEPS:
            return None if found > 1 else 1
    return max(1, found)


def _webp_frames(content: bytes) -> int | None:
    if content[12:16] != b"VP8X" or not content[20:21] or not content[20] & 2:
        return 1
    at, found = 12, 0
    for _ in range(_MAX_STEPS):
        if at + 8 > len(content):
            return max(1, found)
        found += content[at : at + 4] == b"ANMF"
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return None


def _tiff_frames(content: bytes) -> int | None:
    order, big, at = _tiff_start(content)
    seen: set[int] = set()
    while at and at not in seen and at < len(content):
        if len(seen) >= MAX_BLOCKS:
            return None
        seen.add(at)
        entries = _number(content, at, 8 if big else 2, order)
        end = at + (8 + 20 * entries if big else 2 + 12 * entries)
        at = _number(content, end, 8 if big else 4, order)
    return max(1, len(seen))


_COUNTS: Final[Mapping[str, Callable[[bytes], int | None]]] = {
    "JPEG": _jpeg_frames,
    "PNG": _png_frames,
    "GIF": _gif_frames,
    "WebP": _webp_frames,
    "TIFF": _tiff_frames,
}

_SUBFILE, _COMPRESSION, _PHOTOMETRIC, _SUB_IFDS, _DNG = 254, 259, 262, 330, 50706
_COLOUR_FILTER: Final = 32803  # one colour a pixel, as sensors see


def is_raw_tiff(content: bytes) -> bool:
    """Whether a TIFF is what a camera's sensor saw, with a small preview where the image would be."""
    tags = dict(_tags(content))
    return (
        content[8:10] == b"CR"  # Canon
        or _DNG in tags
        or tags.get(_PHOTOMETRIC) == _COLOUR_FILTER
        or (_SUB_IFDS in tags and bool(tags.get(_SUBFILE, 0) & 1))  # Nikon, Sony, Pentax
    )


def _tags(content: bytes) -> Iterator[tuple[int, int]]:
    """(tag, its value where it is one small number) of the first page."""
    order, big, at = _tiff_start(content)
    entries = _number(content, at, 8 if big else 2, order)
    for index in range(min(entries, _MAX_TAGS)):
        entry = at + (8 + 20 * index if big else 2 + 12 * index)
        if entry + 12 > len(content):
            return
        kind = _number(content, entry + 2, 2, order)
        value = entry + (12 if big else 8)
        yield (
            _number(content, entry, 2, order),
            _number(content, value, 2 if kind == 3 else 4, order),
        )


def _tiff_start(content: bytes) -> tuple[str, bool, int]:
    """Byte order, whether it is a BigTIFF, where its first page stands."""
    order = "<" if content[:2] == b"II" else ">"
    big = _number(content, 2, 2, order) == 43
    return order, big, _number(content, 8 if big else 4, 8 if big else 4, order)


def _number(content: bytes, at: int, size: int, order: str) -> int:
    """An unsigned number of 2, 4 or 8 bytes; 0 beyond the end."""
    if at + size > len(content):
        return 0
    (value,) = struct.unpack_from(order + {2: "H", 4: "I", 8: "Q"}[size], content, at)
    return int(value)
