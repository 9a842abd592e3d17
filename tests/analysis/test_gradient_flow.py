"""The gradient's way back against plain autograd, block by block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.gradient_flow import answer_losses, gradient_flow
from resnet_viz.images import to_tensor
from tests.analysis.networks import ALL, CAT, network, snapshot, unchanged


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)
def test_gradients_are_those_of_autograd_with_every_block_run_alone(config):
    loaded = network(config)
    before = snapshot(loaded)
    flow = gradient_flow(loaded, CAT)
    assert unchanged(loaded, before)
    x = to_tensor(CAT, loaded.weights.preprocessing).requires_grad_()
    image, stops, paths = x, [], []
    for name, module in loaded.module.named_children():
        parts = module.named_children() if name.startswith("layer") else [("", module)]
        for index, part in parts:
            if index:
                stops.append(x)
                paths.append(f"{name}.{index}")
            x = part(x)
    loss = F.cross_entropy(x, x.argmax(dim=1))
    assert flow.loss == pytest.approx(loss.item(), rel=1e-4)
    assert (
        [block.path for block in flow.blocks] == paths == [b.path for b in traced(loaded).blocks()]
    )
    at_image, *at_inputs = torch.autograd.grad(loss, [image, *stops], retain_graph=True)
    assert flow.image == pytest.approx(at_image.norm().item(), rel=1e-3)
    for block, gradient in zip(flow.blocks, at_inputs, strict=True):
        assert block.input == pytest.approx(gradient.norm().item(), rel=1e-3)


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)
def test_the_two_ways_add_up_and_an_identity_passes_the_gradient_on(config):
    loaded = network(config)
    flow = gradient_flow(loaded, CAT)
    for block in flow.blocks:
        if block.kind == "none":
            assert block.by_shortcut == 0
            assert block.shortcut_share == pytest.approx(0, abs=1e-9)
            assert block.by_branch == pytest.approx(block.input)
            continue
        assert block.branch_share is not None
        assert block.shortcut_share == pytest.approx(1 - block.branch_share)
        if block.kind == "identity":  # the sum passes the gradient on unchanged
            assert block.by_shortcut == pytest.approx(block.total, rel=1e-6)
        assert block.input <= block.by_branch + block.by_shortcut + 1e-9  # triangle inequality
    following = [block.input for block in flow.blocks[1:]]
    assert following == pytest.approx([block.output for block in flow.blocks[:-1]])


def test_the_share_of_a_way_by_hand():
    """One block's branch run alone on its own input: the vector-Jacobian product of F."""
    loaded = network(ALL[0])
    flow = gradient_flow(loaded, CAT)
    path = flow.blocks[1].path
    block: Any = loaded.module.get_submodule(path)
    seen: dict[str, torch.Tensor] = {}
    hooks = [
        block.register_forward_hook(lambda _m, inputs, _o: seen.update(x=inputs[0])),
        block.add.register_forward_hook(
            lambda _m, inputs, out: seen.update(branch=inputs[0], total=out)
        ),
    ]
    input_tensor = to_tensor(CAT, loaded.weights.preprocessing).requires_grad_()
    losses, _ = answer_losses(loaded.module(input_tensor))
    for hook in hooks:
        hook.remove()
    (at_total,) = torch.autograd.grad(losses.sum(), seen["total"], retain_graph=True)
    (at_x,) = torch.autograd.grad(losses.sum(), seen["x"], retain_graph=True)
    (through,) = torch.autograd.grad(seen["branch"], seen["x"], at_total)
    assert flow.blocks[1].by_branch == pytest.approx(through.norm().item(), rel=1e-3)
    share = float((through * at_x).sum() / at_x.square().sum())
    assert flow.blocks[1].branch_share == pytest.approx(share, rel=1e-3)


def test_the_loss_is_the_negative_logarithm_of_the_answers_probability():
    scores = torch.tensor([[2.0, 1.0, -1.0], [0.0, 30.0, 0.0]])
    losses, answers = answer_losses(scores)
    assert answers.tolist() == [0, 1]
    odds = np.exp(scores.double().numpy())
    expected = -np.log(odds.max(axis=1) / odds.sum(axis=1))
    assert losses.tolist() == pytest.approx(expected.tolist(), abs=1e-12)
    assert losses[1] > 0  # in float32 it would be 0, and no gradient would come back
    alone, answers = answer_losses(torch.tensor([[3.0]]))  # one logit: a class, or not
    assert alone.item() == pytest.approx(np.log1p(np.exp(-3.0)))
    assert answers.item() == 0
