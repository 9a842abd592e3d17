"""Checkpoints as torch saves them, read and converted for their owner: the one caller of `torch.load`.

A pickle from elsewhere can exhaust the memory or crash the process even when it may build nothing but
tensors (`weights_only=True`), so no upload ever comes here. What is cheap to refuse is refused before.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import secrets
import struct
import threading
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save
from torch import Tensor

from resnet_viz.errors import WeightsError, reason
from resnet_viz.weights.matching import check_values
from resnet_viz.weights.sniff import OPENING, FileKind, file_kind
from resnet_viz.weights.suggestion import own_names, prefix_of, suggest
from resnet_viz.weights.tensor_file import MAX_NAME, MAX_TENSORS, NAME, unreadable

ACCEPTED: Final = "PyTorch files of parameters (.pth, .pt) can be read"
# Under what training scripts put the parameters, beside epoch and optimiser; the best first.
_WRAPPERS: Final = (
    "state_dict",
    "model_state_dict",
    "state_dict_ema",
    "model_ema",
    "ema",
    "model",
    "net",
    "network",
)
# What torch and its unpickler raise for damaged files, of which there are many kinds.
_FAULTS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)
# One at a time: the switch for sparse tensors is the whole process's, and files are large.
_GATE: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of a PyTorch file."""

    target: Path
    tensors: int
    size: int  # bytes of the new file
    sha256: str
    prefix: str  # removed from the names; empty where there was none
    sentence: str  # which network it fits

    def __str__(self) -> str:
        prefix = f" The prefix “{self.prefix}” was removed from their names." if self.prefix else ""
        return (
            f"{self.target.name}: {self.tensors:,} tensors, {self.size / 2**20:,.1f} MB, "
            f"SHA-256 {self.sha256}.{prefix} {self.sentence}"
        )


def read_pickled(path: Path) -> dict[str, Tensor]:
    """The parameters in a `.pth` file of the owner, by name, on the CPU: float32, counters int64.

    A surrounding table (`state_dict`, `model` …) is taken off; entries that are no dense numeric
    tensors under a plain name are left out.

    Raises:
        WeightsError: it cannot be opened, is damaged, or holds no parameters.
    """
    try:
        with path.open("rb") as file:
            opening = file.read(OPENING)
        if file_kind(opening, ACCEPTED) is FileKind.SAFETENSORS:
            raise WeightsError(
                f"This is no PyTorch file but a .safetensors file, or a damaged one; {ACCEPTED}."
            )
        if opening.startswith(b"PK"):
            _check_archive(path)
        content = _load(path)
        size = path.stat().st_size
    except OSError as error:
        raise unreadable(error) from None
    return _parameters(content, size)


def convert(source: Path, target: Path, overwrite: bool = False) -> Conversion:
    """Write the parameters in a `.pth` file as `.safetensors`, in float32 and under our names.

    BatchNorm's counters and other whole numbers are left out. The file appears complete or not at
    all: it is written under another name in the same folder first.

    Raises:
        WeightsError: the source cannot be read or has values that are not finite, or the target
            exists, is the source, or cannot be written.
    """
    _check_target(source, target, overwrite)
    read = {name: t for name, t in read_pickled(source).items() if t.is_floating_point()}
    tensors = {own: read[name].contiguous().clone() for name, own in own_names(read).items()}
    check_values(tensors)
    content = save(tensors)
    _write(content, target)
    return Conversion(
        target,
        len(tensors),
        len(content),
        hashlib.sha256(content).hexdigest(),
        prefix_of(read),
        _fit(tensors),
    )


