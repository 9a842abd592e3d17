"""Values of every depth come out with their brightness; references are formulas by hand."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from resnet_viz.errors import ImageError
from resnet_viz.images.decode import read_image
from resnet_viz.images.records import ImageInput
from tests.images.example_images import PNG_START, chunk, photograph, saved

Values = npt.NDArray[Any]

RAMP = np.linspace(0, 1, 64 * 48).reshape(48, 64)


def tiff(values: Values, **tags: int) -> bytes:
    """A TIFF of 16-bit grey with the tags that are named."""
    directory = ImageFileDirectory_v2()
    for name, value in tags.items():
        number = {"photometric": 262, "largest": 281, "s_largest": 341}[name]
        directory[number] = value
        directory.tagtype[number] = 3  # SHORT
    return saved(Image.fromarray(values), "TIFF", tiffinfo=directory)


def wide_png(values: Values, colours: int, significant: int | None = None) -> bytes:
    """A PNG of 16-bit values, (H, W, channels)."""
    height, width, _ = values.shape
    rows = b"".join(b"\x00" + row.astype(">u2").tobytes() for row in values)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colours, 0, 0, 0))
    bits = b"" if significant is None else chunk(b"sBIT", bytes([significant] * values.shape[2]))
    return PNG_START + header + bits + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def brightness(image: ImageInput) -> Values:
    return image.rgb.astype(float) / 255


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_values_of_fewer_bits_in_a_grey_file_keep_their_brightness(bits):
    values = np.rint(RAMP * (2**bits - 1)).astype(np.uint16)
    for file in (saved(Image.fromarray(values)), saved(Image.fromarray(values), "TIFF")):
        image = read_image(file)
        assert np.abs(brightness(image)[..., 0] - RAMP).max() < 1 / 100
        assert f"its highest value is {2**bits - 1:,}" in image.notes[0]


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("colours", [2, 4, 6])
def test_values_of_fewer_bits_in_a_colour_file_keep_their_brightness(bits, colours):
    channels = {2: 3, 4: 2, 6: 4}[colours]
    values = np.rint(np.stack([RAMP] * channels, -1) * (2**bits - 1))
    if channels in (2, 4):
        values[..., -1] = 2**16 - 1  # opaque
    image = read_image(wide_png(values, colours))
    assert np.abs(brightness(image) - RAMP[..., None]).max() < 1 / 100
    assert f"white is {2**bits - 1:,}" in image.notes[0]


def test_what_a_file_declares_comes_before_its_highest_value():
    values = np.rint(RAMP * 500).astype(np.uint16)
    for file in (
        tiff(values, s_largest=1023),
        tiff(values, largest=1023),
        wide_png(values[..., None], 0, significant=10),
    ):
        image = read_image(file)
        assert np.abs(brightness(image)[..., 0] - RAMP * 500 / 1023).max() < 1 / 200
        assert "white is 1,023, as the file declares" in image.notes[0]


def test_a_dark_file_that_declares_all_sixteen_bits_stays_dark():
    values = np.rint(RAMP * 500).astype(np.uint16)
    image = read_image(tiff(values, s_largest=65535))
    assert np.abs(brightness(image)[..., 0] - RAMP * 500 / 65535).max() < 1 / 200
    assert image.notes == ("16-bit grey was scaled to 8 bits.",)


def test_a_file_that_scaled_its_ten_bits_up_as_png_wants_it_is_left_alone():
    values = np.rint(RAMP * 65535).astype(np.uint16)[..., None]
    image = read_image(wide_png(values, 0, significant=10))
    assert np.abs(brightness(image)[..., 0] - RAMP).max() < 1 / 200


@pytest.mark.parametrize("bits", [12, 16])
def test_white_is_zero_where_a_tiff_says_so(bits):
    values = np.rint((1 - RAMP) * (2**bits - 1)).astype(np.uint16)
    image = read_image(tiff(values, photometric=0))
    assert np.abs(brightness(image)[..., 0] - RAMP).max() < 1 / 100


def test_white_is_zero_in_float_too():
    directory = ImageFileDirectory_v2()
    directory[262] = 0
    original = Image.fromarray((1 - RAMP).astype(np.float32))
    image = read_image(saved(original, "TIFF", tiffinfo=directory))
    assert np.abs(brightness(image)[..., 0] - RAMP).max() < 1 / 100


def test_sixteen_bit_colours_that_use_all_bits_are_as_pillow_reads_them():
    values = np.rint(np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], -1) * 65535)
    image = read_image(wide_png(values, 2))
    assert np.abs(brightness(image) * 65535 / 257 * 257 - values).max() < 257
    assert image.notes == ()


def test_a_colour_table_of_bytes_in_16_bit_fields_is_read_as_bytes():
    original = photograph().quantize(16)
    file = bytearray(saved(original, "TIFF"))
    with Image.open(BytesIO(file)) as opened:
        table = opened.tag_v2[320]  # type: ignore[attr-defined]
    stored = struct.pack(f"<{len(table)}H", *table)
    at = file.index(stored)
    file[at : at + len(stored)] = struct.pack(f"<{len(table)}H", *(value // 256 for value in table))
    image = read_image(bytes(file))
    assert (image.rgb == np.asarray(original.convert("RGB"))).all()
    assert any("colour table" in note for note in image.notes)


@pytest.mark.parametrize(
    ("colour", "ground"),
    [((255, 255, 255), 0), ((250, 240, 200), 0), ((0, 0, 0), 255), ((200, 30, 60), 255)],
)
def test_what_is_visible_is_laid_where_it_can_be_seen(colour, ground):
    layered = np.zeros((32, 32, 4), np.uint8)
    layered[8:24, 8:24] = (*colour, 255)
    image = read_image(saved(Image.fromarray(layered)))
    assert (image.rgb[0, 0] == ground).all()
    assert tuple(image.rgb[16, 16]) == colour
    assert ("black" if ground == 0 else "white") in image.notes[0]


@pytest.mark.parametrize("mode", ["LA", "P", "L"])
def test_a_white_logo_of_any_kind_is_laid_on_black(mode):
    grey = np.zeros((32, 32), np.uint8)
    grey[8:24, 8:24] = 255
    original = Image.fromarray(grey)
    if mode == "LA":
        file = saved(Image.merge("LA", (Image.new("L", (32, 32), 255), original)))
    else:
        file = saved(original.convert(mode), transparency=0)
    assert (read_image(file).rgb == grey[..., None]).all()


def test_a_strip_of_transparency_at_the_end_is_found():
    """Large images are converted in strips."""
    layered = np.full((2000, 700, 4), 255, np.uint8)
    layered[..., :3] = (10, 200, 30)
    layered[-1, -1, 3] = 0
    image = read_image(saved(Image.fromarray(layered), compress_level=1))
    assert "Transparent parts were laid on white." in image.notes
    assert (image.rgb[0, 0] == (10, 200, 30)).all()


@pytest.mark.parametrize("value", [0, 77, 255])
def test_one_colour_is_said(value):
    image = read_image(saved(Image.new("RGB", (40, 30), (value, 3, 9))))
    assert image.notes == ("Every pixel has the same colour.",)
    original = Image.new("RGB", (40, 30), (value, 3, 9))
    original.putpixel((17, 11), (value, 3, 10))
    assert read_image(saved(original)).notes == ()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_colour_profile_is_named_and_numbers_stay(kind):
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    srgb = read_image(saved(photograph(), kind, icc_profile=bytes(profile)))
    assert srgb.notes == ()
    name = "sRGB built-in".encode("utf-16-be")
    at = profile.index(name)
    profile[at : at + len(name)] = "Display P3 ab".encode("utf-16-be")
    image = read_image(saved(photograph(), kind, icc_profile=bytes(profile)))
    assert (image.rgb == srgb.rgb).all()
    (note,) = image.notes
    assert note.startswith("Its numbers are of the colour profile “Display P3 ab”")


@pytest.mark.parametrize("size", [0, 40, 127, 128, 131, 140, 300])
def test_a_damaged_profile_costs_nothing(size):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()[:size]
    assert read_image(saved(photograph(), icc_profile=profile)).rgb.shape == (32, 48, 3)


def tiff_of(values: Values, compression: str | None = None, order: str = "<") -> bytes:
    """A TIFF in one strip with numbers of any type, whose samples may lie in planes: (planes, H, W)."""
    planes, height, width = values.shape if values.ndim == 3 else (1, *values.shape)
    content = values.astype(f"{order}{values.dtype.str[1:]}").tobytes()
    content = zlib.compress(content) if compression else content
    at, bits = 8, 8 * values.dtype.itemsize
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    entries = {
        **{256: width, 257: height, 258: bits, 259: 8 if compression else 1},
        **{262: 2 if planes > 1 else 1, 273: at, 277: planes, 278: height, 279: len(content)},
        **{284: 2 if planes > 1 else 1, 339: kind},
    }
    directory = {tag: (4, [value]) for tag, value in entries.items()}
    directory |= {tag: (3, [entries[tag]]) for tag in (258, 259, 262, 277, 284, 339)}
    end = at + len(content)
    extra = b""
    if planes > 1:  # what does not fit into an entry stands behind the directory
        lengths = [len(content) // planes] * planes
        places = [at + sum(lengths[:n]) for n in range(planes)]
        directory |= {258: (3, [bits] * planes), 339: (3, [kind] * planes)}
        directory |= {273: (4, places), 279: (4, lengths)}
    behind = end + 2 + 12 * len(directory) + 4
    rows = b""
    for tag, (code, numbers) in sorted(directory.items()):
        packed = struct.pack(f"{order}{len(numbers)}{'H' if code == 3 else 'I'}", *numbers)
        if len(packed) > 4:
            place, extra = behind + len(extra), extra + packed
            packed = struct.pack(f"{order}I", place)
        rows += struct.pack(f"{order}HHI", tag, code, len(numbers)) + packed.ljust(4, b"\0")
    start = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, end)
    return start + content + struct.pack(f"{order}H", len(directory)) + rows + bytes(4) + extra


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize(
    ("kind", "low", "high"), [("f4", 0, 1), ("i4", -2e9, 2e9), ("i2", -9, 9999)]
)
def test_numbers_of_a_tiff_are_read_in_its_own_order_of_bytes(order, compression, kind, low, high):
    values = (low + RAMP * (high - low)).astype(kind)
    image = read_image(tiff_of(values, compression, order))
    assert np.abs(brightness(image)[..., 0] - RAMP).max() < 1 / 100


def test_unsigned_and_extreme_numbers_are_not_taken_for_others():
    for values in (
        (RAMP * (2**32 - 1)).astype("u4"),
        ((RAMP - 0.5) * 6e38).astype("f4"),
        np.rint(RAMP * 255 - 128).astype("i1"),
    ):
        image = read_image(tiff_of(values))
        assert np.abs(brightness(image)[..., 0] - RAMP).max() < 1 / 100
        assert "to white" in image.notes[0]


def test_wide_colours_in_planes_are_refused_and_not_misread():
    planes = np.stack([RAMP, 1 - RAMP, RAMP])
    narrow = read_image(tiff_of(np.rint(planes * 255).astype("u1")))
    assert np.abs(brightness(narrow) - np.moveaxis(planes, 0, -1)).max() < 1 / 100
    with pytest.raises(ImageError, match=r"a plane of its own.*interleaved"):
        read_image(tiff_of(np.rint(planes * 65535).astype("u2")))


def test_a_faint_white_logo_is_laid_on_black_too():
    pixels = np.full((48, 64, 4), 255, np.uint8)
    pixels[..., 3] = 0
    pixels[10:30, 10:30, 3] = 60
    image = read_image(saved(Image.fromarray(pixels)))
    assert image.rgb[20, 20].tolist() == [60] * 3
    assert image.rgb[0, 0].tolist() == [0] * 3


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        (b"cICP", bytes([9, 16, 0, 1]), "of the colour space BT.2020 with PQ (HDR)"),
        (b"cICP", bytes([12, 13, 0, 1]), "of the colour space Display P3"),
        (b"cICP", bytes([1, 13, 0, 1]), ""),
        (b"gAMA", struct.pack(">I", 100_000), "of gamma 1.00"),
        (b"gAMA", struct.pack(">I", 45_455), ""),
    ],
)
def test_a_colour_space_that_is_no_srgb_is_named(name, body, says):
    file = saved(photograph())
    first = file.index(b"IDAT") - 4
    image = read_image(file[:first] + chunk(name, body) + file[first:])
    assert [says in note for note in image.notes] == ([True] if says else [])
    assert (image.rgb == np.asarray(photograph())).all()


def test_the_colour_space_of_an_avif_is_named():
    file = saved(photograph(), "AVIF")
    at = file.index(b"colrnclx") + 8
    image = read_image(file[:at] + struct.pack(">HH", 9, 18) + file[at + 4 :])
    assert "BT.2020 with HLG (HDR)" in image.notes[0]
    assert read_image(file).notes == ()


def test_a_profile_of_two_megabytes_costs_no_image():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = saved(photograph(), icc_profile=profile + bytes(2_000_000))
    assert (read_image(file).rgb == np.asarray(photograph())).all()
