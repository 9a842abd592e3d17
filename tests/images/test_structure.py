"""What a file is and how many frames it has, told from its bytes; references are the formats' writers."""

import struct

import numpy as np
import pytest
from PIL import Image

from resnet_viz.errors import ImageError
from resnet_viz.images.decode import read_image
from resnet_viz.images.sniff import image_format
from resnet_viz.images.structure import frames
from tests.images.example_images import mean_difference, photograph, saved, small_files

ISO = b"\x00\x00\x00\x1cftyp%s\x00\x00\x00\x00%s"


def tiff_tags(*tags: tuple[int, int], order: str = "<") -> bytes:
    """The first page of a TIFF, with short numbers alone."""
    start = b"II*\x00" if order == "<" else b"MM\x00*"
    entries = b"".join(struct.pack(order + "HHIHH", tag, 3, 1, value, 0) for tag, value in tags)
    return start + struct.pack(order + "IH", 8, len(tags)) + entries + bytes(4)


@pytest.mark.parametrize(
    ("kind", "writer", "options"),
    [
        ("AVIF", "AVIF", {}),
        ("TGA", "TGA", {}),
        ("TGA", "TGA", {"compression": "tga_rle"}),
        ("PPM", "PPM", {}),
    ],
)
def test_further_kinds_are_opened(kind, writer, options):
    for original in (photograph(), photograph().convert("L")):
        file = saved(original, writer, **options)
        assert image_format(file) == kind
        image = read_image(file)
        limit = 12 if kind == "AVIF" else 1e-9
        assert mean_difference(image.rgb, np.asarray(original.convert("RGB"))) < limit


def test_a_bitmap_of_text_and_one_of_bits_are_opened():
    plain = b"P3\n# by hand\n8 8\n10\n" + b"10 5 0\n" * 64
    assert (read_image(plain).rgb == (255, 128, 0)).all()
    assert (read_image(b"P4\n8 8\n" + b"\xf0" * 8).rgb[0, :, 0] == [0] * 4 + [255] * 4).all()
    deep = b"P5\n8 8\n65535\n" + struct.pack(">64H", *[0x8080] * 64)
    assert (read_image(deep).rgb == 128).all()


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (ISO % (b"heic", b"mif1heic"), "HEIC image, as iPhones take them; .*Most Compatible"),
        (ISO % (b"mif1", b"mif1heic"), "HEIC"),
        (ISO % (b"crx ", b"crx isom"), "raw file; export it as JPEG"),
        (ISO % (b"isom", b"iso2avc1"), "video"),
        (ISO % (b"qt  ", b"qt  qt  "), "video"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xff\x4f\xff\x51\x00\x2f", "JPEG 2000"),
        (b"\xff\x0a\x00", "JPEG XL"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"8BPS\x00\x01", "Photoshop"),
        (b"qoif\x00\x00", "QOI"),
        (b"FUJIFILMCCD-RAW 0201", "raw file"),
        (b"IIRO\x08\x00", "raw file"),
        (b"IIU\x00\x08\x00", "raw file"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00", "raw file"),
        (tiff_tags((50706, 1)), "raw file"),
        (tiff_tags((50706, 1), order=">"), "raw file"),
        (tiff_tags((254, 1), (330, 8)), "raw file"),
        (tiff_tags((262, 32803)), "raw file"),
        (b"\x1aE\xdf\xa3", "video"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "video"),
        (bytes(128) + b"DICM", "DICOM"),
        (b"\x00\x00\x02\x00\x01\x00", "cursor"),
        (b"\x01\x00\x00\x00" + bytes(36) + b" EMF", "metafile"),
        (b"FLIF44", "FLIF"),
        (b"#define a_width 8\n#define a_height 8\n", "XBM"),
        (b"\r\n%PDF-1.4", "PDF"),
        (b"\x89PNG\n\x1a\n", "transfer as text"),
        (b"\x00\x00\x00\x18ftyp", "cut off after its first 8 bytes"),
        (b"nothing \x00 of this kind", "no image that is known here"),
    ],
)
def test_other_images_are_refused_by_name(file, says):
    with pytest.raises(ImageError, match=rf"^This file seems to be .*{says}.*\.$"):
        read_image(file)