def _check_archive(path: Path) -> None:
    """Refuse what torch never writes and what would grow when read: compressed or shared bytes."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        raise WeightsError(
            "This PyTorch file is damaged or cut off; fetch or save it once more."
        ) from None
    if any(entry.filename.endswith("/constants.pkl") for entry in entries):
        raise WeightsError(
            "This is a TorchScript program, which is never run here; "
            "save the parameters alone with torch.save(model.state_dict(), FILE)."
        )
    if not any(entry.filename.endswith("data.pkl") for entry in entries):
        raise WeightsError(f"This is a zip archive without PyTorch's parameters in it; {ACCEPTED}.")
    compressed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    if compressed or sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise WeightsError(
            "This file is compressed or declares more bytes than it has, as PyTorch never does; "
            "save it once more with torch.save."
        )


def _load(path: Path) -> Any:
    try:
        with _GATE, torch.sparse.check_sparse_tensor_invariants():  # type: ignore[no-untyped-call]
            return torch.load(path, weights_only=True, map_location="cpu")
    except pickle.UnpicklingError:
        raise WeightsError(
            "This PyTorch file is damaged, or holds Python objects besides tensors, which are never "
            "run here; save the parameters alone with torch.save(model.state_dict(), FILE)."
        ) from None
    except _FAULTS as fault:
        raise WeightsError(
            "This PyTorch file is damaged or cut off; fetch or save it once more."
        ) from fault


def _parameters(content: Any, size: int) -> dict[str, Tensor]:
    """The tensors among what was loaded from a file of `size` bytes."""
    table = _unwrapped(content)
    tensors = {name: entry for name, entry in table.items() if _is_parameter(name, entry)}
    if not tensors:
        raise WeightsError(
            "This PyTorch file holds no table of parameters; "
            "save one with torch.save(model.state_dict(), FILE)."
        )
    # A tensor can claim any shape over a few bytes, by a stride of 0 or by sharing them.
    declared = sum(tensor.nbytes for tensor in tensors.values())
    if len(tensors) > MAX_TENSORS or declared > size:
        raise WeightsError(
            f"This file of {size:,} bytes declares {len(tensors):,} tensors of {declared:,} bytes; "
            f"at most {MAX_TENSORS:,} that fit into the file are accepted."
        )
    return {
        name: tensor.detach().float() if tensor.is_floating_point() else tensor.detach().long()
        for name, tensor in tensors.items()
    }


def _unwrapped(content: Any) -> Mapping[Any, Any]:
    for _ in range(3):  # "model_ema" around "state_dict" around the parameters is the most seen
        if not isinstance(content, dict):
            return {}
        inside = (content[key] for key in _WRAPPERS if isinstance(content.get(key), dict))
        content = next(inside, content)
    return content if isinstance(content, dict) else {}


def _is_parameter(name: Any, entry: Any) -> bool:
    return (
        isinstance(name, str)
        and len(name) <= MAX_NAME
        and NAME.fullmatch(name) is not None
        and isinstance(entry, Tensor)
        and entry.layout is torch.strided
        and not (entry.is_meta or entry.is_complex() or entry.is_quantized)
    )


def _check_target(source: Path, target: Path, overwrite: bool) -> None:
    if target.suffix != ".safetensors":
        raise WeightsError(f"The new file is to be called “{target.name}”; end it in .safetensors.")
    if os.path.realpath(target) == os.path.realpath(source):
        raise WeightsError(f"“{target.name}” is the file to be read; write to another one.")
    if os.path.lexists(target) and not overwrite:
        raise WeightsError(
            f"“{target.name}” exists already; choose another name, or --overwrite to replace it."
        )


def _write(content: bytes, target: Path) -> None:
    part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # else a power cut could leave the name without the bytes
        part.replace(target)
    except OSError as error:
        raise WeightsError(f"“{target.name}” cannot be written: {reason(error)}.") from None
    finally:
        with suppress(OSError):  # gone where all went well
            part.unlink()


def _fit(tensors: Mapping[str, Tensor]) -> str:
    fitting = suggest({name: tuple(tensor.shape) for name, tensor in tensors.items()})
    return fitting.sentence if fitting else "It is of no network that can be described here."
