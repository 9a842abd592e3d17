"""What a file is, from its first bytes: its name and its extension are not asked."""

from collections.abc import Callable
from typing import Final

from resnet_viz.errors import ImageError
from resnet_viz.images.structure import is_raw_tiff
from resnet_viz.signatures import by_signature, opening_text

ACCEPTED: Final = "JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF, TGA and PPM images can be opened"

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),  # BigTIFF
    (b"MM\x00+", "TIFF"),
    *((b"P%d" % number, "PPM") for number in range(1, 7)),
)
RAW: Final = "a camera's raw file; export it as JPEG or TIFF with the camera's program"
HEIC: Final = (
    "a HEIC image, as iPhones take them; save it as JPEG (iPhone: in the Files app hold the "
    "image, then Quick Actions, Convert Image; Mac: Preview, Export), or take the next one with "
    "Settings, Camera, Formats, Most Compatible"
)
_JPEG_2000: Final = "a JPEG 2000 image; save it as PNG or JPEG"
_JPEG_XL: Final = "a JPEG XL image; save it as PNG or JPEG"
_VIDEO: Final = "a video; save one of its frames as PNG or JPEG"
_FOREIGN: Final = (
    (b"%PDF", "a PDF document; export its page as PNG"),
    (b"%!PS", "a PostScript drawing; export it as PNG"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript drawing; export it as PNG"),
    (b"8BPS", "a Photoshop document; export it as PNG or JPEG"),
    (b"gimp xcf", "a GIMP document; export it as PNG or JPEG"),
    (b"PK\x03\x04", "a ZIP archive; unpack it first"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"\x00\x00\x01\x00", "a Windows icon; save it as PNG"),
    (b"icns", "a Mac icon; save it as PNG"),
    (b"\x00\x00\x00\x0cjP  ", _JPEG_2000),
    (b"\xff\x4f\xff\x51", _JPEG_2000),
    (b"\xff\x0a", _JPEG_XL),
    (b"\x00\x00\x00\x0cJXL ", _JPEG_XL),
    (b"II\xbc\x01", "a JPEG XR image; save it as PNG or JPEG"),
    (b"BPG\xfb", "a BPG image; save it as PNG or JPEG"),
    (b"qoif", "a QOI image; save it as PNG"),
    (b"P7\n", "a PAM image; save it as PNG"),
    (b"Pf\n", "a PFM image; save it as PNG or TIFF"),
    (b"PF\n", "a PFM image; save it as PNG or TIFF"),
    (b"v/1\x01", "an OpenEXR image; save it as PNG or TIFF"),
    (b"#?RADIANCE", "a Radiance image; save it as PNG or TIFF"),
    (b"#?RGBE", "a Radiance image; save it as PNG or TIFF"),
    (b"DDS ", "a DDS texture; save it as PNG"),
    (b"\x0a\x05\x01\x08", "a PCX image; save it as PNG"),
    (b"\x01\xda", "an SGI image; save it as PNG"),
    (b"\x00\x00\x02\x00", "a Windows cursor; save it as PNG"),
    (b"\xd7\xcd\xc6\x9a", "a Windows metafile; export it as PNG"),
    (b"FLIF", "a FLIF image; save it as PNG"),
    (b"AT&TFORM", "a DjVu document; export its page as PNG"),
    (b"\x8aMNG", "a MNG animation; save one of its frames as PNG"),
    (b"\x8bJNG", "a JNG image; save it as PNG"),
    (b"SDPX", "a DPX image; save it as PNG or TIFF"),
    (b"XPDS", "a DPX image; save it as PNG or TIFF"),
    (b"\x80\x2a\x5f\xd7", "a Cineon image; save it as PNG or TIFF"),
    (b"\xabKTX ", "a KTX texture; save it as PNG"),
    (b"\x13\xab\xa1\x5c", "an ASTC texture; save it as PNG"),
    (b"/* XPM */", "an XPM image; save it as PNG"),
    (b"\x89PNG", "a PNG image that a transfer as text has damaged; fetch it once more"),
    (b"SIMPLE  =", "a FITS image; save it as PNG or TIFF"),
    (b"\x93NUMPY", "a numpy array; save it as PNG or TIFF"),
    (b"\x89HDF", "an HDF5 file"),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"IIRO", RAW),  # Olympus
    (b"IIRS", RAW),
    (b"MMOR", RAW),
    (b"IIU\x00", RAW),  # Panasonic
    (b"FOVb", RAW),  # Sigma
    (b"\x00MRM", RAW),  # Minolta
    (b"II\x1a\x00\x00\x00HEAPCCDR", RAW),  # the first Canons
    (b"\x1aE\xdf\xa3", _VIDEO),  # Matroska, WebM
    (b"OggS", _VIDEO),
    (b"FLV\x01", _VIDEO),
    (b"\x00\x00\x01\xba", _VIDEO),  # MPEG
    (b"\x00\x00\x01\xb3", _VIDEO),
    (b"0&\xb2u\x8ef\xcf\x11", _VIDEO),  # Windows Media
    (b"version https://git-lfs", "a Git LFS pointer in place of the file"),
)
# ISO media files name their brands after "ftyp": the first is the major one, the others are compatible.
_BRANDS: Final = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), HEIC),
    **dict.fromkeys((b"heif", b"mif1", b"mif2", b"msf1"), HEIC),
    b"crx ": RAW,  # Canon's CR3
    b"jp2 ": _JPEG_2000,
    b"jxl ": _JPEG_XL,
}
_GENERAL: Final = (b"mif1", b"msf1", b"miaf")  # of HEIC and AVIF alike
_MARKUP: Final = (
    (b"<svg", "an SVG drawing; export it as PNG"),
    (b"<!doctype html", "a web page in place of an image; save the image itself"),
    (b"<html", "a web page in place of an image; save the image itself"),
    (b"<?xml", "an XML document"),
)


