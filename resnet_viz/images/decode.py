"""From the bytes of a file to checked pixels, or to one sentence that says why not."""

import hashlib
import re
import struct
import threading
import warnings
from collections.abc import Callable, Mapping
from io import BytesIO

import numpy as np
from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from resnet_viz.errors import ImageError
from resnet_viz.images.convert import to_rgb
from resnet_viz.images.records import ImageInput, Pixels
from resnet_viz.images.sniff import picture_format

MAX_BYTES = 20 * 2**20
MAX_SIDE = 20_000
MIN_SIDE = 8
MAX_RATIO = 20  # a strip of 1,600 × 1 would become 358,400 × 224 for the network
MEGAPIXELS = {"JPEG": 40}  # JPEG decodes at an eighth of its size when asked
MEGAPIXELS_OTHER = 25
MEGAPIXELS_COSTLY = 12  # decoders that hold several times the picture at once
MAX_SEGMENTS = 200  # scans and tables of a JPEG; encoders write about 20, an attack 100,000
SHOWN_SIDE = 1600

ORIENTATION = 0x0112  # the one EXIF tag that is read
_TURNS: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset(_TURNS[orientation] for orientation in (5, 6, 7, 8))
# Each format's own class, not Image.open: only the sniffed parser runs, a JPEG with a
# multi-picture index stays a JPEG, and the size can be refused in our words.
_READERS: Mapping[str, Callable[[BytesIO], ImageFile.ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WebP": WebPImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
    "TIFF": TiffImageFile,
}
_EXIF_FAULTS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
    struct.error,
)
# A JPEG marker within or after a scan; 00, 01, D0 to D8 and FF are part of the scan itself.
_MARKER = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")
# libjpeg and libwebp hold up to 400 MB for a moment for the largest picture that is allowed.
_GATE = threading.BoundedSemaphore(2)

