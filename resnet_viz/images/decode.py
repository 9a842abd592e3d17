"""From the bytes of a file to checked pixels, or to one sentence that says why not."""

import struct
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import numpy as np
from PIL import AvifImagePlugin, Image, ImageFile, PngImagePlugin
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.PpmImagePlugin import PpmImageFile
from PIL.TgaImagePlugin import TgaImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from resnet_viz.errors import ImageError
from resnet_viz.images import structure, tiff, wide
from resnet_viz.images.colour_space import space_note
from resnet_viz.images.convert import to_bytes
from resnet_viz.images.profile import profile_note
from resnet_viz.images.records import ImageInput, Pixels, content_hash
from resnet_viz.images.sniff import image_format
from resnet_viz.isolation import Answer

MAX_BYTES: Final = 20_000_000
MAX_SIDE: Final = 20_000
MIN_SIDE: Final = 8
MAX_RATIO: Final = 20  # a strip of 1,600 × 1 would become 358,400 × 224 for the network
MEGAPIXELS: Final = 25
MEGAPIXELS_JPEG: Final = 120
MEGAPIXELS_WHOLE: Final = 40  # JPEGs beyond are read at half their size; of CMYK beyond 25
MEGAPIXELS_TURNED: Final = 25  # of which there is room for a turned copy
MEGAPIXELS_TRANSPARENT: Final = 16  # two copies, and the ground is mixed in
MEGAPIXELS_COSTLY: Final = 12  # decoders that hold several times the image at once
MEGAPIXELS_SLOW: Final = 0.25  # PPM files that Pillow reads number by number
SHOWN_SIDE: Final = 1600
TOO_MUCH_MEMORY: Final = (
    "This file needs more memory than an image may take; save it once more, smaller or as JPEG."
)
ONE_COLOUR: Final = "Every pixel has the same colour."

