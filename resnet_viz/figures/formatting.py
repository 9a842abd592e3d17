"""How numbers, shapes and units are written, everywhere the same."""

from __future__ import annotations

from collections.abc import Sequence

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def count(value: int) -> str:
    """`11689512` as `11,689,512`."""
    return f"{value:,}"


def short(value: float) -> str:
    """Three or four leading digits and a prefix: `11.69 M`, `1.814 G`, `270 k`, `64`."""
    for size, prefix in _PREFIXES:
        if abs(value) >= size:
            scaled = value / size
            digits = 3 if prefix == "G" and scaled < 10 else 2 if scaled < 100 else 1
            return f"{scaled:.{digits}f} {prefix}"
    return f"{value:,.0f}"


def shape(sizes: Sequence[int]) -> str:
    """`(64, 56, 56)` as `64 × 56 × 56`."""
    return " × ".join(f"{size}" for size in sizes)


def pair(sizes: Sequence[int] | None) -> str:
    """`(3, 3)` as `3 × 3`; a dash where there is nothing."""
    return shape(sizes) if sizes else "–"


def percent(fraction: float) -> str:
    """`0.0312` as `3.1 %`."""
    return f"{100 * fraction:.1f} %"


def value(number: float) -> str:
    """An activation: four significant digits, no exponent where it can be avoided."""
    return f"{number:.4g}".replace("-", "−")


def addition(first: float, second: float, total: float) -> str:
    """`1.204 + (−0.31) = 0.894`: rounded as far as the rounded numbers still add up, else with ≈."""
    for digits in range(3, 7):
        a, b, c = (round(number, digits) for number in (first, second, total))
        if round(a + b, digits) == c:
            return _sum(a, b, c, digits, "=")
    return _sum(first, second, total, 4, "≈")


def _sum(first: float, second: float, total: float, digits: int, sign: str) -> str:
    a, b, c = (f"{number:.{digits}f}".replace("-", "−") for number in (first, second, total))
    return f"{a} + {f'({b})' if b.startswith('−') else b} {sign} {c}"


def cut(words: str, most: int = 40) -> str:
    """Words that are too long for a heading, cut, with an ellipsis for the rest."""
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def bytes_(number: int) -> str:
    """`3211264` as `3.2 MB` (a megabyte is a million bytes)."""
    for size, prefix in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if number >= size:
            return f"{number / size:.1f} {prefix}"
    return f"{number} B"
