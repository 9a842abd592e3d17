"""Feature maps as images, read back pixel by pixel."""

import io

import numpy as np
import pytest
from PIL import Image
from plotly.colors import sample_colorscale

from resnet_viz.figures import maps


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), int)


def rgb(name: str, share: float) -> np.ndarray:
    return np.round(np.array(sample_colorscale(name, [share], colortype="tuple")[0]) * 255)


@pytest.mark.parametrize(("signed", "name"), [(False, "Viridis"), (True, "RdBu_r")])
def test_the_table_is_the_scale(signed, name):
    table = maps.colour_table(signed)
    assert table.shape == (256, 3)
    for place in (0, 51, 204, 255):
        np.testing.assert_array_equal(table[place], rgb(name, place / 255))


def test_each_thumbnail_has_its_own_scale():
    bright, dim = np.full((4, 4), 8, np.float32), np.full((4, 4), 2, np.float32)
    dim[0, 0] = 4
    row = pixels(maps.thumbnails([bright, dim], 4))
    assert row.shape == (4, 8, 3)
    assert np.abs(row[2, 2] - rgb("Viridis", 1)).max() <= 2
    assert np.abs(row[2, 6] - rgb("Viridis", 0.5)).max() <= 3
    assert np.abs(row[0, 4] - rgb("Viridis", 1)).max() <= 2


def test_zero_is_white_among_signed_maps_and_zeros_alone_make_a_map():
    values = np.array([[-1, 0], [0, 3]], np.float32)
    row = pixels(maps.thumbnails([values, np.zeros((2, 2), np.float32)], 2))
    assert np.abs(row[0, 1] - rgb("RdBu_r", 0.5)).max() <= 3
    assert np.abs(row[1, 1] - rgb("RdBu_r", 1)).max() <= 2
    assert np.abs(row[:, 2:] - rgb("RdBu_r", 0.5)).max() <= 3


def test_the_strongest_vary_most():
    values = np.array([[[1, 1]], [[0, 3]], [[5, 6]]], np.float32)
    assert maps.top_variance_channels(values, 2) == [1, 2]


def test_of_single_cells_the_strongest_are_the_largest_whatever_their_sign():
    values = np.array([0.5, -3, 2, 0], np.float32).reshape(4, 1, 1)
    assert maps.top_variance_channels(values, 3) == [1, 2, 0]
