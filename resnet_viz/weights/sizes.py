"""Numbers of bytes in words, in the one unit of all pages: a megabyte is a million bytes."""

from __future__ import annotations


def megabytes(size: int) -> str:
    """`102_530_333` bytes as `102.5 MB`."""
    return f"{size / 10**6:,.1f} MB"
