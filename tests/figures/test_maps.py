"""Feature maps as pictures, read back pixel by pixel."""

import io

import numpy as np
import pytest
from PIL import Image
from plotly.colors import sample_colorscale

from resnet_viz.figures import maps


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def tile(mosaic: maps.Mosaic, channel: int) -> np.ndarray:
    """The pixels of one channel, found by where the mosaic says it is."""
    place = mosaic.order.index(channel)
    height, width = mosaic.tile
    top, left = place // mosaic.columns * height, place % mosaic.columns * width
    return pixels(mosaic.png)[top : top + height - 1, left : left + width - 1]


def rgb(name: str, share: float) -> np.ndarray:
    return np.round(np.array(sample_colorscale(name, [share], colortype="tuple")[0]) * 255)


@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 3, 5), (64, 8, 8), (512, 1, 1), (2048, 7, 7)])
@pytest.mark.parametrize("order", maps.ORDERS)
@pytest.mark.parametrize("scale", maps.SCALES)
def test_every_channel_is_in_the_mosaic_once(shape, order, scale):
    values = np.random.default_rng(0).random(shape, np.float32)
    mosaic = maps.mosaic(values, maps.ORDERS[order](values), scale, (0, 1))
    assert sorted(mosaic.order) == list(range(shape[0]))
    height, width = pixels(mosaic.png).shape[:2]
    assert (height, width) == (mosaic.rows * mosaic.tile[0], mosaic.columns * mosaic.tile[1])
    assert mosaic.rows * mosaic.columns - shape[0] < mosaic.columns


def test_colours_are_the_scales_of_the_values():
    values = np.zeros((2, 1, 3), np.float32)
    values[0, 0] = [0, 1, 4]
    values[1, 0] = [0, 1, 2]
    by_layer = maps.mosaic(values, np.arange(2), "layer")
    by_channel = maps.mosaic(values, np.arange(2), "channel")
    for mosaic, high in ((by_layer, (4, 4)), (by_channel, (4, 2))):
        for channel in (0, 1):
            for x, value in enumerate(values[channel, 0]):
                expected = rgb("Viridis", value / high[channel])
                found = tile(mosaic, channel)[0, x, :3]
                assert np.abs(found - expected).max() <= 2


def test_zero_is_the_middle_of_a_signed_scale():
    values = np.array([[[-1.0, 0.0, 3.0]]], np.float32)
    scale = maps.scale_of(values)
    assert (scale.low, scale.high, scale.signed) == (-3, 3, True)
    for kind in ("layer", "channel"):
        shown = tile(maps.mosaic(values, np.arange(1), kind), 0)[0]
        assert np.abs(shown[1, :3] - rgb("RdBu_r", 0.5)).max() <= 3
        assert np.abs(shown[2, :3] - rgb("RdBu_r", 1.0)).max() <= 2


def test_a_dead_layer_has_a_scale_all_the_same():
    values = np.zeros((3, 4, 4), np.float32)
    assert maps.scale_of(values) == maps.ColourScale(0.0, 1.0, signed=False)
    for scale in maps.SCALES:
        maps.mosaic(values, np.arange(3), scale, (0, 1))


def test_orders_by_hand():
    values = np.array([[[1, 1]], [[0, 3]], [[5, 5]]], np.float32)
    assert maps.ORDERS["index"](values).tolist() == [0, 1, 2]
    assert maps.ORDERS["mean"](values).tolist() == [2, 1, 0]
    assert maps.ORDERS["variance"](values).tolist() == [1, 0, 2]
    assert maps.strongest(values, 2) == [1, 0]


def test_gaps_are_transparent():
    values = np.ones((4, 2, 2), np.float32)
    mosaic = maps.mosaic(values, np.arange(4), "layer")
    alpha = pixels(mosaic.png)[..., 3]
    assert alpha[2].max() == 0  # the row below the first tiles
    assert alpha[0, 0] == 255


def test_large_layers_stay_under_a_megabyte():
    values = np.random.default_rng(0).random((64, 112, 112), np.float32)
    assert len(maps.mosaic(values, np.arange(64), "layer").png) < 1_000_000


def test_the_closeup_shows_the_values_themselves():
    values = np.random.default_rng(0).random((3, 5, 5), np.float32)
    figure = maps.channel_figure(values, 2, maps.scale_of(values))
    np.testing.assert_array_equal(figure.data[0].z, values[2])
