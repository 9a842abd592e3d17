import pytest

from resnet_viz.errors import WeightsError
from resnet_viz.weights.labels import check_count, clean, parse_labels


@pytest.mark.parametrize(
    ("content", "labels"),
    [
        ("cat\ndog", ("cat", "dog")),
        (b"\xef\xbb\xbfcat\r\ndog\r\n\r\n\r\n", ("cat", "dog")),
        ("  cat \n\tdog", ("cat", "dog")),
        ("Füchse\n犬", ("Füchse", "犬")),
        ("safe\u202egpj\nbell\x07", ("safegpj", "bell")),
        ("x" * 300, ("x" * 99 + "…",)),
        ("<script>alert(1)</script>", ("<script>alert(1)</script>",)),  # shown, never interpreted
    ],
)
def test_one_name_a_line(content, labels):
    assert parse_labels(content) == labels


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"cat\n\ndog", "Line 2"),
        (b"cat\n\xff\xfe", "Line 2 .* UTF-8"),
        (b"x\n" * 100_001, "100,001 lines"),
        (b"x" * 2_000_001, "at most 2 MB"),
    ],
)
def test_other_files_are_refused(content, words):
    with pytest.raises(WeightsError, match=words):
        parse_labels(content)


def test_their_number_is_that_of_the_classes():
    check_count((), 10)
    check_count(("a", "b"), 2)
    with pytest.raises(WeightsError, match="2 class names for 1,000 classes"):
        check_count(("a", "b"), 1000)


def test_a_lone_surrogate_cannot_reach_the_page():
    assert clean("a\ud800b").encode() == b"ab"
