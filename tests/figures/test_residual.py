"""Images on one scale, and charts that show each block at its place."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from resnet_viz.analysis.residual_records import BlockRatio, Lesion
from resnet_viz.figures.bars import ScorePair, paired_bars
from resnet_viz.figures.maps import colour_table
from resnet_viz.figures.palette import DARK, LIGHT
from resnet_viz.figures.residual import common_vmax, lesion_bars, map_grid, ratio_chart


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def test_the_scale_ends_at_the_largest_value_of_the_channels_shown():
    one, other = np.zeros((3, 2, 2), np.float32), np.zeros((3, 2, 2), np.float32)
    one[0], one[1, 0, 1], other[2, 1, 1] = 100, -3, 2
    assert common_vmax([one, other], [1, 2]) == 3


@pytest.mark.parametrize("side", [8, 3])
def test_equal_values_have_equal_colours_in_every_map(side):
    maps = [np.full((4, 4), value, np.float32) for value in (-2, 0, 1, 2)]
    image = pixels(map_grid(maps, 2.0, signed=True, side=side))
    step = side + 6
    assert image.shape == (2 * side + 6, 2 * side + 6, 4)
    for place, level in enumerate((0, 128, 191, 255)):
        corner = image[place // 2 * step, place % 2 * step]
        assert tuple(corner[:3]) == tuple(colour_table(True)[level])
        assert corner[3] == 255
    assert image[0, side, 3] == 0  # the page shows through between maps


def test_a_map_of_zeros_has_a_colour_too():
    image = pixels(map_grid([np.zeros((2, 2), np.float32)], 0.0, signed=False, side=2))
    assert (image[..., :3] == colour_table(False)[0]).all()


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
    headline = figure.layout.annotations[0]
    assert headline.text == "dotted: all blocks, 90.0 %"
    assert (headline.yref, headline.y, headline.yanchor) == ("paper", 1, "bottom")  # above the bars


@pytest.mark.parametrize(
    "angles", [(88.0, 91.0), (87.3, 92.5), (60.0, 65.0), (2.0, 178.0), (90.0,), (None,)]
)
def test_the_axis_of_the_angles_fits_them_and_marks_the_right_angle(angles):
    ratios = [
        BlockRatio(f"layer1.{i}", "identity", 1.0, 1.0, a and math.cos(math.radians(a)))
        for i, a in enumerate(angles)
    ]
    figure = ratio_chart(ratios, "", LIGHT)
    axis = figure.layout.yaxis2
    low, high = axis.range
    known = [90.0, *(angle for angle in angles if angle is not None)]
    assert 0 <= low < min(known) <= max(known) < high <= 180
    assert high - low <= 1.5 * (max(known) - min(known)) + 4
    assert axis.tick0 == 90
    ticks = [90 + step * axis.dtick for step in range(-9, 10)]
    assert 3 <= len([tick for tick in ticks if low <= tick <= high]) <= 7
    assert [s.y0 for s in figure.layout.shapes if s.yref == "y2"] == [90]


@pytest.mark.parametrize("highest", [1.0, 0.96, 0.41, 0.1, 0.031, 0.0049, 0.001])
def test_the_ticks_of_the_probabilities_can_be_told_apart(highest):
    lesions = (Lesion("layer1.0", "identity", 3, highest, highest / 2, 3, 0.8),)
    axis = lesion_bars(lesions, "", LIGHT).layout.yaxis
    ticks = np.arange(0, axis.range[1], axis.dtick)
    assert 3 <= len(ticks) <= 6
    written = [format(tick, axis.tickformat) for tick in ticks]
    assert len(set(written)) == len(ticks)
    assert [float(label[:-1]) / 100 for label in written] == pytest.approx(list(ticks))


def test_of_many_blocks_the_stages_are_named_only():
    blocks = [f"layer{stage}.{place}" for stage in (1, 2, 3) for place in range(18)]  # ResNet-110
    many = [Lesion(path, "identity", 3, 0.9, 0.8, 3, 0.8) for path in blocks]
    axis = lesion_bars(many, "layer2.0", LIGHT).layout.xaxis
    assert list(axis.ticktext) == ["layer1", "layer2", "layer3"]
    assert list(axis.tickvals) == ["layer1.9", "layer2.9", "layer3.9"]
    thick, thin = (
        max(lesion_bars(lesions, "layer2.0", LIGHT).data[0].marker.line.width)
        for lesions in (many[16:20], many)
    )
    assert 0 < thin < thick


@pytest.mark.parametrize(
    ("probabilities", "written"),
    [
        ((0.959, 0.018), ("95.9 %", "1.8 %")),
        ((0.00512, 0.00538), ("0.51 %", "0.54 %")),
        ((0.99999, 0.999992), ("99.9990 %", "99.9992 %")),
        ((0.25, 0.25), ("25.0 %", "25.0 %")),
        ((1e-9, 2e-9), ("0.0 %", "0.0 %")),
    ],
)
def test_probabilities_are_written_so_that_they_can_be_told_apart(probabilities, written):
    assert ScorePair("star", probabilities, (1.0, 2.0)).percentages == written


def test_a_logit_next_to_zero_has_no_sign():
    pair = ScorePair("star", (0.5, 0.5), (-0.001, -0.006))
    assert pair.written == ("50.0 % · logit 0.00", "50.0 % · logit −0.01")


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_two_answers_stand_class_by_class(theme):
    pairs = [
        ScorePair("crane", (0.7, 0.1), (5.25, -1.5)),
        ScorePair("crane", (0.2, 0.1), (2.0, 1.0)),  # ImageNet has two
        ScorePair("star", (0.0, 0.8), (-2.0, 4.0)),
    ]
    before, after = paired_bars(pairs, ("Untouched", "After"), theme, trained=True).data
    assert list(before.x) == [0.7, 0.2, 0.0]
    assert list(after.x) == [0.1, 0.1, 0.8]
    assert list(before.y) == list(after.y) == [0, 1, 2]
    assert before.text[0] == "70.0 % · logit 5.25"
    assert after.text[0] == "10.0 % · logit −1.50"
    assert list(after.marker.color) == [theme.shortcut, theme.line, theme.line]
    assert before.marker.color[1] == before.marker.color[2] != before.marker.color[0]
    assert not set(before.marker.color) & set(after.marker.color)


def test_a_map_of_zeros_is_white_where_signed_and_dark_where_not():
    zeros = [np.zeros((4, 4), np.float32)]
    for signed, middle in ((True, 128), (False, 0)):
        image = Image.open(io.BytesIO(map_grid(zeros, 0.0, signed=signed, side=8)))
        expected = colour_table(signed)[middle]
        assert image.convert("RGB").getpixel((4, 4)) == tuple(int(c) for c in expected)
