"""What a file seems to be, from its first bytes: its name and its extension are not asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_TEXT: Final = 1024  # bytes that are looked at


def by_signature(content: bytes, signatures: Iterable[tuple[bytes, str]]) -> str:
    """The words beside the first signature that the content begins with; empty where none fits."""
    return next((words for signature, words in signatures if content.startswith(signature)), "")


def opening_text(content: bytes) -> bytes:
    """How the content begins where it is a text or markup, in lower case; empty where it is neither."""
    opening = content[:_TEXT].removeprefix(_BYTE_ORDER_MARK).lstrip().lower()
    is_text = all(byte >= 32 or byte in b"\t\r\n" for byte in opening)
    return opening if is_text or opening.startswith(b"<") else b""
