"""The strict reader of `.safetensors`: everything is checked before anything is allocated.

The format is 8 bytes with the length of a JSON header, the header, and the tensors' bytes end to end.
The library refuses most malformed files, but not duplicate names, absurd shapes or a million tensors.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final, Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from resnet_viz.errors import WeightsError, reason
from resnet_viz.weights.sniff import OPENING, FileKind, file_kind

ACCEPTED: Final = ".safetensors files can be read"
# 800 bottlenecks, the largest network that can be described, have 14,432 tensors in 1.5 MB of header.
MAX_TENSORS: Final = 16_000
MAX_HEADER: Final = 2**21
MAX_NAME: Final = 200  # characters
MAX_DIMS: Final = 4
# Whatever prefixes people choose, but no markup and no way to another folder.
NAME: Final = re.compile(r"(?!.*\.\.)[\w.:/@+ -]+")
COUNTER: Final = "num_batches_tracked"  # BatchNorm's, the one integer in a ResNet
_ITEM_SIZES: Final = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8}
_LENGTH: Final = 8  # bytes of the header's length


class Readable(Protocol):
    """An open binary file that can be rewound, as browsers' uploads are."""

    def read(self, size: int = -1, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """What a header says of one tensor; `begin` and `end` are bytes, counted behind the header."""

    name: str
    dtype: str  # F64, F32, F16, BF16, or I64 for a counter
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the numbers of a file."""

    tensors: tuple[TensorInfo, ...]  # in the order of their bytes
    metadata: tuple[tuple[str, str], ...] = ()  # texts by key, as whoever wrote the file chose

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor by name."""
        return {tensor.name: tensor.shape for tensor in self.tensors}


def read_header(path: Path) -> tuple[TensorInfo, ...]:
    """The tensors of a file, in the order of their bytes; none of them is read.

    Raises:
        WeightsError: it cannot be opened, or is no sound `.safetensors` file.
    """
    return read_whole_header(path).tensors


def read_whole_header(path: Path, accepted: str = ACCEPTED) -> Header:
    """As `read_header`, with what the file says of itself."""
    try:
        with path.open("rb") as file:
            return parse_header(file, path.stat().st_size, accepted)
    except OSError as error:
        raise unreadable(error) from None


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file by name, on the CPU: float32, the counters int64.

    Raises:
        WeightsError: as `read_header`.
    """
    read_header(path)
    try:
        tensors = load_file(path, backend="pread")  # a file that is mapped and then cut short kills
    except OSError as error:
        raise unreadable(error) from None
    except SafetensorError as error:
        raise WeightsError(
            "This .safetensors file is damaged; fetch or save it once more."
        ) from error
    return {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }


def parse_header(file: Readable, size: int, accepted: str = ACCEPTED) -> Header:
    """As `read_whole_header`, for an open file of `size` bytes that stands at its beginning.

    `accepted` ends the sentence on what is no such file.
    """
    opening = file.read(OPENING)
    if file_kind(opening, accepted) is FileKind.PYTORCH:
        raise WeightsError(
            "This is a PyTorch or zip file, which is not accepted here, since reading one can crash "
            "the machine that does; convert it on your own with "
            "“python -m resnet_viz weights convert FILE.pth OUT.safetensors”."
        )
    length = int.from_bytes(opening[:_LENGTH], "little")
    if len(opening) < _LENGTH:
        raise WeightsError(f"This file has {size} bytes, too few for weights; {accepted}.")
    begins_so = opening[_LENGTH : _LENGTH + 1] == b"{" and length <= MAX_HEADER
    if length > size and not begins_so:
        raise WeightsError(
            f"This is no .safetensors file, since it does not begin as one, or a damaged one; {accepted}."
        )
    if length > MAX_HEADER:
        raise WeightsError(
            f"In this file the header would have {length:,} bytes; at most {MAX_HEADER:,} are accepted."
        )
    if length > size - _LENGTH:
        raise _cut_off(size, length + _LENGTH)
    file.seek(_LENGTH)
    content = _parse(file.read(length))
    metadata = content.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise WeightsError("The metadata in this file's header is no table of texts.")
    tensors = _tensors(content)
    _check_offsets(tensors, size - length - _LENGTH)
    return Header(tensors, tuple(metadata.items()))


def unreadable(error: OSError) -> WeightsError:
    """The sentence for a file that the system does not hand out."""
    return WeightsError(f"This file cannot be read: {reason(error)}.")


def shown(name: str) -> str:
    """A tensor's name as a message may hold it, whatever a hostile file calls it."""
    return f"“{re.sub(r'[^A-Za-z0-9_.:@+ -]', '·', name[:60])}”"


def _parse(header: bytes) -> dict[str, Any]:
    try:
        # Explicitly UTF-8, since json.loads would guess at UTF-16 and UTF-32.
        content = json.loads(header.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        raise WeightsError(
            "This .safetensors file is damaged: its header is no JSON text; "
            "fetch or save it once more."
        ) from None
    if not isinstance(content, dict):
        raise WeightsError("The header of this file names no tensors; save it once more.")
    return content


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise WeightsError(
            f"The header of this file has {shown(twice)} twice; each name may stand there once."
        )
    return content


def _tensors(header: dict[str, Any]) -> tuple[TensorInfo, ...]:
    """Every entry checked by itself, ordered by offset."""
    if not header:
        raise WeightsError("This file holds no tensors; the parameters of a network are needed.")
    if len(header) > MAX_TENSORS:
        raise WeightsError(
            f"This file names {len(header):,} tensors; at most {MAX_TENSORS:,} are accepted."
        )
    tensors = (_tensor(name, entry) for name, entry in header.items())
    return tuple(sorted(tensors, key=lambda tensor: tensor.begin))


def _tensor(name: str, entry: Any) -> TensorInfo:
    if len(name) > MAX_NAME or not NAME.fullmatch(name):
        raise WeightsError(
            f"A tensor in this file is called {shown(name)}; names of up to {MAX_NAME} letters, "
            "digits, blanks and . _ - + : / @ are accepted."
        )
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise WeightsError(
            f"The entry of “{name}” in this file's header is not dtype, shape and data_offsets."
        )
    dtype = entry["dtype"]
    if not isinstance(dtype, str) or dtype not in _ITEM_SIZES:
        raise WeightsError(
            f"“{name}” holds numbers of type {shown(dtype if isinstance(dtype, str) else '?')}; "
            "F64, F32, F16 and BF16 are accepted: save the file without it, or as F32."
        )
    if dtype == "I64" and not name.endswith(COUNTER):
        raise WeightsError(
            f"“{name}” holds whole numbers (I64), as only {COUNTER} may; save the file without it, or as "
            "F32 where it is a parameter."
        )
    shape, offsets = entry["shape"], entry["data_offsets"]
    if not _whole_numbers(shape, 1) or len(shape) > MAX_DIMS:
        raise WeightsError(
            f"The shape of “{name}” is not accepted; it needs at most {MAX_DIMS} whole numbers "
            "from 1 up."
        )
    if not _whole_numbers(offsets, 0) or len(offsets) != 2:
        raise WeightsError(f"The offsets of “{name}” are not two whole numbers from 0 up.")
    begin, end = offsets
    if end - begin != prod(shape) * _ITEM_SIZES[dtype]:
        raise WeightsError(
            f"“{name}” is declared with {end - begin:,} bytes, which is not what its shape needs."
        )
    return TensorInfo(name, dtype, tuple(shape), begin, end)


def _whole_numbers(value: Any, low: int) -> bool:
    # `type` and not isinstance, for which True is a whole number too.
    return isinstance(value, list) and all(type(n) is int and low <= n < 2**63 for n in value)


def _check_offsets(tensors: tuple[TensorInfo, ...], size: int) -> None:
    """The tensors must fill the `size` bytes behind the header end to end."""
    at = 0
    for tensor in tensors:
        if tensor.begin != at:
            what = "overlaps the tensor before it" if tensor.begin < at else "follows a gap"
            raise WeightsError(f"“{tensor.name}” {what} in this file; save it once more.")
        at = tensor.end
    if at > size:
        raise _cut_off(size, at)
    if at < size:
        raise WeightsError(
            f"This file has {size - at:,} bytes more than its header describes; "
            "fetch or save it once more."
        )


def _cut_off(size: int, wanted: int) -> WeightsError:
    return WeightsError(
        f"This file ends too early, after {size:,} of {wanted:,} bytes; "
        "the download or copy was cut off, so fetch it once more."
    )
