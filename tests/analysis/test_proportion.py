"""Wilson's interval against published tables, and where the simple interval has no width."""

import math

import pytest

from resnet_viz.analysis.proportion import Proportion


# Newcombe 1998, "Two-Sided Confidence Intervals for the Single Proportion", table I, method 3.
@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_newcombes(count, of, low, high):
    assert Proportion(count, of).interval == pytest.approx((low, high), abs=5e-5)


def test_a_difference_of_two_proportions_is_newcombes():
    """56 of 70 against 48 of 80: 0.0524 to 0.3339, which his second paper of 1998 builds of two intervals."""
    one, two = Proportion(56, 70), Proportion(48, 80)
    (low, high), (other_low, other_high) = one.interval, two.interval
    difference = one.share - two.share
    assert difference - math.hypot(one.share - low, other_high - two.share) == pytest.approx(
        0.0524, abs=5e-5
    )
    assert difference + math.hypot(high - one.share, two.share - other_low) == pytest.approx(
        0.3339, abs=5e-5
    )


@pytest.mark.parametrize("of", [1, 20, 500])
def test_its_ends_are_where_the_count_is_just_no_surprise(of):
    """The score test that Wilson inverts: |p − π| = z √(π(1 − π) / n) at both ends."""
    for count in {0, 1, of // 3, of}:
        right = Proportion(count, of)
        for end in right.interval:
            if 1e-9 < end < 1 - 1e-9:
                z = abs(right.share - end) / math.sqrt(end * (1 - end) / of)
                assert z == pytest.approx(1.959964, rel=1e-9)
        low, high = right.interval
        assert 0 <= low <= right.share + 1e-12 <= high + 2e-12 <= 1 + 2e-12
        assert (low < 1e-9) == (count == 0)
        assert (high > 1 - 1e-9) == (count == of)


@pytest.mark.parametrize(("count", "of"), [(-1, 3), (4, 3), (0, 0)])
def test_what_is_no_proportion_is_refused(count, of):
    with pytest.raises(ValueError, match=f"{count} of {of}"):
        Proportion(count, of)
