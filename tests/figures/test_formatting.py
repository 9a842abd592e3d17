"""Numbers as they are written on the pages."""

import pytest

from resnet_viz.figures import formatting


@pytest.mark.parametrize(
    ("numbers", "written"),
    [
        ((1.204, -0.31, 0.894), "1.204 + (−0.310) = 0.894"),
        ((0.3962, 2.3574, 2.7536), "0.3962 + 2.3574 = 2.7536"),  # 0.396 + 2.357 is not 2.754
        ((0.0, 0.0, 0.0), "0.000 + 0.000 = 0.000"),
        ((1 / 3, 1 / 3, 2 / 3), "0.3333 + 0.3333 ≈ 0.6667"),  # at any number of digits
    ],
)
def test_an_addition_adds_up_as_it_is_written(numbers, written):
    assert formatting.addition(*numbers) == written
