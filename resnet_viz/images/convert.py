"""Any of Pillow's pixel kinds to plain RGB, with a sentence for each thing that was decided."""

import numpy as np
from PIL import Image

WHITE = (255, 255, 255)
FLATTENED = "Transparent parts were laid on white."
INKS = "Ink colours (CMYK) were turned into RGB without a colour profile."


def to_rgb(picture: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """A loaded picture as mode RGB, and the notes for the user.

    Pillow's own `convert` turns 16-bit grey white (it clips at 255) and shows the colours that
    lie hidden under transparency; both are handled here before it is asked.
    """
    if picture.mode.startswith("I;16"):
        return _from_16_bit(picture)
    if picture.mode in ("I", "F"):
        return _from_measurements(picture)
    if picture.has_transparency_data:
        return _on_white(picture)
    return picture.convert("RGB"), (INKS,) if picture.mode == "CMYK" else ()


def _from_16_bit(picture: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    depth = _bits(picture)
    full = 2**depth - 1  # 65,535 = 257 · 255: every 8-bit grey has its exact 16-bit value
    levels = np.arange(2**16, dtype=np.int64)
    table = np.minimum((levels * 255 + full // 2) // full, 255).astype(np.uint8)
    values = np.asarray(picture)  # (H, W) uint16
    grey = table[values]  # (H, W) uint8
    notes: tuple[str, ...] = (f"{depth}-bit grey was scaled to 8 bits.",)
    hidden = picture.info.get("transparency")  # PNG may declare one grey to be transparent
    if isinstance(hidden, int) and (values == hidden).any():
        grey[values == hidden] = 255
        notes = (*notes, FLATTENED)
    return Image.fromarray(grey).convert("RGB"), notes


def _bits(picture: Image.Image) -> int:
    """Bits for each value: 16, or 12 in TIFF files of some cameras and microscopes."""
    tags = getattr(picture, "tag_v2", None)  # TIFF alone
    return 12 if tags is not None and tags.get(258) == (12,) else 16  # 258: BitsPerSample


def _from_measurements(picture: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """32-bit numbers have no agreed white: 0 to 1 is kept as it is, all else is stretched."""
    values = np.asarray(picture).astype(np.float32)  # (H, W)
    finite = np.isfinite(values)
    if not finite.any():
        return Image.new("RGB", picture.size), ("It holds no finite number and is shown black.",)
    low = float(values.min(where=finite, initial=np.inf))
    high = float(values.max(where=finite, initial=-np.inf))
    unit = picture.mode == "F" and low >= 0 and high <= 1
    start, span = (0.0, 1.0) if unit else (low, (high - low) or 1.0)
    values = np.where(finite, values, start)
    grey = np.rint((values - start) / span * 255).astype(np.uint8)
    note = f"Its 32-bit numbers from {start:g} to {start + span:g} were scaled to black to white."
    return Image.fromarray(grey).convert("RGB"), (note,)


def _on_white(picture: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    if picture.mode in ("La", "RGBa"):  # colours already multiplied by their opacity
        picture = picture.convert({"La": "LA", "RGBa": "RGBA"}[picture.mode])
    # No copy where none is needed: 25 million RGBA pixels are 100 MB.
    layered = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    flat = Image.new("RGB", layered.size, WHITE)
    flat.paste(layered, mask=layered)
    least = layered.getchannel("A").getextrema()[0]
    return flat, () if least == 255 else (FLATTENED,)
