"""Sums over large tensors in float64, a piece at a time: of maps and weights of 800 MB no copy is made."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from torch import Tensor

from resnet_viz import jobs

_PIECE: Final = 2**15  # numbers: what fits into a processor's cache in float64


def pieces(tensor: Tensor) -> Iterator[np.ndarray]:
    """All numbers of a tensor in float64, a piece at a time; raises `Cancelled` as `jobs.check` does."""
    for piece in torch.split(tensor.detach().cpu().flatten(), _PIECE):
        jobs.check()
        yield piece.numpy().astype(np.float64)


def dot(first: Tensor, second: Tensor) -> float:
    """Σ first · second, of two tensors of one shape."""
    both = zip(pieces(first), pieces(second), strict=True)
    return math.fsum(float((one * other).sum()) for one, other in both)


def norm(tensor: Tensor) -> float:
    """The L2 norm; infinite or not a number where the tensor is."""
    return math.sqrt(total) if (total := _squares(tensor)) >= 0 else total


def deviation(tensor: Tensor) -> float:
    """The standard deviation of all numbers, divided by n; infinite or not a number where they are."""
    mean = sum(float(piece.sum()) for piece in pieces(tensor)) / tensor.numel()
    return math.sqrt(apart / tensor.numel()) if (apart := _squares(tensor, mean)) >= 0 else apart


def _squares(tensor: Tensor, around: float = 0.0) -> float:
    """Σ (number − around)²."""
    with np.errstate(invalid="ignore"):  # infinity − infinity: the caller sees that it is no number
        return sum(float(np.square(piece - around).sum()) for piece in pieces(tensor))
