"""What a file is, from its first bytes: its name and its extension are not asked."""

from resnet_viz.errors import ImageError

ACCEPTED = "JPEG, PNG, WebP, GIF, BMP and TIFF pictures can be opened"

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),  # BigTIFF
    (b"MM\x00+", "TIFF"),
)
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript drawing"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x00\x00\x01\x00", "a Windows icon"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"version https://git-lfs", "a Git LFS pointer in place of the file"),
)
# ISO media files name their brand in bytes 8 to 12, after "ftyp".
_BRANDS = {
    b"avif": "an AVIF picture",
    b"avis": "an AVIF animation",
    b"heic": "a HEIC picture",
    b"heix": "a HEIC picture",
    b"hevc": "a HEIC animation",
    b"mif1": "a HEIC picture",
    b"msf1": "a HEIC animation",
}
_MARKUP = (
    (b"<svg", "an SVG drawing"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML document"),
)


def picture_format(content: bytes) -> str:
    """One of JPEG, PNG, WebP, GIF, BMP, TIFF.

    Raises:
        ImageError: the file is none of these; the sentence says what it seems to be.
    """
    if not content:
        raise ImageError(f"This file is empty (0 bytes); {ACCEPTED}.")
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WebP"
    raise ImageError(f"This file seems to be {_foreign(content)}; {ACCEPTED}.")


def _foreign(content: bytes) -> str:
    for signature, what in _FOREIGN:
        if content.startswith(signature):
            return what
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "a video")
    opening = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if opening.startswith(b"<"):
        return next((what for tag, what in _MARKUP if tag in opening), "an XML document")
    if b"\x00" not in opening and all(byte >= 32 or byte in b"\t\r\n" for byte in opening):
        return "a text"
    return "no picture"
