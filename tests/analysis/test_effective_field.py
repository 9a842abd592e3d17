"""The gradient against the theory, and both against images in which pixels are really changed."""

import math

import numpy as np
import pytest
import torch

from resnet_viz.analysis import price as prices
from resnet_viz.analysis.effective_field import EffectiveField, effective_field
from resnet_viz.analysis.forward import as_maps, record_io, traced
from resnet_viz.analysis.price import price
from resnet_viz.budget import Budget
from resnet_viz.errors import ConfigError, PathError
from resnet_viz.images import to_tensor
from resnet_viz.weights.loaded import LoadedModel
from tests.analysis.networks import ALL, BASIC, CAT, RESNET20, network, snapshot, unchanged


def frame(box: tuple[float, float, float, float]) -> tuple[slice, slice]:
    """The box as slices of rows and columns."""
    left, top, right, bottom = box
    return (
        slice(math.floor(top), math.ceil(bottom)),
        slice(math.floor(left), math.ceil(right)),
    )


def cells_of(loaded: LoadedModel, path: str, input_tensor: torch.Tensor) -> torch.Tensor:
    """(C, H, W): what the layer puts out for a tensor, by one plain forward pass."""
    with torch.inference_mode(), record_io(loaded.module, [path]) as seen:
        loaded.module(input_tensor)
    return as_maps(seen[path].output)


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.name)
def test_outside_the_theoretical_field_nothing_counts_and_inside_something_does(config):
    loaded = network(config)
    trace, before = traced(loaded), snapshot(loaded)
    input_tensor = to_tensor(CAT, loaded.weights.preprocessing)
    narrow = [row.path for row in trace.layers if 1 < row.receptive_field < trace.input_size]
    for path in narrow[1 :: max(1, len(narrow) // 6)]:
        side = trace[path].output_shape[1]
        row, column = side // 3, side - 1
        theirs = effective_field(loaded, CAT, path, None, row, column)
        rows, columns = frame(theirs.box)
        outside = theirs.gradient.copy()
        outside[rows, columns] = 0
        assert not outside.any()

        value = cells_of(loaded, path, input_tensor)[:, row, column].clone()
        noise = torch.randn(input_tensor.shape, generator=torch.Generator().manual_seed(1))
        beyond, within = noise.clone(), torch.zeros_like(noise)
        beyond[:, :, rows, columns] = 0
        within[:, :, rows, columns] = noise[:, :, rows, columns]
        changed = cells_of(loaded, path, input_tensor + beyond)[:, row, column]
        assert torch.equal(changed, value), path
        assert not torch.equal(cells_of(loaded, path, input_tensor + within)[:, row, column], value)
    assert unchanged(loaded, before)


@pytest.mark.parametrize("channel", [None, 3])
def test_the_gradient_is_the_slope_of_the_cell(channel):
    """Against a change of one pixel, in float64, where a small step is exact enough."""
    loaded, path, (row, column) = network(BASIC), "layer1.0.conv2", (7, 8)
    field = effective_field(loaded, CAT, path, channel, row, column)
    y, x = np.unravel_index(field.gradient.argmax(), field.gradient.shape)
    input_tensor, slope = to_tensor(CAT, loaded.weights.preprocessing).double(), 0.0
    loaded.module.double()
    try:
        for colour in range(3):
            step = torch.zeros_like(input_tensor)
            step[0, colour, y, x] = 1e-6
            up, down = (cells_of(loaded, path, input_tensor + sign * step) for sign in (1, -1))
            difference = (up - down)[:, row, column]
            moved = difference.sum() if channel is None else difference[channel]
            slope += abs(moved.item()) / 2e-6
    finally:
        loaded.module.float()
    assert field.gradient[y, x] == pytest.approx(slope, rel=1e-3)


def test_the_gradient_and_the_value_are_autograds():
    """Against one backward pass through a whole network of our own making of the question."""
    loaded, (row, column) = network(BASIC), (3, 5)
    input_tensor = to_tensor(CAT, loaded.weights.preprocessing).requires_grad_()
    seen: list[torch.Tensor] = []
    handle = loaded.module.get_submodule("layer2.1.conv1").register_forward_hook(
        lambda _, __, output: seen.append(output)
    )
    loaded.module(input_tensor)
    handle.remove()
    (output,) = seen
    cell = output[0, 6, row, column]
    cell.backward()  # type: ignore[no-untyped-call]
    assert input_tensor.grad is not None
    ours = effective_field(loaded, CAT, "layer2.1.conv1", 6, row, column)
    np.testing.assert_allclose(
        ours.gradient, input_tensor.grad[0].abs().sum(0), rtol=1e-5, atol=1e-9
    )
    assert ours.value == pytest.approx(cell.item(), rel=1e-6)


def test_a_block_speaks_through_its_last_relu_which_may_switch_the_cell_off():
    loaded, path = network(BASIC), "layer1.0"
    cells = cells_of(loaded, path, to_tensor(CAT, loaded.weights.preprocessing))
    off, on = ((cells == 0).nonzero()[0].tolist(), (cells > 0).nonzero()[0].tolist())
    assert effective_field(loaded, CAT, path, *off).mass == 0
    assert effective_field(loaded, CAT, path, *on).mass > 0


@pytest.mark.parametrize("path", ["layer1", "layer4", "avgpool", "flatten", "fc"])
def test_any_layer_can_be_looked_back_from(path):
    field = effective_field(network(BASIC), CAT, path, 2, 0, 0)
    assert field.gradient.shape == (64, 64)
    assert field.gradient.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        field.gradient[0] = 1


def test_shares_of_the_mass_by_hand():
    """Four for the centre, one for each of its eight neighbours, a quarter for the sixteen around."""
    gradient = np.full((9, 9), 0, np.float32)
    gradient[2:7, 2:7] = 0.25
    gradient[3:6, 3:6] = 1
    gradient[4, 4] = 4
    field = EffectiveField("x", None, 4, 4, 1.0, gradient, (0, 0, 9, 9), 9, (4.5, 4.5))
    assert field.mass == 16
    assert [field.side_holding(share) for share in (0.25, 0.5, 0.75, 0.76, 1)] == [1, 3, 3, 5, 5]
    assert field.area_holding(0.5) == pytest.approx(1 / 9)
    assert field.square(3) == (3, 3, 6, 6)
    assert field.square(30) == (0, 0, 9, 9)
    assert [field.inside(side) for side in (1, 3, 4, 5, 9)] == [0.25, 0.75, 0.75, 1, 1]


def test_of_a_field_that_reaches_beyond_the_image_only_the_part_on_it_counts():
    """A field of 9 × 9 about the middle of the left edge: 5 × 9 of it lie on the image.

    Ten times as much counts within a reach of one and a half, which is 2 × 3 pixels.
    """
    gradient = np.zeros((9, 9), np.float32)
    gradient[:, :5] = 1
    gradient[3:6, :2] = 10
    field = EffectiveField("x", None, 4, 0, 1.0, gradient, (0, 0, 5, 9), 9, centre=(0.5, 4.5))
    assert field.mass == 39 + 60
    assert field.side_holding(60 / 99) == 3
    assert field.square(3) == (0, 3, 2, 6)
    assert field.area_holding(60 / 99) == pytest.approx(6 / 45)
    assert field.area_holding(1) == 1


@pytest.mark.parametrize("place", [(64.5, 64.5), (64, 64), (0.5, 0.5), (120.5, 30.5), (-8.5, 64.5)])
@pytest.mark.parametrize("side", [55, 255, 435])
def test_where_every_pixel_counts_the_same_the_area_is_the_share(place, side):
    """Up to one ring of pixels, whether or not the image cuts the field off."""
    (x, y), half = place, side / 2
    edges = max(x - half, 0), max(y - half, 0), min(x + half, 128), min(y + half, 128)
    left, top, right, bottom = (float(round(edge)) for edge in edges)
    gradient = np.zeros((128, 128), np.float32)
    gradient[int(top) : int(bottom), int(left) : int(right)] = 1
    field = EffectiveField("x", 0, 0, 0, 1.0, gradient, (left, top, right, bottom), side, place)
    ring = 2 * (right - left + bottom - top) / ((right - left) * (bottom - top))
    for share in (0.25, 0.5, 0.95):
        assert share - 1e-6 <= field.area_holding(share) <= share + ring


def test_the_centre_is_x_before_y():
    gradient = np.zeros((9, 9), np.float32)
    gradient[1, 6] = 1
    field = EffectiveField("x", None, 1, 6, 1.0, gradient, (0, 0, 9, 9), 9, centre=(6.5, 1.5))
    assert field.side_holding(1) == 1


def test_a_cell_that_is_switched_off_has_no_mass():
    nothing = np.zeros((4, 4), np.float32)
    field = EffectiveField("x", 0, 0, 0, 0.0, nothing, (0, 0, 4, 4), 4, (2.0, 2.0))
    assert (field.mass, field.side_holding(0.5), field.inside(3)) == (0, 0, 0)
    assert field.area_holding(0.5) == 0


def test_the_effective_field_is_smaller_than_the_theoretical_one():
    loaded = network(RESNET20)
    row = traced(loaded)["layer1.1"]
    field = effective_field(loaded, CAT, "layer1.1", None, 16, 16)
    assert 1 <= field.side_holding(0.5) < field.side_holding(0.95) <= row.receptive_field
    assert field.inside(row.receptive_field) == 1
    assert field.centre == (16.5, 16.5)


def test_what_is_not_there_or_too_large_is_a_sentence(monkeypatch):
    loaded, before = network(BASIC), snapshot(network(BASIC))
    with pytest.raises(PathError, match="channel 8"):
        effective_field(loaded, CAT, "layer1", 8, 0, 0)
    with pytest.raises(PathError, match="row 16"):
        effective_field(loaded, CAT, "layer1", None, 16, 0)
    enough = price(loaded.config, 64)  # for the way there, not for all that the way back needs
    allowed = Budget(enough.memory * 2 + 100_000, enough.work * 10)
    monkeypatch.setattr(prices, "budget", lambda: allowed)
    with pytest.raises(ConfigError, match="smaller input size"):
        effective_field(loaded, CAT, "layer1", 0, 0, 0)
    assert unchanged(loaded, before)