ORIENTATION: Final = 0x0112  # the one EXIF tag that is read
_TURNS: Final[Mapping[int, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS: Final = frozenset(_TURNS[orientation] for orientation in (5, 6, 7, 8))
# Each format's own class, not Image.open: only the sniffed parser runs, a JPEG with a
# multi-image index stays a JPEG, and the size can be refused in our words.
_READERS: Final[Mapping[str, Callable[[BytesIO], ImageFile.ImageFile]]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WebP": WebPImageFile,
    "AVIF": AvifImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
    "TIFF": TiffImageFile,
    "TGA": TgaImageFile,
    "PPM": PpmImageFile,
}
_EXIF_FAULTS: Final = (
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
# libjpeg and libwebp hold up to 300 MB for a moment for the largest image that is allowed.
_GATE: Final = threading.BoundedSemaphore(2)

# Once, here: `warnings.catch_warnings` is of the whole process and not safe among threads.
# Pillow refuses above twice the first number wherever else in the process it is used.
Image.MAX_IMAGE_PIXELS = MEGAPIXELS_WHOLE * 10**6
warnings.simplefilter("error", Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # odd tags in odd files
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
PngImagePlugin.MAX_TEXT_CHUNK = (
    8 * 2**20
)  # bytes: profiles and texts of more than one million are sound


@dataclass(frozen=True, slots=True)
class View:
    """What is asked of an image instead of its reduced self: resized from all its pixels, and cut."""

    size: tuple[int, int]  # (width, height) after resizing the upright image
    corner: tuple[int, int]  # (left, top) of what is cut out
    crop: tuple[int, int]  # (width, height) of what is cut out
    resample: int  # one of Image.Resampling


def read_image(data: bytes, name: str = "image") -> ImageInput:
    """The first frame of an image file as RGB, at most 1,600 px long, decoded in this process.

    The format comes from the content. The result is rebuilt from raw pixels: no EXIF, colour
    profile or comment survives. At most two images are decoded at a time in this process. For
    files of strangers there is `resnet_viz.images.read_image`, which gives the same.

    Raises:
        ImageError: the file is too large, no such image, or damaged; and nothing else.
    """
    with _GATE:
        return image_input(data, name, decoded(data))


def decoded(content: bytes, view: dict[str, Any] | None = None) -> Answer:
    """The pixels of a file, and a record with `size`, `shape` and `notes`; for a process of its own.

    Args:
        content: of the file.
        view: the fields of a `View`; without it the image at 1,600 px.

    Raises:
        ImageError: as in `read_image`.
    """
    if len(content) > MAX_BYTES:
        raise ImageError(
            f"This file is too large; at most {MAX_BYTES // 10**6} MB can be opened. "
            "Reduce the image, or save it as JPEG."
        )
    kind = image_format(content)
    structure.check_structure(content, kind)
    try:
        if view is not None:
            seen = _viewed(content, kind, View(**view))
            return Answer({"shape": seen.shape}, seen.tobytes())
        pixels, size, notes = _decode(content, kind)
    except ImageError:
        raise
    except MemoryError:
        raise ImageError(TOO_MUCH_MEMORY) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        raise ImageError(  # a canvas or tile, refused before its size is known here
            f"This {kind} image has more pixels than can be opened; "
            f"reduce it to at most {_limit(kind):g} million."
        ) from fault
    except Exception as fault:  # Pillow raises a dozen types for damaged files
        raise ImageError(
            f"This {kind} file is damaged or incomplete, or of a rare kind; "
            "save the image once more, or choose another."
        ) from fault
    return Answer({"size": size, "shape": pixels.shape, "notes": notes}, pixels.tobytes())


def image_input(data: bytes, name: str, answer: Answer) -> ImageInput:
    """The record of an image, of what `decoded` gave; the file is kept where it was reduced."""
    width, height = answer.record["size"]
    pixels = np.frombuffer(answer.content, np.uint8)  # read-only, and nothing but pixels
    rgb = pixels.reshape(answer.record["shape"])
    return ImageInput(
        content_hash(data),
        rgb,
        name,
        (width, height),
        tuple(answer.record["notes"]),
        data if rgb.shape[:2] != (height, width) else b"",
    )


def _decode(data: bytes, kind: str) -> tuple[Pixels, tuple[int, int], tuple[str, ...]]:
    """(H, W, 3) pixels, (width, height) as stored after turning, notes."""
    image = _opened(data, kind)
    width, height = image.size
    if isinstance(image, JpegImageFile):
        image.draft("RGB", _shown(image.size))  # stays at least as large as asked for
    rgb, converted = _loaded(data, kind, image)
    profile = profile_note(image.info.get("icc_profile")) or space_note(data, kind)
    notes = (*_frames_note(data, kind, image), *profile, *converted)
    turn = _turn(image)
    if turn is not None:
        notes += ("Turned upright, as the camera noted in the file (EXIF orientation).",)
        if turn in _SIDEWAYS:
            width, height = height, width
    shown = _shown((width, height))
    if shown != (width, height):
        notes += (f"Reduced from {width:,} × {height:,} to {shown[0]:,} × {shown[1]:,} pixels.",)
    if _has_one_colour(rgb):
        notes += (ONE_COLOUR,)
    small = _upright(rgb, turn, shown, Image.Resampling.LANCZOS, reducing_gap=1.5)
    return _pixels(small), (width, height), notes


def _viewed(data: bytes, kind: str, view: View) -> Pixels:
    """(H, W, 3) pixels of a view."""
    image = _opened(data, kind)
    width, height = image.size
    whole = MEGAPIXELS if image.mode == "CMYK" else MEGAPIXELS_WHOLE
    if isinstance(image, JpegImageFile) and width * height > whole * 10**6:
        image.draft("RGB", (width // 2, height // 2))
    rgb, _ = _loaded(data, kind, image)
    resized = _upright(rgb, _turn(image), view.size, Image.Resampling(view.resample))
    (left, top), (across, down) = view.corner, view.crop
    return _pixels(resized.crop((left, top, left + across, top + down)))


def _opened(data: bytes, kind: str) -> ImageFile.ImageFile:
    """The image, whose header alone was read and whose size is accepted."""
    image = _READERS[kind](BytesIO(data))
    width, height = image.size
    this = f"This image is {width:,} × {height:,} pixels"
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"{this}; at least {MIN_SIDE} × {MIN_SIDE} are needed.")
    if max(width, height) > MAX_SIDE:
        raise ImageError(f"{this}; a side may have at most {MAX_SIDE:,}.")
    what, limit = _costly_kind(data, kind, image) or (kind, _limit(kind))
    if width * height > limit * 10**6:
        raise ImageError(
            f"{this}, {width * height / 1e6:,.1f} million in all; "
            f"{what} images of at most {limit:g} million pixels can be opened."
        )
    if max(width, height) > MAX_RATIO * min(width, height):
        raise ImageError(f"{this}; the longer side may be at most {MAX_RATIO} times the shorter.")
    tiff.put_right(image)
    return image


def _loaded(
    data: bytes, kind: str, image: ImageFile.ImageFile
) -> tuple[Image.Image, tuple[str, ...]]:
    """The image in RGB or grey, still as it lies in the file, and the notes on its values."""
    bits = structure.significant_bits(data, kind)
    notes = wide.load(image, lambda: _READERS[kind](BytesIO(data)), bits)
    rgb, more = to_bytes(image, bits)
    return rgb, notes + more


def _limit(kind: str) -> float:
    """Millions of pixels of an ordinary image of that kind."""
    if kind in ("WebP", "AVIF"):
        return MEGAPIXELS_COSTLY
    return MEGAPIXELS_JPEG if kind == "JPEG" else MEGAPIXELS


def _costly_kind(data: bytes, kind: str, image: ImageFile.ImageFile) -> tuple[str, float] | None:
    """What to call an image that takes more of the decoder than others of its kind, and its limit."""
    if kind in ("WebP", "AVIF"):
        return kind, MEGAPIXELS_COSTLY
    if isinstance(image, JpegImageFile):
        if "progressive" in image.info:
            return "progressive JPEG", MEGAPIXELS_COSTLY
        if structure.is_in_scans(data, image.layers):
            return "multi-scan JPEG", MEGAPIXELS_COSTLY
    if kind == "PPM" and image.tile[0].codec_name != "raw":
        return "PPM text or odd-depth", MEGAPIXELS_SLOW
    if image.mode in ("I", "F"):
        return f"32-bit {kind}", MEGAPIXELS_COSTLY
    if wide.is_wide(image):
        return f"16-bit colour {kind}", MEGAPIXELS_COSTLY
    if image.has_transparency_data:
        return f"transparent {kind}", MEGAPIXELS_TRANSPARENT
    return None


def _shown(size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) with the longer side at most 1,600 pixels."""
    longer = max(size)
    if longer <= SHOWN_SIDE:
        return size
    width, height = (max(1, round(side * SHOWN_SIDE / longer)) for side in size)
    return width, height


def _frames_note(data: bytes, kind: str, image: ImageFile.ImageFile) -> tuple[str, ...]:
    count = image.n_frames if isinstance(image, AvifImageFile) else structure.frames(data, kind)
    if count == 1:
        return ()
    parts = {"TIFF": "pages", "JPEG": "images"}.get(kind, "frames")
    many = "several" if count is None else f"{count:,}"
    return (f"Only the first of {many} {parts} is used.",)


def _turn(image: ImageFile.ImageFile) -> Image.Transpose | None:
    """How to turn it upright; TIFF files have already been turned when they were loaded."""
    try:
        return _TURNS.get(image.getexif().get(ORIENTATION, 1))
    except _EXIF_FAULTS:  # a damaged note of the camera is no reason to refuse its image
        return None


def _has_one_colour(image: Image.Image) -> bool:
    few = image.resize((32, 32), Image.Resampling.NEAREST)  # nearly always enough to tell
    return all(len(each.getcolors(1) or ()) == 1 for each in (few, image))


def _upright(
    rgb: Image.Image,
    turn: Image.Transpose | None,
    size: tuple[int, int],
    resample: Image.Resampling,
    reducing_gap: float | None = None,
) -> Image.Image:
    """Turn and resize to (width, height).

    A turned copy of a very large image would take too much memory: it is turned when it is small. Pillow
    resizes rows, rounds, and then columns; of an image that lies on its side that is the other way round.
    """
    turned_first = turn is not None and rgb.width * rgb.height <= MEGAPIXELS_TURNED * 10**6
    if turned_first and turn is not None:
        rgb, turn = rgb.transpose(turn), None
    if turn in _SIDEWAYS:
        height, width = size
        rgb = rgb.resize((rgb.width, height), resample, reducing_gap=reducing_gap)
        rgb = rgb.resize((width, height), resample, reducing_gap=reducing_gap)
    else:
        rgb = rgb.resize(size, resample, reducing_gap=reducing_gap)
    return rgb if turn is None else rgb.transpose(turn)


def _pixels(rgb: Image.Image) -> Pixels:
    """(H, W, 3), of RGB or grey."""
    rgb = rgb.convert("RGB")
    return np.frombuffer(rgb.tobytes(), np.uint8).reshape(rgb.height, rgb.width, 3)
