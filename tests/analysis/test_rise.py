"""RISE against the paper's formula, by hand and in expectation."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_viz.analysis.attribution import make_method
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.passes import Passes
from resnet_viz.analysis.attribution.rise import Rise, draw_mask
from resnet_viz.analysis.double import in_double
from resnet_viz.images import to_tensor
from tests.analysis.networks import BASIC, CAT, RESNET20, network


class Linear(nn.Module):
    """One logit whose sigmoid is the mean of the image's values, each weighed."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.weights = weights  # (H, W)

    def forward(self, x: Tensor) -> Tensor:
        return torch.logit((x[:, 0] * self.weights).sum(dim=(1, 2)))[:, None]


def found(toy: nn.Module, input_tensor: Tensor, batch: int = 7, **options: float) -> np.ndarray:
    passes = Passes(
        lambda inputs, forward: forward(toy, inputs),
        input_tensor,
        index=0,
        logit=0.0,
        batch=batch,
        fills={"mean": torch.zeros(1, 3, 1, 1, dtype=input_tensor.dtype)},
    )
    values: np.ndarray = make_method("rise", options).find(passes).values.numpy()  # type: ignore[attr-defined]
    return values


def test_it_is_the_papers_sum_over_its_masks_without_their_mean_level():
    loaded = network(BASIC)
    method = Rise(masks=20, share=0.4, seed=3)
    seen = attribute(loaded, CAT, method, target=2, precise=True)
    twin, generator = in_double(loaded).module, torch.Generator().manual_seed(3)
    input_tensor = to_tensor(CAT, loaded.weights.preprocessing).double()
    masks = [draw_mask(64, 0.4, generator).double() for _ in range(20)]
    with torch.no_grad():
        p = [float(twin(input_tensor * mask).softmax(1)[0, 2]) for mask in masks]  # f(I ⊙ M)
    each = np.stack([mask[0].numpy() for mask in masks])  # (N, H, W)
    paper = np.tensordot(p, each, 1) / (0.4 * 20)
    level = np.mean(p) * each.sum(axis=0) / (0.4 * 20)
    np.testing.assert_allclose(seen.values, paper - level, rtol=0, atol=1e-12)
    assert dict(seen.options) == {"masks": 20, "share": 0.4, "baseline": "mean", "seed": 3}


def test_what_changes_nothing_has_the_value_zero_everywhere():
    class Constant(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.full((len(x), 1), 0.3, dtype=x.dtype)

    values = found(Constant(), torch.ones(1, 3, 14, 14, dtype=torch.float64), masks=30)
    np.testing.assert_allclose(values, 0, atol=1e-15)


def test_the_masks_have_their_share_at_every_pixel_and_a_network_that_sees_one_pixel_has_it_found():
    """E[M] = share. For p = M(λ₀) / 2 the expectation at λ₀ is Var M(λ₀) / (2 E[M]), by the formula."""
    generator = torch.Generator().manual_seed(0)
    masks = torch.stack([draw_mask(14, 0.5, generator) for _ in range(4_000)]).double()[:, 0]
    error = 4 * masks.std(dim=0) / np.sqrt(4_000)
    assert ((masks.mean(dim=0) - 0.5).abs() < error).all()
    assert float(masks.min()) >= 0
    assert float(masks.max()) <= 1
    weights = torch.zeros(14, 14, dtype=torch.float64)
    weights[5, 9] = 0.5
    input_tensor = torch.ones(1, 3, 14, 14, dtype=torch.float64)
    values = found(Linear(weights), input_tensor, masks=4_000, batch=500)
    assert int(values.argmax()) == 5 * 14 + 9
    variance = float(masks[:, 5, 9].var(correction=0))
    assert values[5, 9] == pytest.approx(variance / (2 * 0.5), rel=1e-9)  # the same masks
    assert abs(values[0, 0]) < 0.05 * values[5, 9]  # far away, and independent


def test_of_a_linear_probability_it_is_the_covariance_of_the_masks():
    """p = Σ w(λ′) M(λ′): the value at λ is Σ w(λ′) Cov(M(λ′), M(λ)) / E[M], with the draw's covariance."""
    generator = torch.Generator().manual_seed(8)
    masks = (
        torch.stack([draw_mask(9, 0.3, generator) for _ in range(60)]).double().flatten(1)
    )  # (N, 81)
    weights = torch.rand(81, generator=torch.Generator().manual_seed(1)).double() / 81
    by_hand = np.cov(masks.numpy().T, bias=True) @ weights.numpy() / 0.3
    input_tensor = torch.ones(1, 3, 9, 9, dtype=torch.float64)
    values = found(Linear(weights.view(9, 9)), input_tensor, masks=60, share=0.3, seed=8)
    np.testing.assert_allclose(values.ravel(), by_hand, rtol=0, atol=1e-12)


def test_masks_are_the_same_whatever_goes_through_at_once():
    weights = torch.full((9, 9), 1 / 100, dtype=torch.float64)
    input_tensor = torch.rand(1, 3, 9, 9, generator=torch.Generator().manual_seed(1)).double()
    one, many = (found(Linear(weights), input_tensor, batch, masks=25, seed=4) for batch in (1, 9))
    np.testing.assert_allclose(one, many, rtol=0, atol=1e-15)
    assert not np.allclose(one, found(Linear(weights), input_tensor, masks=25, seed=5))


def test_progress_counts_the_image_and_every_mask():
    told: list[tuple[int, int]] = []
    attribute(network(RESNET20), CAT, Rise(masks=20), progress=lambda *done: told.append(done))
    assert told == [(1, 21), (9, 21), (17, 21), (21, 21)]