def image_format(content: bytes) -> str:
    """One of JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF, TGA, PPM.

    Raises:
        ImageError: the file is none of these; the sentence says what it seems to be.
    """
    if not content:
        raise ImageError(f"This file is empty (0 bytes); {ACCEPTED}.")
    kind = _known(content)
    if kind == "TIFF" and is_raw_tiff(content):
        raise ImageError(f"This file seems to be {RAW}.")
    if kind:
        return kind
    what = _foreign(content)
    raise ImageError(f"This file seems to be {what}{'.' if ';' in what else f'; {ACCEPTED}.'}")


def _known(content: bytes) -> str | None:
    for signature, kind in _SIGNATURES:
        if content.startswith(signature) and (kind != "PPM" or content[2:3].isspace()):
            return kind
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WebP"
    if _brand(content) == "AVIF":
        return "AVIF"
    return "TGA" if _is_tga(content) else None


def _brand(content: bytes) -> str | None:
    """What an ISO media file is, by its brands."""
    if content[4:8] != b"ftyp":
        return None
    if len(content) < 12:
        return f"cut off after its first {len(content)} bytes; fetch it once more"
    end = min(int.from_bytes(content[:4], "big"), 256)
    brands = [content[8:12], *(content[at : at + 4] for at in range(16, end, 4))]
    if brands[0] in _GENERAL:
        brands = [brand for brand in brands if brand not in _GENERAL] + brands
    return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), _VIDEO)


def _is_tga(content: bytes) -> bool:
    """TGA has no signature: either its last bytes tell, or every field of its header must be possible."""
    if len(content) < 18 or content[1] not in (0, 1) or content[2] not in (1, 2, 3, 9, 10, 11):
        return False
    if content.endswith(b"TRUEVISION-XFILE.\x00"):
        return True
    has_colour_map = content[2] in (1, 9)
    width, height = (int.from_bytes(content[at : at + 2], "little") for at in (12, 14))
    return (
        bool(content[1]) == has_colour_map
        and (has_colour_map or not any(content[3:8]))
        and width * height > 0
        and content[16] in ((8,) if content[2] in (1, 3, 9, 11) else (15, 16, 24, 32))
        and content[17] & 0b11000000 == 0
    )


def _foreign(content: bytes) -> str:
    if what := by_signature(content, _FOREIGN):
        return what
    for is_it, what in _TOLD_OTHERWISE:
        if is_it(content):
            return what
    brand = _brand(content)
    if brand is not None:
        return brand
    text = opening_text(content)
    if text.startswith(b"<"):
        return next((what for tag, what in _MARKUP if tag in text), "an XML document")
    return "a text" if text else "no image that is known here"


_TOLD_OTHERWISE: Final[tuple[tuple[Callable[[bytes], bool], str], ...]] = (
    (lambda content: content[:4] == b"RIFF" and content[8:12] == b"AVI ", _VIDEO),
    (lambda content: content[:1] == b"G" and content[188:189] == b"G", _VIDEO),  # MPEG-TS
    (lambda content: b"%PDF-" in content[:1024], "a PDF document; export its page as PNG"),
    (lambda content: content[40:44] == b" EMF", "a Windows metafile; export it as PNG"),
    (
        lambda content: content.startswith(b"#define ") and b"_width " in content[:200],
        "an XBM image; save it as PNG",
    ),
    (lambda content: content[128:132] == b"DICM", "a DICOM image; export it as PNG or TIFF"),
    (lambda content: content[4:8] in (b"moov", b"mdat", b"wide"), _VIDEO),  # old QuickTime
)
