"""Sums a piece at a time against numpy's over the whole."""

import math

import numpy as np
import pytest
import torch

from resnet_viz import jobs
from resnet_viz.analysis import sums


@pytest.mark.parametrize("shape", [(1,), (3, 5, 7), (40, 50, 60)])
def test_they_are_numpys_whatever_the_order_in_memory(shape):
    generator = torch.Generator().manual_seed(0)
    one, other = (torch.randn(shape, generator=generator) * 1e3 + 1e4 for _ in range(2))
    if len(shape) == 3:
        other = (
            other.permute(2, 1, 0).contiguous().permute(2, 1, 0)
        )  # the same numbers, laid otherwise
    x, y = (each.numpy().astype(np.float64) for each in (one, other))
    assert sums.dot(one, other) == pytest.approx((x * y).sum(), rel=1e-12)
    assert sums.norm(one) == pytest.approx(np.linalg.norm(x), rel=1e-12)
    assert sums.deviation(one) == pytest.approx(x.std(), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_no_number_stays_none(value):
    numbers = torch.tensor([1.0, value])
    assert not math.isfinite(sums.norm(numbers))
    assert not math.isfinite(sums.deviation(numbers))


def test_it_ends_when_nobody_waits(monkeypatch):
    looked: list[None] = []
    monkeypatch.setattr(jobs, "check", lambda: looked.append(None))
    sums.norm(torch.zeros(10 * sums._PIECE))
    assert len(looked) == 10
