"""Layers of every kind for the feature wall, and an image."""

from __future__ import annotations

from typing import Final

import numpy as np

SHAPES: Final = {
    "stem": (64, 112, 112),
    "deep": (2048, 7, 7),
    "signed": (24, 28, 28),
    "vector": (512, 1, 1),
    "single": (1, 14, 14),
    "zeros": (8, 7, 7),
    "constant": (8, 7, 7),
    "quiet": (8, 7, 7),
    "large": (64, 300, 300),
    "classes": (100_000, 1, 1),
    "named": (12, 1, 1),
}
CLASSES: Final[dict[str, tuple[str, ...]]] = {
    "classes": (),
    "named": ("star", "a name that is too long for its tile", *"abcdefghij"),
}


def made(kind: str) -> np.ndarray:
    """Blobs that wander from channel to channel; every seventh channel is dead."""
    channels, height, width = SHAPES[kind]
    if kind in ("zeros", "constant"):
        return np.full(SHAPES[kind], float(kind == "constant"), np.float32)
    if kind == "quiet":  # beside one that is loud
        quiet = np.zeros(SHAPES[kind], np.float32)
        quiet[1::3] = 1e-4
        quiet[2] = 1
        return quiet
    number = np.arange(channels, dtype=np.float32)[:, None, None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] - np.sin(number)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None] - np.cos(1.7 * number)
    values = (1 + number % 5) * np.exp(-2 * (x * x + y * y))
    if kind == "signed":
        values -= 1
    values[::7] = 0
    return np.ascontiguousarray(values, np.float32)


def image() -> np.ndarray:
    y, x = np.mgrid[:224, :224]
    return np.stack([x, y, 224 - x], axis=-1).astype(np.uint8)
