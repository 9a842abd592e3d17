"""Every kind of file becomes the same image; references are formulas or the formats' own."""

import struct
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from resnet_viz.errors import ImageError
from resnet_viz.images import decode
from resnet_viz.images.decode import read_image
from tests.images.example_images import chunk, mean_difference, photograph, png, saved, small_files


def as_stored(upright: npt.NDArray[np.uint8], orientation: int) -> Image.Image:
    """EXIF 2.32, tag 0x0112: which visual side row 0 and column 0 of the stored image are."""
    visual = {
        1: upright,  # row 0 top, column 0 left
        2: upright[:, ::-1],  # top, right
        3: upright[::-1, ::-1],  # bottom, right
        4: upright[::-1],  # bottom, left
        5: upright.swapaxes(0, 1),  # left, top
        6: upright[:, ::-1].swapaxes(0, 1),  # right, top
        7: upright[::-1, ::-1].swapaxes(0, 1),  # right, bottom
        8: upright[::-1].swapaxes(0, 1),  # left, bottom
    }[orientation]
    return Image.fromarray(np.ascontiguousarray(visual))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_lossless_files_come_out_pixel_for_pixel(kind):
    original = photograph()
    image = read_image(saved(original, kind))
    assert (image.rgb == np.asarray(original)).all()
    assert image.original_size == (48, 32)
    assert image.notes == ()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_lossy_files_come_out_nearly_the_same(kind):
    original = photograph()
    assert mean_difference(read_image(saved(original, kind)).rgb, np.asarray(original)) < 12


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_eight_exif_orientations_are_one_image(kind, orientation):
    upright = np.asarray(photograph())
    exif = Image.Exif()
    exif[0x0112] = orientation
    special: dict[str, dict[str, Any]] = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True}}
    options = special.get(kind, {})
    image = read_image(saved(as_stored(upright, orientation), kind, exif=exif, **options))
    assert image.rgb.shape == upright.shape
    assert mean_difference(image.rgb, upright) < (3 if kind == "JPEG" else 1e-9)
    assert image.original_size == (48, 32)
    if kind != "TIFF":
        assert any("upright" in note for note in image.notes) == (orientation != 1)


# As in the app, where odd tags are no warning: pytest's own filters stand before decode.py's.
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "exif", [b"Exif\x00\x00II*\x00\xff\xff\xff\xff", b"Exif\x00\x00" + b"\x00" * 40, b"junk"]
)
def test_a_damaged_exif_note_does_not_cost_the_image(exif):
    image = read_image(saved(photograph(), "JPEG", exif=exif))
    assert image.rgb.shape == (32, 48, 3)


def test_the_size_as_stored_is_given_after_turning():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = read_image(saved(photograph(4000, 2000), "JPEG", exif=exif))
    assert image.original_size == (2000, 4000)
    assert image.rgb.shape == (1600, 800, 3)
    assert "Reduced from 2,000 × 4,000 to 800 × 1,600 pixels." in image.notes


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_reduced_image_is_the_same_image(kind):
    image = read_image(saved(photograph(3300, 2200), kind))
    assert image.rgb.shape == (1067, 1600, 3)
    assert mean_difference(image.rgb, np.asarray(photograph(1600, 1067))) < 2


def test_sixteen_bit_grey_keeps_its_brightness():
    values = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    image = read_image(saved(Image.fromarray(values)))
    assert np.abs(image.rgb[..., 0] - values / 257).max() <= 0.5  # 65,535 = 257 · 255
    assert (image.rgb == image.rgb[..., :1]).all()
    assert any("16-bit" in note for note in image.notes)


def test_a_transparent_grey_of_a_sixteen_bit_png_is_white():
    rows = b"".join(b"\x00" + struct.pack(">8H", *[1000] * 4, *[0] * 4) for _ in range(8))
    file = png(8, 8, 16, 0, zlib.compress(rows))
    header_end = file.index(b"IDAT") - 4
    file = file[:header_end] + chunk(b"tRNS", struct.pack(">H", 1000)) + file[header_end:]
    image = read_image(file)
    assert (image.rgb[:, :4] == 255).all()
    assert (image.rgb[:, 4:] == 0).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.full((8, 8), 0.5), 127.5),  # within 0 to 1: taken as a share of white
        (np.linspace(-40.0, 900.0, 64).reshape(8, 8), 127.5),  # stretched: symmetric ramp
        (np.where(np.eye(8) > 0, np.nan, 1.0), 255 * 7 / 8),  # what is no number is black
        (np.full((8, 8), np.inf), 0.0),
        (np.full((8, 8), 1000.0), 0.0),
    ],
)
def test_float_tiff_has_a_sensible_brightness(values, expected):
    image = read_image(saved(Image.fromarray(values.astype(np.float32)), "TIFF"))
    assert abs(image.rgb.mean() - expected) <= 1
    assert image.notes


