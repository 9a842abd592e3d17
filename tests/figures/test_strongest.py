"""The cut-out of a receptive field above the image that it was cut from."""

import io

import numpy as np
from PIL import Image

from resnet_viz.figures.strongest import SIDE, cut_out, field_tile

RGB = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
HUE = "#ff0000"


def tile(rgb: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(field_tile(rgb, box, HUE))))


def test_it_holds_the_pixels_that_the_field_touches():
    np.testing.assert_array_equal(cut_out(RGB, (1, 2, 4, 7)), RGB[2:7, 1:4])
    np.testing.assert_array_equal(cut_out(RGB, (1.5, 2, 3.5, 7)), RGB[2:7, 1:4])


def test_the_cut_out_stands_above_the_framed_image():
    made = tile(RGB, (0, 4, 4, 8))
    assert made.shape[1] == SIDE
    above, below = made[:SIDE], made[-SIDE:]
    quarter = SIDE // 8
    np.testing.assert_array_equal(above[quarter, quarter, :3], RGB[4, 0])
    np.testing.assert_array_equal(above[-quarter, -quarter, :3], RGB[7, 3])
    np.testing.assert_array_equal(below[quarter, -quarter, :3], RGB[1, 7])
    red = (below[..., :3] == (255, 0, 0)).all(axis=2)
    rows, columns = np.nonzero(red)
    assert (rows.min(), columns.min()) == (SIDE // 2, 0)
    assert (rows.max(), columns.max()) == (SIDE - 1, SIDE // 2 - 1)


def test_a_narrow_cut_out_at_the_border_keeps_its_shape():
    above = tile(RGB, (0, 0, 2, 8))[:SIDE]
    opaque = np.nonzero(above[..., 3].any(axis=0))[0]
    assert len(opaque) == SIDE // 4
    assert abs((opaque.min() + opaque.max() + 1) / 2 - SIDE / 2) <= 1


def test_a_field_that_holds_the_whole_image_is_shown_once():
    assert tile(RGB, (0, 0, 8, 8)).shape[:2] == (SIDE, SIDE)
