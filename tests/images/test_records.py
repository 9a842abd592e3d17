"""An image's record: a printable name, pixels that stay, equality by content."""

import copy

import numpy as np
import pytest

from resnet_viz.images.decode import read_image
from resnet_viz.images.records import ImageInput
from tests.images.example_images import photograph, saved


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("cat.jpg", "cat.jpg"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\x00b\x1b[31mc\nd", "ab[31mc d"),
        ("\ud800cat", "cat"),
        ("كلب.jpg", "كلب.jpg"),
        ("\u2066\u200b", "image"),
        ("  ", "image"),
    ],
)
def test_naughty_names_are_text(name, shown):
    image = read_image(saved(photograph()), name)
    assert image.name == shown
    image.name.encode()  # no lone surrogate is left


def test_a_long_name_is_cut_to_80():
    name = read_image(saved(photograph()), "x" * 300 + ".jpg").name
    assert len(name) == 80
    assert name.endswith("x…")


def test_pixels_cannot_be_changed_even_in_a_copy():
    image = read_image(saved(photograph()))
    for one in (image, copy.deepcopy(image), ImageInput("0", image.rgb.copy(), "", (48, 32))):
        assert not one.rgb.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            one.rgb[0] = 0


def test_images_are_equal_when_their_bytes_are():
    file = saved(photograph())
    one, other = read_image(file, "one"), read_image(file, "other")
    assert one == other
    assert hash(one) == hash(other)
    assert copy.deepcopy(one) == one
    assert one != read_image(saved(photograph(), "BMP"))
    assert one != one.sha256


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 4)])
def test_a_record_of_other_pixels_cannot_be_made(shape):
    with pytest.raises(ValueError, match="uint8"):
        ImageInput("0", np.zeros(shape, np.uint8), "x", (8, 8))


def test_an_image_of_one_colour_is_known_as_such():
    plain = np.full((4, 5, 3), 7, np.uint8)
    assert ImageInput("a", plain, "plain", (5, 4)).is_plain
    plain[3, 4, 2] = 8
    assert not ImageInput("b", plain, "nearly", (5, 4)).is_plain
