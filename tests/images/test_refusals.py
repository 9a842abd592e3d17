"""What cannot be opened is refused in one sentence, and nothing else ever comes out."""

import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from resnet_viz.errors import ImageError
from resnet_viz.images import decode
from resnet_viz.images.decode import read_image
from resnet_viz.images.records import ImageInput
from tests.images.example_images import photograph, png, saved, small_files


@pytest.mark.parametrize(
    ("width", "height", "says"),
    [
        (13_379, 13_379, "13,379 × 13,379 pixels, 179.0 million"),
        (5001, 5000, "5,001 × 5,000 pixels, 25.0 million"),
        (30_000, 10, "30,000 × 10"),
        (4, 400, "at least 8 × 8"),
        (4000, 100, "at most 20 times"),
    ],
)
def test_an_image_of_impossible_size_is_refused_by_its_header(width, height, says):
    # The body is no pixel stream: had it been decoded, the sentence would be of damage.
    with pytest.raises(ImageError, match=says):
        read_image(png(width, height, 8, 0, b"not compressed"))


def test_a_real_bomb_is_refused():
    rows = zlib.compress(bytes((13_379 // 8 + 2) * 13_379), 9)  # 179 million pixels of one bit
    assert len(rows) < 30_000
    with pytest.raises(ImageError, match="25 million"):
        read_image(png(13_379, 13_379, 1, 0, rows))


@pytest.mark.parametrize(
    ("kind", "options", "side"),
    [("WEBP", {"quality": 1, "method": 0}, 3500), ("JPEG", {"progressive": True}, 3500)],
)
def test_costly_decoders_get_smaller_images(kind, options, side):
    with pytest.raises(ImageError, match="at most 12 million"):
        read_image(saved(Image.new("RGB", (side, side)), kind, **options))


def test_float_tiff_gets_smaller_images():
    with pytest.raises(ImageError, match="32-bit TIFF images of at most 12 million"):
        read_image(saved(Image.new("F", (3500, 3500)), "TIFF", compression="tiff_deflate"))


def test_the_largest_webp_canvas_is_refused():
    bits = (16383 - 1) | (16383 - 1) << 14  # 14 bits each: width − 1, height − 1
    body = b"\x2f" + struct.pack("<I", bits) + bytes(20)
    vp8l = b"VP8L" + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2)
    with pytest.raises(ImageError, match="12 million"):
        read_image(b"RIFF" + struct.pack("<I", 4 + len(vp8l)) + b"WEBP" + vp8l)


def test_a_jpeg_of_endless_scans_is_refused():
    file = saved(photograph(), "JPEG", progressive=True)
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    with pytest.raises(ImageError, match="scans"):
        read_image(file[:-2] + scan * 5000 + file[-2:])


def test_a_busy_progressive_jpeg_is_not_mistaken_for_one():
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    file = saved(
        Image.fromarray(noise), "JPEG", quality=98, progressive=True, restart_marker_rows=1
    )
    assert read_image(file).rgb.shape == (256, 256, 3)


def test_a_file_above_the_byte_limit_is_refused():
    with pytest.raises(ImageError, match="at most 20 MB"):
        read_image(b"\xff\xd8\xff" + bytes(decode.MAX_BYTES))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
def test_half_a_file_is_damaged(kind, share):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    file = saved(Image.fromarray(noise), kind)
    with pytest.raises(ImageError, match="damaged or incomplete"):
        read_image(file[: max(16, int(len(file) * share))])


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\n <html>", "web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<svg>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", "HEIC"),
        (b"\x00\x00\x00\x18ftypavif\x00\x00", "AVIF"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00", "video"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"%!PS-Adobe-3.0 EPSF", "PostScript"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"hello", "a text"),
        (bytes(100), "no image"),
        (b"RIFF\x00\x00\x00\x00WAVE", "no image"),
        (b"\xff\xd8\xff", "damaged"),
        (b"BM", "damaged"),
    ],
)
def test_what_is_no_image_is_named(file, says):
    with pytest.raises(ImageError, match=says) as refusal:
        read_image(file)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("kind", list(small_files()))
def test_damaged_bytes_give_an_image_or_a_sentence(kind):
    whole = small_files()[kind]
    assert isinstance(read_image(whole), ImageInput)
    chance = random.Random(kind)
    headers = min(len(whole), 400)  # half of the damage where the structure is
    for trial in range(200):
        damaged = bytearray(whole)
        place = chance.randrange(headers if trial % 2 else len(whole))
        damaged[place] = chance.randrange(256)
        if trial % 10 == 0:
            damaged = damaged[:place]
        try:
            image = read_image(bytes(damaged))
        except ImageError:
            continue
        assert image.rgb.ndim == 3
