"""Pictures on one scale, and charts that show each block at its place."""

import io

import numpy as np
import pytest
from PIL import Image

from resnet_viz.analysis.residual_records import BlockRatio, Lesion
from resnet_viz.figures.maps import colour_table
from resnet_viz.figures.palette import DARK, LIGHT
from resnet_viz.figures.residual import common_reach, lesion_bars, map_grid, ratio_chart


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def test_the_scale_ends_at_the_largest_value_of_the_channels_shown():
    one, other = np.zeros((3, 2, 2), np.float32), np.zeros((3, 2, 2), np.float32)
    one[0], one[1, 0, 1], other[2, 1, 1] = 100, -3, 2
    assert common_reach([one, other], [1, 2]) == 3


@pytest.mark.parametrize("side", [8, 3])
def test_equal_values_have_equal_colours_in_every_map(side):
    maps = [np.full((4, 4), value, np.float32) for value in (-2, 0, 1, 2)]
    picture = pixels(map_grid(maps, 2.0, signed=True, side=side))
    step = side + 6
    assert picture.shape == (2 * side + 6, 2 * side + 6, 4)
    for place, level in enumerate((0, 128, 191, 255)):
        corner = picture[place // 2 * step, place % 2 * step]
        assert tuple(corner[:3]) == tuple(colour_table(True)[level])
        assert corner[3] == 255
    assert picture[0, side, 3] == 0  # the page shows through between maps


def test_a_map_of_zeros_has_a_colour_too():
    picture = pixels(map_grid([np.zeros((2, 2), np.float32)], 0.0, signed=False, side=2))
    assert (picture[..., :3] == colour_table(False)[0]).all()


RATIOS = (
    BlockRatio("layer1.0", "identity", 1.0, 2.0, 0.0),
    BlockRatio("layer2.0", "projection", 3.0, 2.0, -1.0),
    BlockRatio("layer2.1", "zero-pad", 0.0, 2.0, None),
)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_every_block_stands_in_its_hue_with_ratio_and_angle(theme):
    bars, dots = ratio_chart(RATIOS, "layer2.0", theme).data
    assert list(bars.x) == list(dots.x) == [ratio.path for ratio in RATIOS]
    assert list(bars.y) == [0.5, 1.5, 0.0]
    assert list(dots.y) == [90.0, 180.0, None]
    assert list(bars.marker.color) == [theme.stage(1), theme.stage(2), theme.stage(2)]
    assert list(bars.marker.pattern.shape) == ["", "/", "/"]
    assert list(bars.marker.line.width) == [0, 2.5, 0]


def test_lesions_stand_below_the_untouched_networks_line():
    lesions = (
        Lesion("layer1.0", "identity", 3, 0.9, 0.8, 3, 0.8),
        Lesion("layer2.0", "projection", 3, 0.9, 0.1, 5, 0.7),
    )
    figure = lesion_bars(lesions, "", LIGHT)
    assert list(figure.data[0].y) == [0.8, 0.1]
    assert list(figure.data[0].customdata) == ["same answer", "another class wins"]
    assert figure.layout.shapes[0].y0 == 0.9
    assert figure.layout.annotations[0].text == "all blocks: 90.0 %"
