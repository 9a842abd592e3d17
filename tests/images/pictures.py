"""Small picture files to test with, made on the spot."""

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image

PNG_START = b"\x89PNG\r\n\x1a\n"


def saved(picture, kind="PNG", **options):
    stream = BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width, height, bits, colours, body):
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0)
    return PNG_START + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def photograph(width=48, height=32):
    """Asymmetric and smooth: a red ramp to the right, a green ramp down, a blue corner."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width)
    pixels[..., 1] = np.linspace(0, 255, height)[:, None]
    pixels[: height // 2, : width // 2, 2] = 200
    return Image.fromarray(pixels)


def mean_difference(one, other):
    return np.abs(one.astype(float) - other.astype(float)).mean()


def small_files():
    picture = photograph(24, 16)
    grey16 = Image.fromarray(np.arange(384, dtype=np.uint16).reshape(16, 24) * 170)
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = {"save_all": True, "append_images": [Image.new("RGB", (24, 16), "red")]}
    return {
        "jpeg": saved(picture, "JPEG", exif=exif),
        "progressive": saved(picture, "JPEG", progressive=True),
        "cmyk": saved(picture.convert("CMYK"), "JPEG"),
        "mpo": saved(picture, "MPO", **frames),
        "png": saved(picture, exif=exif),
        "palette": saved(picture.quantize(16), transparency=3),
        "grey16": saved(grey16),
        "apng": saved(picture, **frames),
        "webp": saved(picture, "WEBP", exif=exif),
        "webp-lossless": saved(picture.convert("RGBA"), "WEBP", lossless=True),
        "webp-animated": saved(picture, "WEBP", **frames),
        "gif": saved(picture, "GIF"),
        "gif-animated": saved(picture, "GIF", **frames),
        "bmp": saved(picture, "BMP"),
        "bmp-palette": saved(picture.quantize(16), "BMP"),
        "tiff": saved(picture, "TIFF", exif=exif),
        "tiff-deflate": saved(picture, "TIFF", compression="tiff_adobe_deflate"),
        "tiff-lzw": saved(picture, "TIFF", compression="tiff_lzw"),
        "tiff-float": saved(grey16.convert("F"), "TIFF"),
    }