def test_a_32_bit_integer_tiff_is_stretched():
    values = np.arange(-100_000, 100_000, 3125, dtype=np.int32).reshape(8, 8)
    image = read_image(saved(Image.fromarray(values), "TIFF"))
    assert image.rgb.min() == 0
    assert image.rgb.max() == 255


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_colours_hidden_by_transparency_stay_hidden(kind):
    layered = np.zeros((16, 16, 4), np.uint8)
    layered[..., 0] = 255  # red everywhere ...
    layered[8:, :, 3] = 255  # ... visible in the lower half alone
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    image = read_image(saved(Image.fromarray(layered), kind, **options))
    assert (image.rgb[:8] == 255).all()
    assert (image.rgb[8:] == (255, 0, 0)).all()
    assert image.notes == ("Transparent parts were laid on white.",)


def test_half_transparent_is_half_white():
    image = read_image(saved(Image.new("RGBA", (8, 8), (200, 0, 100, 128))))
    expected = [value * 128 / 255 + 255 * 127 / 255 for value in (200, 0, 100)]
    assert np.abs(image.rgb - np.array(expected)).max() <= 1


@pytest.mark.parametrize("mode", ["P", "L", "RGB", "LA", "1"])
def test_transparency_of_other_kinds_is_white_too(mode):
    if mode == "LA":
        file = saved(Image.new("LA", (8, 8), (0, 0)))
    else:
        black = Image.new(mode, (8, 8))
        file = saved(black, transparency=(0, 0, 0) if mode == "RGB" else 0)
    assert (read_image(file).rgb == 255).all()


def test_an_opaque_alpha_channel_is_not_worth_a_note():
    assert read_image(saved(photograph().convert("RGBA"))).notes == ()


@pytest.mark.parametrize(("ink", "colour"), [((0, 0, 0, 0), 255), ((0, 0, 0, 255), 0)])
def test_paper_is_white_and_key_is_black_in_cmyk(ink, colour):
    image = read_image(saved(Image.new("CMYK", (16, 16), ink), "JPEG"))
    assert np.abs(image.rgb.astype(int) - colour).max() <= 2
    assert any("CMYK" in note for note in image.notes)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_an_animation_is_its_first_frame(kind):
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue")]
    options = {} if kind == "TIFF" else {"duration": 100, "loop": 0}
    if kind == "WEBP":
        options["lossless"] = True
    image = read_image(saved(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert (image.rgb == (255, 0, 0)).all()
    parts = "pages" if kind == "TIFF" else "frames"
    assert image.notes == (
        f"Only the first of 3 {parts} is used.",
        "Every pixel has the same colour.",
    )


def test_a_multi_image_jpeg_is_its_first_image():
    file = saved(photograph(), "MPO", save_all=True, append_images=[Image.new("RGB", (48, 32))])
    image = read_image(file)
    assert mean_difference(image.rgb, np.asarray(photograph())) < 12
    assert image.notes == ("Only the first of 2 images is used.",)


def test_the_still_image_of_an_animation_counts_too():
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue")]
    file = saved(frames[0], "PNG", save_all=True, append_images=frames[1:], default_image=True)
    image = read_image(file)
    assert (image.rgb == (255, 0, 0)).all()
    assert image.notes[0] == "Only the first of 3 frames is used."


@pytest.mark.parametrize("extension", ["image.png", "image.txt", "picture"])
def test_the_content_counts_and_not_the_extension(extension):
    assert read_image(saved(photograph(), "JPEG"), extension).name == extension


def test_a_large_baseline_jpeg_is_read_at_a_fraction():
    image = read_image(saved(Image.new("L", (7000, 5000), 90), "JPEG"))
    assert image.rgb.shape == (1143, 1600, 3)
    assert image.original_size == (7000, 5000)


def test_pillows_warnings_stay_inside():
    """In a process of its own, where a warning would be an error: an APNG that has no frames."""
    file = saved(photograph())
    odd = file[:33] + chunk(b"acTL", struct.pack(">II", 0, 0)) + file[33:]
    script = (
        "import sys; from resnet_viz.images.decode import read_image;"
        "print(read_image(sys.stdin.buffer.read()).rgb.shape)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", script], input=odd, capture_output=True
    )
    assert (done.stdout.strip(), done.stderr) == (b"(32, 48, 3)", b"")


def test_threads_do_not_disturb_each_other():
    files = list(small_files().values())
    alone = [read_image(file).rgb for file in files]
    with ThreadPoolExecutor(2) as threads:
        together = [image.rgb for image in threads.map(read_image, files * 3)]
    for expected, got in zip(alone * 3, together, strict=True):
        assert (expected == got).all()


def test_two_images_are_decoded_at_a_time(monkeypatch):
    lock, both, now, most = threading.Lock(), threading.Barrier(2), [0], [0]

    def slow(data, kind):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        both.wait(timeout=60)  # passes only if a second one is inside as well
        with lock:
            now[0] -= 1
        raise OSError("damaged")  # the place must be given back after a failure, too

    monkeypatch.setattr(decode, "_decode", slow)
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(read_image, saved(photograph())) for _ in range(8)]
        assert all(isinstance(one.exception(), ImageError) for one in waiting)
    assert most == [2]
