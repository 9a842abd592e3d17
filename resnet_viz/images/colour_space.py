"""The space that the colours of a file are of, where no ICC profile says it: PNG's and AVIF's own words.

As with profiles (`profile`), the numbers are taken as sRGB, and that is said.
"""

from __future__ import annotations

from typing import Final

from resnet_viz.images.structure import MAX_CHUNKS, png_chunks

_SEARCHED: Final = 2**16  # bytes of an AVIF; its header comes first
_SRGB_GAMMA: Final = 45455  # 100,000 times 1 / 2.2, as PNG writes it
_NEAR: Final = 2_000  # 1 / 2.1 to 1 / 2.3, which nobody sees
# ITU-T H.273, tables 2 and 3: those that differ from sRGB so much that it is seen.
_PRIMARIES: Final = {9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}
_TRANSFERS: Final = {8: "linear values", 16: "PQ (HDR)", 18: "HLG (HDR)"}


def space_note(content: bytes, kind: str) -> tuple[str, ...]:
    """What to say of colours that are no sRGB's; nothing where the file says nothing, or sRGB."""
    found = _SPACES[kind](content) if kind in _SPACES else ""
    return (
        (f"Its numbers are of {found} and were taken as sRGB, as torchvision does.",)
        if found
        else ()
    )


def _of_png(content: bytes) -> str:
    gamma = ""
    for number, (name, start, size) in enumerate(png_chunks(content)):
        body = content[start : start + size]
        if name == b"cICP" and size == 4:
            return _named(body[0], body[1])
        if name in (b"sRGB", b"iCCP"):
            return ""
        if name == b"gAMA" and size == 4:
            value = int.from_bytes(body, "big")
            if value and abs(value - _SRGB_GAMMA) > _NEAR:
                gamma = f"gamma {100_000 / value:.2f}"
        if name == b"IDAT" or number >= MAX_CHUNKS:
            break
    return gamma


def _of_avif(content: bytes) -> str:
    at = content.find(b"colrnclx", 0, _SEARCHED)
    if at < 0 or at + 12 > len(content):
        return ""
    primaries, transfer = (int.from_bytes(content[at + 8 + i :][:2], "big") for i in (0, 2))
    return _named(primaries, transfer)


def _named(primaries: int, transfer: int) -> str:
    """The colour space of two codes, for a sentence; empty where it is sRGB or as good."""
    colours, values = _PRIMARIES.get(primaries), _TRANSFERS.get(transfer)
    if not colours and not values:
        return ""
    return " with ".join(filter(None, (f"the colour space {colours or 'sRGB'}", values)))


_SPACES: Final = {"PNG": _of_png, "AVIF": _of_avif}
