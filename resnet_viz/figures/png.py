"""Images as the bytes of a PNG file."""

from __future__ import annotations

import io

from PIL import Image


def png(image: Image.Image, compress_level: int = 1) -> bytes:
    """Encode an image as PNG: quickly at level 1, small at level 6 and above."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=compress_level)
    return buffer.getvalue()
