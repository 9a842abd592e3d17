"""Tensors and a record in one safetensors file that is there as a whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from safetensors import safe_open
from safetensors.torch import save as as_safetensors
from torch import Tensor

from resnet_viz.whole_file import write_whole

_DIGITS: Final = 6  # significant, of a measured number
_RECORD: Final = "record"  # the format's metadata maps strings to strings


def rounded(value: float) -> float:
    """A measured number as the files of a trained network hold it."""
    return float(f"{value:.{_DIGITS}g}")


def write_checkpoint(path: Path, tensors: Mapping[str, Tensor], record: Any) -> None:
    """Save named tensors and a record of plain values, which JSON can hold."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_whole(path, as_safetensors(contiguous, {_RECORD: json.dumps(record)}))


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], Any]:
    """What `write_checkpoint` has saved, on the CPU."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, json.loads(file.metadata()[_RECORD])
