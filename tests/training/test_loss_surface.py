"""A slice through the loss surface: Li et al. 2018, section 4, against the definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from resnet_viz.images import Preprocessing
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import build_random
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.loss_surface import directions, loss_surface
from resnet_viz.training.rendered import Split, rendered
from resnet_viz.weights import loss_surface as surfaces

CONFIG = ResNetConfig("tiny", repeats=(1, 1, 1), width=8, num_classes=12, input_size=32)
WHOLE = Preprocessing.whole(32)
IMAGES = rendered(Split.TEST, 0, 24, 32)


def quiet(done: int, total: int) -> None:
    pass


def test_every_filter_of_a_direction_is_as_long_as_the_networks_own():
    network = build_random(CONFIG, 0)
    weights = {name: p.detach() for name, p in network.named_parameters() if p.ndim > 1}
    for direction in directions(network, 0):
        assert set(direction) == set(weights)  # neither biases nor BatchNorm
        for name, weight in weights.items():
            for drawn, own in zip(direction[name], weight, strict=True):
                assert drawn.norm().item() == pytest.approx(own.norm().item(), rel=1e-5)


def test_directions_have_nothing_to_do_with_each_other_nor_with_the_first_parameters():
    network = build_random(CONFIG, 0)  # of the same seed
    own = {name: p.detach() for name, p in network.named_parameters() if p.ndim > 1}
    across, down = directions(network, 0)
    for one, other in ((across, down), (across, own), (down, own)):
        a, b = (torch.cat([each[name].flatten() for name in own]) for each in (one, other))
        assert abs(float(a @ b / a.norm() / b.norm())) < 0.05


def test_the_centre_is_the_loss_and_every_point_that_of_the_moved_network():
    network = build_random(CONFIG, 0)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    told: list[tuple[int, int]] = []
    found = loss_surface(
        network,
        IMAGES,
        WHOLE,
        "held-out",
        lambda done, total: told.append((done, total)),
        count=24,
        points=3,
    )
    assert told == [(number, 9) for number in range(1, 10)]
    assert found.steps == (-1.0, 0.0, 1.0)
    batch, labels = normalised(as_batch(IMAGES.rgb), WHOLE), torch.from_numpy(IMAGES.labels)
    with torch.no_grad():
        assert found.centre == pytest.approx(
            F.cross_entropy(network(batch), labels).item(), rel=1e-4
        )
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])
    across, down = directions(network, 0)
    moved = build_random(CONFIG, 0)
    with torch.no_grad():
        for name, parameter in moved.named_parameters():
            if name in across:
                parameter.add_(across[name] - down[name])
        corner = F.cross_entropy(moved(batch), labels).item()
    assert found.losses[0][2] == pytest.approx(corner, rel=1e-4)  # b = −1, a = 1


def test_the_same_seed_gives_the_same_slice_and_another_one_another():
    network = build_random(CONFIG, 0)
    one, again, other = (
        loss_surface(network, IMAGES, WHOLE, "held-out", quiet, count=12, points=3, seed=seed)
        for seed in (0, 0, 1)
    )
    assert one == again
    assert one.centre == other.centre
    assert one.losses != other.losses


def test_a_slice_comes_back_from_its_file_as_it_was(tmp_path):
    losses = tuple(tuple(float(f"{a * a + b:.6g}") for a in range(3)) for b in range(3))
    surface = surfaces.LossSurface("n", 5, "training", 0, (-1.0, 0.0, 1.0), losses)
    (tmp_path / f"n{surfaces.SUFFIX}").write_text(surfaces.as_json(surface), "utf-8")
    assert surfaces.read_surface("n", tmp_path) == surface
    assert surface.centre == losses[1][1]
    assert surfaces.read_surface("other", tmp_path) is None
    assert np.array(surface.losses).shape == (3, 3)
