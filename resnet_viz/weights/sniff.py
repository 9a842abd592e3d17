"""Which of the two kinds of weights file this is, and what it seems to be where it is none."""

from __future__ import annotations

from enum import Enum
from typing import Final

from resnet_viz.errors import WeightsError
from resnet_viz.signatures import by_signature, opening_text

OPENING: Final = 512  # bytes that are enough to tell

_PICKLES: Final = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
_FOREIGN: Final = (
    (b"\x89HDF\r\n", "an HDF5 file, as Keras writes them"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"GGUF", "a GGUF language model"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
)


_ONNX_VERSIONS: Final = 30  # of its format; 13 in 2025
_ONNX_FIELDS: Final = tuple(
    bytes([tag]) for tag in (0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72)
)


class FileKind(Enum):
    """The two kinds of file that can hold parameters."""

    SAFETENSORS = "safetensors"
    PYTORCH = "PyTorch"  # a zip archive with a pickle in it, or the bare pickle of before 2020


def file_kind(opening: bytes, accepted: str) -> FileKind:
    """The kind of a file that begins like this.

    Args:
        opening: at least the first 16 bytes; `OPENING` of them tell web pages too.
        accepted: ends the sentence when it is none, for instance ".safetensors files can be read".

    Raises:
        WeightsError: it is empty or something else; the sentence says what it seems to be.
    """
    if not opening:
        raise WeightsError(f"This file is empty (0 bytes); {accepted}.")
    if opening.startswith(b"version https://git-lfs"):
        raise WeightsError(
            "This is a Git LFS pointer, a note in place of the file; "
            "fetch the file itself with “git lfs pull”."
        )
    # Before the pickles, whose first bytes could also be the length of a header.
    if opening[8:9] == b"{" and opening[4:8] == bytes(4):
        return FileKind.SAFETENSORS
    if opening.startswith(b"\x08\x01\x12"):  # the message SavedModel: its version, then a graph
        raise WeightsError(
            "This file seems to be a TensorFlow SavedModel, which describes a network and its arithmetic; "
            f"{accepted}."
        )
    if _is_onnx(opening):
        raise WeightsError(
            "This file seems to be an ONNX model, which describes a network and its arithmetic; export "
            "the parameters of the PyTorch model with torch.save(model.state_dict(), FILE) instead."
        )
    if opening.startswith((b"PK\x03\x04", *_PICKLES)):
        return FileKind.PYTORCH
    if foreign := _foreign(opening):
        raise WeightsError(f"This file seems to be {foreign}; {accepted}.")
    return FileKind.SAFETENSORS  # damaged perhaps: its own reader has the words for it


def _is_onnx(opening: bytes) -> bool:
    """Whether it begins as the message ModelProto: its version, then a text or the graph.

    Field 1 (0x08) is a small whole number; behind it stands one of the fields 2 to 8, 14 or 20.
    """
    if len(opening) < OPENING or opening[0] != 0x08:
        return False
    return 2 <= opening[1] <= _ONNX_VERSIONS and opening[2:3] in _ONNX_FIELDS


def _foreign(opening: bytes) -> str:
    if what := by_signature(opening, _FOREIGN):
        return what
    if opening[4:8] == b"TFL3":
        return "a TensorFlow Lite model"
    if opening[257:262] == b"ustar":
        return "a tar archive"
    text = opening_text(opening)
    if text.startswith(b"<"):
        return "a web page, perhaps a server's error message that was saved under this name"
    return "a text" if text else ""
