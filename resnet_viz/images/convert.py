"""Any of Pillow's pixel kinds to 8-bit RGB or grey, with a sentence for each thing that was decided.

Large images are converted in strips: 25 million pixels are 100 MB in each of Pillow's images.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from resnet_viz.images.tiff import BITS, is_signed_bytes, is_unsigned, number, tags

WHITE: Final = (255, 255, 255)
BLACK: Final = (0, 0, 0)
NEARLY_WHITE: Final = 191  # three quarters: a mean luminance from which black is the better ground
FLATTENED: Final = "Transparent parts were laid on white."
FLATTENED_ON_BLACK: Final = (
    "Transparent parts were laid on black, since what is visible is nearly white."
)
INKS: Final = "Ink colours (CMYK) were turned into RGB without a colour profile."
LAB: Final = "CIELAB colours were turned into RGB."
SIGNED_BYTES: Final = "Its 8-bit numbers from -128 to 127 were scaled to black to white."
TABLE_OF_BYTES: Final = "Its colour table holds 8-bit numbers where 16-bit ones are usual."

_STRIP_PIXELS: Final = 2**18
_SAMPLE_SIDE: Final = 1024
_DEPTHS: Final = (8, 10, 12, 14, 16)  # of sensors and scanners whose values stand in 16 bits
_PHOTOMETRIC, _COLOUR_MAP, _MAX_VALUE, _S_MAX_VALUE = 262, 320, 281, 341  # tags of TIFF
_TURNED: Final = {"CMYK": (INKS,), "LAB": (LAB,)}
_UNMULTIPLIED: Final = {"La": "LA", "RGBa": "RGBA"}

Values = npt.NDArray[Any]


def to_bytes(
    image: Image.Image, significant_bits: int | None = None
) -> tuple[Image.Image, tuple[str, ...]]:
    """A loaded image as mode RGB, or L where it is grey, and the notes for the user.

    Pillow's own `convert` turns 16-bit grey white (it clips at 255) and shows the colours that
    lie hidden under transparency; both are handled here before it is asked.

    Args:
        significant_bits: of each value, where a PNG declares them.
    """
    if image.mode.startswith("I;16"):
        return _from_16_bit(image, significant_bits)
    if image.mode in ("I", "F"):
        return _from_measurements(image)
    if is_signed_bytes(image):
        return image.point([(value + 128) % 256 for value in range(256)]), (SIGNED_BYTES,)
    notes = _with_readable_table(image)
    if image.has_transparency_data:
        flat, more = _flattened(image)
        return flat, notes + more
    if image.mode in ("RGB", "L"):
        return image, notes
    if image.mode == "1":
        return image.convert("L"), notes
    return image.convert("RGB"), (*notes, *_TURNED.get(image.mode, ()))


def full_scale(image: Image.Image, highest: int, significant_bits: int | None) -> tuple[int, str]:
    """The value that is white, of values in 16 bits, and how that is known.

    What the file declares comes first, unless a value is higher; then the smallest usual depth that
    holds all values.
    """
    found = tags(image)
    declared = [number(found.get(tag)) for tag in (_S_MAX_VALUE, _MAX_VALUE)]
    bits = number(found.get(BITS)) or significant_bits
    if bits is not None and 0 < bits < 16:
        declared.append(2**bits - 1)
    for full in declared:
        if full is not None and max(highest, 1) <= full < 2**16 - 1:
            return full, f"white is {full:,}, as the file declares"
    if 2**16 - 1 in declared or highest == 0:
        return 2**16 - 1, ""
    depth = next(depth for depth in _DEPTHS if highest < 2**depth)
    full = 2**depth - 1
    return full, f"its highest value is {highest:,}, so white is {full:,}" if depth < 16 else ""


def scale_to_bytes(full: int) -> npt.NDArray[np.uint8]:
    """The 8-bit value of each 16-bit one, of which `full` is white."""
    levels = np.arange(2**16, dtype=np.int64)
    # 65,535 = 257 · 255: every 8-bit grey has its exact 16-bit value.
    return np.minimum((levels * 255 + full // 2) // full, 255).astype(np.uint8)


def strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """(first row, the rows) of about a quarter of a million pixels each."""
    width, height = image.size
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield top, image.crop((0, top, width, min(top + rows, height)))


def _from_16_bit(
    image: Image.Image, significant_bits: int | None
) -> tuple[Image.Image, tuple[str, ...]]:
    highest = max(int(np.asarray(strip).max()) for _, strip in strips(image))
    full, why = full_scale(image, highest, significant_bits)
    table = scale_to_bytes(full)
    if _white_is_zero(image):
        table = 255 - table
    bits = 12 if tags(image).get(BITS) == (12,) else 16
    notes: tuple[str, ...] = (f"{bits}-bit grey was scaled to 8 bits{f': {why}' if why else ''}.",)
    hidden = image.info.get("transparency")  # PNG may declare one grey to be transparent
    if not isinstance(hidden, int):
        grey = _in_strips(image, "L", lambda strip: Image.fromarray(table[np.asarray(strip)]))
        return grey, notes

    def layered(strip: Image.Image) -> Image.Image:
        values = np.asarray(strip)  # (H, W) uint16
        visible = np.where(values == hidden, 0, 255).astype(np.uint8)
        return Image.fromarray(np.stack([table[values], visible], axis=-1))  # LA

    flat, more = _flattened(image, layered)
    return flat, notes + more


def _from_measurements(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """32-bit numbers have no agreed white: 0 to 1 is kept as it is, all else is stretched."""
    low, high = np.inf, -np.inf
    unsigned = is_unsigned(image)
    for _, strip in strips(image):
        values, finite = _finite(strip, unsigned)
        low = min(low, float(values.min(where=finite, initial=np.inf)))
        high = max(high, float(values.max(where=finite, initial=-np.inf)))
    if low > high:
        black = Image.new("L", image.size)
        return black, ("It holds no finite number and is shown black.",)
    if image.format == "PPM" and image.mode == "I":
        low, high = 0.0, 2.0**16 - 1  # Pillow has scaled it from the highest value that is declared
    elif image.mode == "F" and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    start, span = low, (high - low) or 1.0
    turned = _white_is_zero(image)

    def grey(strip: Image.Image) -> Image.Image:
        values, finite = _finite(strip, unsigned)
        shares = (np.where(finite, values, start).astype(np.float64) - start) / span
        shares = np.where(finite, 1 - shares if turned else shares, 0)
        return Image.fromarray(np.rint(shares * 255).astype(np.uint8))

    if image.format == "PPM":
        return _in_strips(image, "L", grey), ("16-bit grey was scaled to 8 bits.",)
    ends = "white to black" if turned else "black to white"
    note = f"Its numbers from {start:g} to {start + span:g} were scaled to {ends}."
    return _in_strips(image, "L", grey), (note,)


def _finite(strip: Image.Image, unsigned: bool) -> tuple[Values, npt.NDArray[np.bool_]]:
    stored = np.asarray(strip)  # (H, W)
    values = (stored.view(np.uint32) if unsigned else stored).astype(np.float32)
    return values, np.isfinite(values)


def _flattened(
    image: Image.Image, layered: Callable[[Image.Image], Image.Image] | None = None
) -> tuple[Image.Image, tuple[str, ...]]:
    """Laid on white, or on black where what is visible could hardly be seen on white."""

    def with_alpha(strip: Image.Image) -> Image.Image:
        strip = layered(strip) if layered else strip
        if strip.mode in _UNMULTIPLIED:  # colours already multiplied by their opacity
            strip = strip.convert(_UNMULTIPLIED[strip.mode])
        return strip.convert("RGBA")

    ground, note = _ground(with_alpha(_sample(image)))
    least = [255]

    def on_ground(strip: Image.Image) -> Image.Image:
        strip = with_alpha(strip)
        extrema: Any = strip.getchannel("A").getextrema()
        if extrema[0] == 255:
            return strip.convert("RGB")
        least.append(extrema[0])
        flat = Image.new("RGB", strip.size, ground)
        flat.paste(strip, mask=strip)
        return flat

    flat = _in_strips(image, "RGB", on_ground)
    return flat, (note,) if min(least) < 255 else ()


def _sample(image: Image.Image) -> Image.Image:
    """At most 1,024 × 1,024 of its pixels, evenly spread."""
    width, height = (min(side, _SAMPLE_SIDE) for side in image.size)
    return image.resize((width, height), Image.Resampling.NEAREST)


def _ground(layered: Image.Image) -> tuple[tuple[int, int, int], str]:
    """White, or black where what is visible could hardly be seen on white; and the note."""
    alpha, grey = layered.getchannel("A"), layered.convert("L")
    seen = grey.histogram(alpha.point(_MOSTLY_OPAQUE))
    if not any(seen):  # all of it is faint
        seen = grey.histogram(alpha.point(_VISIBLE))
    luminance = sum(level * count for level, count in enumerate(seen)) / max(sum(seen), 1)
    return (BLACK, FLATTENED_ON_BLACK) if luminance >= NEARLY_WHITE else (WHITE, FLATTENED)


_MOSTLY_OPAQUE: Final = [0] * 128 + [255] * 128
_VISIBLE: Final = [0] + [255] * 255


def _with_readable_table(image: Image.Image) -> tuple[str, ...]:
    """Mend the palette of a TIFF whose writer took its 16-bit fields for bytes: all would be black."""
    colours = tags(image).get(_COLOUR_MAP)
    if image.mode != "P" or not colours or not 0 < max(colours) <= 255:
        return ()
    third = len(colours) // 3
    bands = (colours[:third], colours[third : 2 * third], colours[2 * third :])
    image.putpalette([value for colour in zip(*bands, strict=False) for value in colour])
    return (TABLE_OF_BYTES,)


def _in_strips(
    image: Image.Image, mode: str, convert: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    whole = Image.new(mode, image.size)
    for top, strip in strips(image):
        whole.paste(convert(strip), (0, top))
    return whole


def _white_is_zero(image: Image.Image) -> bool:
    return bool(tags(image).get(_PHOTOMETRIC) == 0)
