"""Texts of strangers, made fit to stand in a sentence: one line, nothing invisible, not too long."""

from __future__ import annotations

import unicodedata
from typing import Final

# Control, format (bidirectional overrides among them), surrogate and separator characters.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS: Final = "\u200c\u200d"  # of category Cf, but Persian words and family emoji need them


def one_line(text: str, length: int = 100) -> str:
    """The text on one line without invisible characters, cut to a length; empty if none is left.

    It is text, not markup: `<b>` stays `<b>`, and whoever shows it as HTML escapes it.
    """
    seen = "".join(
        " " if sign.isspace() else sign
        for sign in text
        if sign in _JOINERS or sign.isspace() or unicodedata.category(sign) not in _INVISIBLE
    )
    seen = " ".join(seen.split()).strip(_JOINERS)
    return seen if len(seen) <= length else f"{seen[: length - 1]}…"


def quoted(text: str, length: int = 60) -> str:
    """What somebody has asked for, between quotation marks in a sentence: on one line, cut to a length."""
    return f"“{one_line(text[:1000], length)}”"
