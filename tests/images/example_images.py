"""Small image files to test with, made on the spot."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

PNG_START = b"\x89PNG\r\n\x1a\n"


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The file that Pillow writes of an image; `options` are those of its writer."""
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, bits: int, colours: int, body: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0)
    return PNG_START + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def photograph(width: int = 48, height: int = 32) -> Image.Image:
    """Asymmetric and smooth: a red ramp to the right, a green ramp down, a blue corner."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width)
    pixels[..., 1] = np.linspace(0, 255, height)[:, None]
    pixels[: height // 2, : width // 2, 2] = 200
    return Image.fromarray(pixels)


def mean_difference(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


def small_files() -> dict[str, bytes]:
    image = photograph(24, 16)
    grey16 = Image.fromarray(np.arange(384, dtype=np.uint16).reshape(16, 24) * 170)
    exif = Image.Exif()
    exif[0x0112] = 6
    frames: dict[str, Any] = {
        "save_all": True,
        "append_images": [Image.new("RGB", (24, 16), "red")],
    }
    return {
        "jpeg": saved(image, "JPEG", exif=exif),
        "progressive": saved(image, "JPEG", progressive=True),
        "cmyk": saved(image.convert("CMYK"), "JPEG"),
        "mpo": saved(image, "MPO", **frames),
        "png": saved(image, exif=exif),
        "palette": saved(image.quantize(16), transparency=3),
        "grey16": saved(grey16),
        "apng": saved(image, **frames),
        "webp": saved(image, "WEBP", exif=exif),
        "webp-lossless": saved(image.convert("RGBA"), "WEBP", lossless=True),
        "webp-animated": saved(image, "WEBP", **frames),
        "gif": saved(image, "GIF"),
        "gif-animated": saved(image, "GIF", **frames),
        "bmp": saved(image, "BMP"),
        "bmp-palette": saved(image.quantize(16), "BMP"),
        "tiff": saved(image, "TIFF", exif=exif),
        "tiff-deflate": saved(image, "TIFF", compression="tiff_adobe_deflate"),
        "tiff-lzw": saved(image, "TIFF", compression="tiff_lzw"),
        "tiff-float": saved(grey16.convert("F"), "TIFF"),
    }