@pytest.mark.parametrize(
    "brands", [(b"avif", b"mif1miaf"), (b"mif1", b"avifmiaf"), (b"avis", b"msf1")]
)
def test_avif_is_told_from_heic_by_all_its_brands(brands):
    assert image_format(ISO % brands) == "AVIF"


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("options", [{}, {"duration": 100, "loop": 0}])
def test_the_first_of_so_many_frames_is_said(kind, count, options):
    images = [photograph().rotate(10 * index) for index in range(count)]
    options = options if kind in ("GIF", "PNG", "WEBP") else {}
    file = saved(images[0], kind, save_all=True, append_images=images[1:], **options)
    parts = "pages" if kind == "TIFF" else "frames"
    note = f"Only the first of {count} {parts} is used."
    assert read_image(file).notes == (() if count == 1 else (note,))


def test_frames_that_are_too_many_to_count_are_several():
    frame = b"\x2c" + struct.pack("<4H", 0, 0, 8, 8) + b"\x00\x02" + b"\x01\x00" * 60 + b"\x00"
    file = b"GIF89a" + struct.pack("<HH", 8, 8) + b"\x00\x00\x00" + frame * 5000 + b"\x3b"
    assert frames(file, "GIF") is None


@pytest.mark.parametrize("kind", small_files())
def test_damage_does_not_lead_astray(kind):
    file = small_files()[kind]
    known = image_format(file)
    for length in range(0, len(file), 7):
        count = frames(file[:length], known)
        assert count is None or count >= 1


def test_pages_in_a_circle_are_counted_once():
    file = bytearray(saved(photograph(), "TIFF"))
    (first,) = struct.unpack_from("<I", file, 4)
    (entries,) = struct.unpack_from("<H", file, first)
    struct.pack_into("<I", file, first + 2 + 12 * entries, first)
    assert frames(bytes(file), "TIFF") == 1


def test_a_sequential_jpeg_in_separate_scans_gets_the_limit_of_a_progressive_one():
    file = saved(Image.new("RGB", (4000, 3500), "red"), "JPEG", quality=10, subsampling=0)
    start = file.index(b"\xff\xda")
    alone = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"  # the first component, and nothing else
    assert read_image(file).original_size == (4000, 3500)
    with pytest.raises(ImageError, match="multi-scan JPEG images of at most 12 million"):
        read_image(file[:start] + alone + file[start + 14 :])


def test_a_gif_that_is_too_large_is_told_its_own_limit():
    file = saved(Image.new("P", (64, 64)), "GIF")
    with pytest.raises(ImageError, match="GIF images of at most 25 million"):
        read_image(file[:6] + struct.pack("<HH", 9000, 9000) + file[10:])


@pytest.mark.parametrize(("width", "height"), [(8064, 6048), (12000, 9000)])
def test_phone_photographs_of_48_and_108_megapixels_are_opened(width, height):
    image = read_image(saved(Image.new("L", (width, height), 128), "JPEG"))
    assert image.original_size == (width, height)
    assert image.rgb.shape == (1200, 1600, 3)
    assert (image.rgb == 128).all()


@pytest.mark.parametrize(
    ("mode", "options", "limit"),
    [
        ("RGBA", {}, "transparent PNG images of at most 16 million"),
        ("L", {"transparency": 3}, "transparent PNG images of at most 16 million"),
        ("L", {}, ""),
    ],
)
def test_transparent_images_may_have_fewer_pixels(mode, options, limit):
    file = saved(Image.new(mode, (4200, 4000), 9), compress_level=1, **options)
    if limit:
        with pytest.raises(ImageError, match=limit):
            read_image(file)
    else:
        assert read_image(file).rgb.shape == (1524, 1600, 3)