# Once, here: `warnings.catch_warnings` is of the whole process and not safe among threads.
# Pillow refuses above twice the first number wherever else in the process it is used.
Image.MAX_IMAGE_PIXELS = max(MEGAPIXELS.values()) * 10**6
warnings.simplefilter("error", Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # odd tags in odd files


def read_image(data: bytes, name: str = "picture") -> ImageInput:
    """The first frame of a JPEG, PNG, WebP, GIF, BMP or TIFF file as RGB, at most 1,600 px long.

    The format comes from the content. The result is rebuilt from raw pixels: no EXIF, colour
    profile or comment survives. At most two pictures are decoded at a time in this process.

    Raises:
        ImageError: the file is too large, no such picture, or damaged; and nothing else.
    """
    if len(data) > MAX_BYTES:
        raise ImageError(
            f"This file has {len(data) / 2**20:,.1f} MB; at most {MAX_BYTES // 2**20} MB "
            "can be opened."
        )
    kind = picture_format(data)
    with _GATE:
        try:
            rgb, original_size, notes = _decode(data, kind)
        except ImageError:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
            raise ImageError(  # a WebP canvas or TIFF tile, refused before its size is known here
                f"This {kind} picture has more pixels than can be opened; "
                f"reduce it to at most {MEGAPIXELS_COSTLY} million."
            ) from fault
        except Exception as fault:  # Pillow raises a dozen types for damaged files
            raise ImageError(
                f"This {kind} file is damaged or incomplete, or of a rare kind; "
                "save the picture once more, or choose another."
            ) from fault
    return ImageInput(hashlib.sha256(data).hexdigest(), rgb, name, original_size, notes)


def _decode(data: bytes, kind: str) -> tuple[Pixels, tuple[int, int], tuple[str, ...]]:
    """(H, W, 3) pixels, (width, height) as stored after turning, notes."""
    picture = _READERS[kind](BytesIO(data))
    _check_size(picture, kind)
    width, height = picture.size
    if isinstance(picture, JpegImageFile):
        _check_segments(data, picture)
        picture.draft("RGB", _shown((width, height)))  # stays at least as large as asked for
    picture.load()
    notes: tuple[str, ...] = ()
    if _moves(data, picture):
        notes += ("Only the first frame or page is used.",)
    upright, converted = to_rgb(picture)
    notes += converted
    turn = _turn(picture)
    if turn is not None:
        notes += ("Turned upright, as the camera noted in the file (EXIF orientation).",)
        upright = upright.transpose(turn)
        if turn in _SIDEWAYS:
            width, height = height, width
    shown = _shown((width, height))
    if shown != (width, height):
        notes += (f"Reduced from {width:,} × {height:,} to {shown[0]:,} × {shown[1]:,} pixels.",)
        upright = upright.resize(shown, Image.Resampling.LANCZOS)
    pixels = np.frombuffer(upright.tobytes(), np.uint8)  # read-only, and nothing but pixels
    return pixels.reshape(shown[1], shown[0], 3), (width, height), notes


def _check_size(picture: ImageFile.ImageFile, kind: str) -> None:
    """Before anything is decoded: the size that the header declares."""
    width, height = picture.size
    this = f"This picture is {width:,} × {height:,} pixels"
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"{this}; at least {MIN_SIDE} × {MIN_SIDE} are needed.")
    if max(width, height) > MAX_SIDE:
        raise ImageError(f"{this}; a side may have at most {MAX_SIDE:,}.")
    what, limit = kind, MEGAPIXELS.get(kind, MEGAPIXELS_OTHER)
    if kind == "WebP" or picture.mode in ("I", "F") or "progressive" in picture.info:
        what = {"JPEG": "progressive JPEG", "WebP": "WebP"}.get(kind, f"32-bit {kind}")
        limit = MEGAPIXELS_COSTLY
    if width * height > limit * 10**6:
        raise ImageError(
            f"{this}, {width * height / 1e6:,.1f} million in all; "
            f"{what} pictures of at most {limit} million pixels can be opened."
        )
    if max(width, height) > MAX_RATIO * min(width, height):
        raise ImageError(f"{this}; the longer side may be at most {MAX_RATIO} times the shorter.")


def _check_segments(data: bytes, picture: JpegImageFile) -> None:
    """A scan of 20 bytes makes libjpeg pass over the whole picture: a file could hold a million."""
    assert picture.fp is not None  # open until it is loaded
    at, segments = picture.fp.tell(), 1  # behind the header of the first scan
    while (marker := _MARKER.search(data, at)) and marker.group() != b"\xff\xd9":
        segments += 1
        if segments > MAX_SEGMENTS:
            raise ImageError(
                f"This JPEG file has more than {MAX_SEGMENTS} scans and tables, which no camera "
                "or program writes; save the picture once more."
            )
        at = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")


def _shown(size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) with the longer side at most 1,600 pixels."""
    longer = max(size)
    if longer <= SHOWN_SIDE:
        return size
    width, height = (max(1, round(side * SHOWN_SIDE / longer)) for side in size)
    return width, height


def _moves(data: bytes, picture: ImageFile.ImageFile) -> bool:
    """Whether more frames or pages follow, without reading them (`n_frames` scans the file)."""
    if isinstance(picture, GifImageFile):
        return "loop" in picture.info or picture.info.get("duration", 0) > 0
    if isinstance(picture, PngImageFile):
        return b"acTL" in data[: data.find(b"IDAT")]
    if isinstance(picture, WebPImageFile):
        return data[12:16] == b"VP8X" and bool(data[20] & 2)
    return isinstance(picture, TiffImageFile) and bool(picture.tag_v2.next)


def _turn(picture: ImageFile.ImageFile) -> Image.Transpose | None:
    """How to turn it upright; TIFF files have already been turned when they were loaded."""
    try:
        return _TURNS.get(picture.getexif().get(ORIENTATION, 1))
    except _EXIF_FAULTS:  # a damaged note of the camera is no reason to refuse its picture
        return None
