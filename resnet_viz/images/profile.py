"""The name of a colour profile, read by hand: no profile of a foreign file is ever run.

Networks were trained on the numbers in the files, whatever profile these were meant for: torchvision's
transforms ignore it. To see what a network was trained to see, so does the explorer, and says so.
"""

import struct
from typing import Final

from resnet_viz.one_line import one_line

_HEADER: Final = 128
_MAX_TAGS: Final = 100
_MAX_NAME: Final = 200  # bytes
_SRGB: Final = ("srgb", "iec61966-2", "iec 61966-2", "c2")  # the last is Facebook's tiny one


def profile_note(profile: object) -> tuple[str, ...]:
    """What to say of an ICC profile, as Pillow gives it; nothing of sRGB, or of none."""
    if not isinstance(profile, bytes) or profile[36:40] != b"acsp":
        return ()
    if profile[16:20] not in (b"RGB ", b"GRAY"):
        return ()  # inks have a note of their own
    name = _name(profile)
    if name.lower().startswith(_SRGB):
        return ()
    called = f"the colour profile “{name}”" if name else "a colour profile without a name"
    return (f"Its numbers are of {called} and were taken as sRGB, as torchvision does.",)


def _name(profile: bytes) -> str:
    """ICC.1:2022, 7.3 and 10.15; ICC.1:2001-04, 6.5.17 for the older kind of text."""
    if len(profile) < _HEADER + 4:
        return ""
    (tags,) = struct.unpack_from(">I", profile, _HEADER)
    for index in range(min(tags, _MAX_TAGS)):
        entry = profile[_HEADER + 4 + 12 * index :][:12]
        if len(entry) == 12 and entry.startswith(b"desc"):
            offset, size = struct.unpack(">II", entry[4:])
            return _text(profile[offset : offset + size])
    return ""


def _text(tag: bytes) -> str:
    text = ""
    if tag.startswith(b"desc") and len(tag) > 12:
        size = min(int.from_bytes(tag[8:12], "big"), _MAX_NAME)
        text = tag[12 : 12 + size].decode("ascii", "replace")
    elif tag.startswith(b"mluc") and len(tag) >= 28:
        size, offset = struct.unpack_from(">II", tag, 20)
        text = tag[offset : offset + min(size, _MAX_NAME)].decode("utf-16-be", "replace")
    text = text.split("\x00", 1)[0]
    return one_line(text, 80)
