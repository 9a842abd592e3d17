import pytest

from resnet_viz.errors import WeightsError
from resnet_viz.images import Preprocessing
from resnet_viz.one_line import one_line
from resnet_viz.weights.labels import fitted, parse_labels
from resnet_viz.weights.loaded import Weights


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
    assert fitted((), 10) == ((), "")
    assert fitted(("a", "b"), 2) == (("a", "b"), "")


def test_another_number_of_names_is_said_and_takes_nothing_away():
    labels, said = fitted(("a", "b"), 1000)
    assert labels == ("a", "b")
    assert "2 class names for 1,000 classes: the rest are numbered" in said
    labels, said = fitted(("a", "b", "c"), 2)
    assert labels == ("a", "b")
    assert "3 class names for 2 classes: the last ones are not used" in said


def test_one_logit_may_have_the_names_of_both_its_classes():
    assert fitted(("cat", "dog"), 1) == (("dog", "cat"), "")  # a high logit means the second
    assert fitted(("a", "b", "c"), 1)[0] == ("a",)


@pytest.mark.parametrize(
    ("labels", "answers"),
    [
        ((), ("class 0", "not class 0")),
        (("dog",), ("dog", "not dog")),
        (("dog", "cat"), ("dog", "cat")),
    ],
)
def test_one_logit_answers_with_its_class_or_not(labels, answers):
    weights = Weights("x", "x", True, "", Preprocessing.imagenet(64), labels)
    assert weights.answers(1) == answers
    assert weights.class_names(1) == answers[:1]


def test_a_lone_surrogate_cannot_reach_the_page():
    assert one_line("a\ud800b").encode() == b"ab"
