"""A checkpoint of any kind to `.safetensors`: what `weights convert` does for who owns the file."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import save
from torch import Tensor

from resnet_viz.errors import WeightsError, reason
from resnet_viz.weights.files import WeightsFile, open_weights
from resnet_viz.weights.matching import check_values, describe_fit
from resnet_viz.weights.preparation import METADATA, UNKNOWN, Preparation
from resnet_viz.weights.sizes import megabytes
from resnet_viz.weights.suggestion import own_names
from resnet_viz.weights.tensor_file import shown
from resnet_viz.whole_file import whole_file

_LARGEST_HALF: Final = torch.finfo(torch.float16).max


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of a checkpoint."""

    target: Path
    tensors: int
    size: int  # bytes of the new file
    sha256: str
    prefix: str  # removed from the names; empty where there was none
    notes: tuple[str, ...]  # what was taken, what was left out
    sentence: str  # which network it fits

    def __str__(self) -> str:
        return " ".join(
            (
                f"{self.target.name}: {self.tensors:,} tensors, {megabytes(self.size)}, "
                f"SHA-256 {self.sha256}.",
                *self.notes,
                self.sentence,
            )
        )


def convert(
    source: Path,
    target: Path,
    overwrite: bool = False,
    *,
    half: bool = False,
    table: str = "",
    preparation: Preparation | None = None,
) -> Conversion:
    """Write the parameters in a file as `.safetensors`, under our names.

    BatchNorm's counters and other whole numbers are left out. The file appears complete or not at
    all: it is written under another name in the same folder first.

    Args:
        source: a `.pth` file or another `.safetensors` file.
        target: the file to write.
        overwrite: whether a file of that name is replaced.
        half: whether to write float16, where that can hold the values, instead of float32.
        table: which table to take from a file that has several; the first that fits without it.
        preparation: how images were prepared in training; it is added to what the source says of it.

    Raises:
        WeightsError: the source cannot be read or has values that are not finite, or the target
            exists, is the source, or cannot be written.
    """
    _check_target(source, target, overwrite)
    opened = open_weights(source, table)
    read = {name: t for name, t in opened.tensors().items() if t.is_floating_point()}
    tensors = {own: read.pop(name).contiguous().clone() for name, own in own_names(read).items()}
    if not tensors:
        raise WeightsError("This file holds whole numbers only, which are no parameters.")
    check_values(tensors)
    if half:
        tensors = {name: _halved(tensor) for name, tensor in tensors.items()}
    merged = opened.preparation.merged(preparation or UNKNOWN)
    content = save(tensors, {METADATA: merged.as_json()} if merged.stated else None)
    _write(content, target)
    return Conversion(
        target,
        len(tensors),
        len(content),
        hashlib.sha256(content).hexdigest(),
        opened.prefix,
        (*opened.notes, *_about_objects(opened), *_about_half(tensors, half)),
        describe_fit({name: tuple(tensor.shape) for name, tensor in tensors.items()}),
    )


def _halved(tensor: Tensor) -> Tensor:
    """As float16; as it was where a value is too large for that, as variances can be."""
    return tensor.half() if float(tensor.abs().max()) <= _LARGEST_HALF else tensor


def _about_half(tensors: Mapping[str, Tensor], half: bool) -> tuple[str, ...]:
    kept = sum(tensor.dtype != torch.float16 for tensor in tensors.values())
    if not (half and kept):
        return ()
    what = "1 tensor stays" if kept == 1 else f"{kept:,} tensors stay"
    return (f"{what} in float32, since float16 ends at {_LARGEST_HALF:,.0f}.",)


def _about_objects(opened: WeightsFile) -> tuple[str, ...]:
    if not opened.foreign:
        return ()
    named = ", ".join(shown(name) for name in opened.foreign[:3])
    return (f"Python objects beside the parameters were left out unmade: {named}.",)


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
        with whole_file(target, part) as file:
            file.write(content)
    except OSError as error:
        raise WeightsError(f"“{target.name}” cannot be written: {reason(error)}.") from None
