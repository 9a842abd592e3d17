"""One pixel's way to the first layer, against the formula by hand."""

import numpy as np
import pytest

from resnet_viz.analysis.pixels import central_pixel
from resnet_viz.images import ImageInput, Preprocessing


def test_a_pixel_is_scaled_shifted_and_divided_as_the_formula_says():
    rgb = np.full((5, 5, 3), (255, 0, 102), np.uint8)
    image = ImageInput("flat", rgb, "flat", (5, 5))
    red, green, blue = central_pixel(image, Preprocessing.imagenet(4))
    assert [(v.channel, v.level) for v in (red, green, blue)] == [
        ("red", 255),
        ("green", 0),
        ("blue", 102),
    ]
    assert red.value == pytest.approx((1 - 0.485) / 0.229, rel=1e-6)
    assert green.value == pytest.approx(-0.456 / 0.224, rel=1e-6)
    assert blue.value == pytest.approx((0.4 - 0.406) / 0.225, rel=1e-5)
    assert (blue.scaled, blue.mean, blue.std) == (0.4, 0.406, 0.225)


def test_it_is_the_pixel_in_the_centre():
    rgb = np.zeros((8, 8, 3), np.uint8)
    rgb[4, 4] = 200
    image = ImageInput("dot", rgb, "dot", (8, 8))
    assert [value.level for value in central_pixel(image, Preprocessing.whole(8))] == [200] * 3


def test_another_order_and_scale_are_told_as_they_are():
    rgb = np.full((8, 8, 3), (250, 100, 5), np.uint8)
    caffe = Preprocessing(8, 8, (103.939, 116.779, 123.68), (1.0, 1.0, 1.0), 255, "bgr")
    told = central_pixel(ImageInput("0", rgb, "x", (8, 8)), caffe)
    assert [(each.channel, each.level, each.scaled) for each in told] == [
        ("blue", 5, 5.0),
        ("green", 100, 100.0),
        ("red", 250, 250.0),
    ]
    for each in told:
        assert each.value == pytest.approx(each.level - each.mean, abs=1e-4)
