"""What a shape is painted on, and colours that stand out from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from resnet_viz.training.contours import Rng

Colour = npt.NDArray[np.float32]  # (3,): red, green, blue from 0 to 1
Canvas = npt.NDArray[np.float32]  # (H, W, 3), 0 to 1

_WHITE: Final = np.ones(3, np.float32)
_CONTRAST: Final = 0.55  # least distance of two colours in the unit cube, whose diagonal is 1.7
_TRIES: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A background and the colours that it is mixed from."""

    rgb: Canvas
    colours: tuple[Colour, ...]


def ground(rng: Rng, size: int, *, calm: bool) -> Ground:
    """A random ground of `size` × `size` pixels; a calm one is of one colour, or nearly so."""
    makers, chances = zip(*(_CALM if calm else _ANY), strict=True)
    maker: Callable[[Rng, int], Ground] = makers[rng.choice(len(makers), p=chances)]
    return maker(rng, size)


def standing_out(rng: Rng, others: tuple[Colour, ...]) -> Colour:
    """A random colour far from all others; of many tries the farthest if none is far enough."""
    tries = _colours(rng, _TRIES)  # (T, 3)
    if rng.random() < 0.3:
        tries[0] = 1 - np.round(others[0].mean())  # black or white
    distance = np.linalg.norm(tries[:, None] - np.stack(others), axis=2).min(axis=1)  # (T,)
    far_enough = np.flatnonzero(distance >= _CONTRAST)
    return np.asarray(tries[far_enough[0] if far_enough.size else distance.argmax()])


def _plain(rng: Rng, size: int) -> Ground:
    return _flat(_colours(rng, 1)[0], size)


def _white(rng: Rng, size: int) -> Ground:
    return _flat(_WHITE, size)


def _black(rng: Rng, size: int) -> Ground:
    return _flat(0 * _WHITE, size)


def _paper(rng: Rng, size: int) -> Ground:
    """Off-white with a grain."""
    tint = _WHITE - rng.uniform(0, 0.15, 3).astype(np.float32)
    grain = rng.standard_normal((size, size, 1), np.float32) * np.float32(rng.uniform(0.005, 0.03))
    return Ground(np.clip(tint + grain, 0, 1), (tint,))


def _gradient(rng: Rng, size: int) -> Ground:
    angle = rng.uniform(0, 2 * np.pi)
    across = np.linspace(-0.5, 0.5, size, dtype=np.float32)
    along = across * np.float32(np.cos(angle)) + across[:, None] * np.float32(np.sin(angle))
    return _between(rng, 0.5 + along / 1.42)


def _clouds(rng: Rng, size: int) -> Ground:
    cells = int(rng.integers(3, 14))
    coarse = Image.fromarray(rng.integers(0, 256, (cells, cells), dtype=np.uint8))
    smooth = coarse.resize((size, size), Image.Resampling.BICUBIC)
    return _between(rng, np.asarray(smooth, np.float32) / 255)


def _stripes(rng: Rng, size: int) -> Ground:
    angle, count = rng.uniform(0, 2 * np.pi), rng.uniform(3, 12)
    across = np.linspace(0, 1, size, dtype=np.float32) * np.float32(2 * np.pi * count)
    along = across * np.float32(np.cos(angle)) + across[:, None] * np.float32(np.sin(angle))
    return _between(rng, 0.5 + 0.5 * np.sin(along))


_CALM: Final = ((_white, 0.4), (_paper, 0.25), (_plain, 0.25), (_black, 0.1))
_ANY: Final = (
    *((_white, 0.12), (_black, 0.06), (_paper, 0.1), (_plain, 0.22)),
    *((_gradient, 0.2), (_clouds, 0.2), (_stripes, 0.1)),
)


def _flat(colour: Colour, size: int) -> Ground:
    return Ground(np.tile(colour, (size, size, 1)), (colour,))


def _between(rng: Rng, share: npt.NDArray[np.floating[Any]]) -> Ground:
    """Two colours, near enough to leave room for a third, mixed by shares (H, W)."""
    one, other = _colours(rng, 2)
    other = one + (other - one) * np.float32(rng.uniform(0.3, 0.7))
    rgb = one + share[..., None].astype(np.float32) * (other - one)
    return Ground(rgb, (one, other))


def _colours(rng: Rng, count: int) -> npt.NDArray[np.float32]:
    """(count, 3)."""
    return rng.random((count, 3), np.float32)
