"""Checkpoints as torch saves them, for their owner: which tables they hold, and the numbers of one.

Nothing in them is run (see `unpickling`), and what a file claims is checked before it is read: no upload
ever comes here all the same, since a visitor can convert a file at home.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, Final

import torch
from torch import Tensor

from resnet_viz.errors import WeightsError
from resnet_viz.weights.archive import DTYPES, Container, opened
from resnet_viz.weights.sizes import megabytes
from resnet_viz.weights.sniff import OPENING, FileKind, file_kind
from resnet_viz.weights.suggestion import Shape
from resnet_viz.weights.tables import Table, chosen, tables
from resnet_viz.weights.tensor_file import COUNTER, MAX_NAME, MAX_TENSORS, NAME, shown, unreadable
from resnet_viz.weights.unpickling import Foreign, Storage, StoredTensor

ACCEPTED: Final = "PyTorch files of parameters (.pth, .pt) can be read"
_MAX_DIMS: Final = 8
_MAX_NUMBER: Final = 2**48
# Tensors may share numbers, as tied layers do, and half-precision ones take twice as much when read.
_MAX_GROWTH: Final = 4
_SMALL: Final = 2**20  # bytes that any file may declare
_NAMED: Final = 3  # names in a sentence
# How torch calls what makes tensors of other kinds.
_OTHER_TENSORS: Final[Mapping[str, str]] = {
    "torch._utils._rebuild_qtensor": "quantised",
    "torch._utils._rebuild_sparse_tensor": "sparse",
    "torch._utils._rebuild_meta_tensor_no_storage": "without values",
    "torch._utils._rebuild_nested_tensor": "nested",
    "torch._utils._rebuild_device_tensor_from_numpy": "of another device",
}
_GATE: Final = threading.Lock()  # one at a time: files are large


@dataclass(frozen=True, slots=True)
class PickledTable:
    """The table that is taken from a PyTorch file, without its numbers."""

    path: str  # the keys that lead to it; empty where the file itself is the table
    shapes: Mapping[str, Shape]
    kinds: tuple[str, ...]  # the types of its floating-point numbers: "float16"
    others: tuple[str, ...]  # the paths of other tables of networks
    foreign: tuple[str, ...]  # the classes of objects that were passed over
    passed_over: Mapping[str, str]  # the table's tensors that are not read, and why

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken and what was left, as sentences for the user."""
        taken = f"The parameters were taken from the table {shown(self.path)} of the file."
        others = (
            f"The file has another table of a network, {_listed(self.others)}, which is not shown."
            if len(self.others) == 1
            else f"The file has other tables of networks, {_listed(self.others)}, which are not shown."
        )
        return (
            *((taken,) if self.path else ()),
            *((others,) if self.others else ()),
            *((_about(self.passed_over),) if self.passed_over else ()),
        )


def read_table(path: Path, table: str = "") -> PickledTable:
    """The table of parameters in a `.pth` file, as `read_pickled` reads it; no number is read.

    Raises:
        WeightsError: it cannot be opened, is damaged, or holds no such table.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            container = _container(file, size)
            taken, others = _taken(container, table)
            _check_size(taken, size)
            for name, tensor in taken.tensors.items():
                _check_place(name, tensor)
    except OSError as error:
        raise unreadable(error) from None
    return PickledTable(
        taken.path,
        {name: tuple(tensor.shape) for name, tensor in taken.tensors.items()},
        _kinds(taken),
        others,
        tuple(sorted(container.content.foreign)),
        taken.passed_over,
    )


def read_pickled(path: Path, table: str = "") -> dict[str, Tensor]:
    """The parameters in a `.pth` file of the owner, by name, on the CPU: float32, counters int64.

    Args:
        path: a file that `torch.save` wrote.
        table: the keys that lead to the parameters, joined by dots, where a file has several tables.

    Raises:
        WeightsError: it cannot be opened, is damaged, or holds no such table.
    """
    try:
        with _GATE, path.open("rb") as file:
            size = path.stat().st_size
            container = _container(file, size)
            taken, _ = _taken(container, table)
            _check_size(taken, size)
            return _read(container, taken)
    except OSError as error:
        raise unreadable(error) from None


def _container(file: BinaryIO, size: int) -> Container:
    if file_kind(file.read(OPENING), ACCEPTED) is FileKind.SAFETENSORS:
        raise WeightsError(
            f"This is no PyTorch file but a .safetensors file, or a damaged one; {ACCEPTED}."
        )
    return opened(file, size)


def _taken(container: Container, table: str) -> tuple[Table[StoredTensor], tuple[str, ...]]:
    content = container.content
    found = tuple(tables(content.value, _why_not)) if _is_nested(content.value) else ()
    readable = tuple(each for each in found if not all(map(_is_counter, each.tensors)))
    if readable:
        return chosen(readable, lambda tensor: tensor.shape, table)
    if any(each.passed_over for each in found):
        most = max(found, key=lambda each: len(each.passed_over))
        raise WeightsError(
            f"No tensor in this PyTorch file can be read. {_about(most.passed_over)}"
        )
    save = "torch.save(model.state_dict(), FILE)"
    if content.foreign:
        raise WeightsError(
            f"This PyTorch file holds Python objects ({_listed(tuple(sorted(content.foreign)))}), which "
            f"are never made here, and no table of parameters; save the parameters alone with {save}."
        )
    raise WeightsError(f"This PyTorch file holds no table of parameters; save one with {save}.")


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list | tuple)


def _why_not(name: str, entry: Any) -> str | None:
    """Why an entry is not read, as `tables` wants it: only dense tensors of real numbers are."""
    if isinstance(entry, Foreign):
        return _OTHER_TENSORS.get(entry.name)
    if not isinstance(entry, StoredTensor):
        return None
    dtype = DTYPES.get(entry.storage.kind)
    if entry.kind or dtype is None:
        return re.sub(r"[^A-Za-z0-9_]", "·", (entry.kind or entry.storage.kind)[:40])
    if not dtype.is_floating_point and not _is_counter(name):
        return str(dtype).removeprefix("torch.")
    if len(name) > MAX_NAME or not NAME.fullmatch(name):
        return "a name that is not accepted"
    is_sound = (
        _are_sizes(entry.shape)
        and _are_sizes(entry.stride)
        and _are_sizes((entry.offset,))
        and len(entry.shape) == len(entry.stride)
    )
    return "" if is_sound else "an impossible shape"


def _is_counter(name: str) -> bool:
    return name.endswith(COUNTER)


def _about(passed_over: Mapping[str, str]) -> str:
    """The sentence on tensors that are not read."""
    first = [f"{shown(name)} ({why})" for name, why in islice(passed_over.items(), _NAMED)]
    more = f" and {len(passed_over) - _NAMED:,} more" if len(passed_over) > _NAMED else ""
    many = "1 tensor is" if len(passed_over) == 1 else f"{len(passed_over):,} tensors are"
    return (
        f"{many} passed over, since only floating-point numbers of 16, 32 and 64 bits under plain names "
        f"are read: {', '.join(first)}{more}."
    )


def _are_sizes(numbers: Any) -> bool:
    return (
        isinstance(numbers, tuple)
        and len(numbers) <= _MAX_DIMS
        and all(type(number) is int and 0 <= number < _MAX_NUMBER for number in numbers)
    )


def _kinds(table: Table[StoredTensor]) -> tuple[str, ...]:
    dtypes = {DTYPES[tensor.storage.kind] for tensor in table.tensors.values()}
    return tuple(sorted(str(d).removeprefix("torch.") for d in dtypes if d.is_floating_point))


def _check_size(table: Table[StoredTensor], size: int) -> None:
    """Raise `WeightsError` where tensors would take much more memory than the file has bytes."""
    tensors = table.tensors.values()
    declared = sum(prod(tensor.shape) * _read_as(tensor).itemsize for tensor in tensors)
    if len(tensors) > MAX_TENSORS:
        raise WeightsError(
            f"This file declares {len(tensors):,} tensors; at most {MAX_TENSORS:,} are accepted."
        )
    if declared > _MAX_GROWTH * size + _SMALL:
        raise WeightsError(
            f"This file of {size:,} bytes declares {len(tensors):,} tensors of "
            f"{megabytes(declared)}; at most {_MAX_GROWTH} times the size of the file are accepted."
        )


def _read_as(tensor: StoredTensor) -> torch.dtype:
    return torch.float32 if DTYPES[tensor.storage.kind].is_floating_point else torch.int64


def _read(container: Container, table: Table[StoredTensor]) -> dict[str, Tensor]:
    storages: dict[Storage, Tensor] = {}
    tensors = {}
    for name, stored in table.tensors.items():
        _check_place(name, stored)
        storage = stored.storage
        if storage not in storages:
            dtype = DTYPES[storage.kind]
            numbers = container.numbers(storage, storage.count * dtype.itemsize)
            storages[storage] = (
                torch.frombuffer(bytearray(numbers), dtype=dtype) if numbers else torch.empty(0)
            )
        view = storages[storage].as_strided(stored.shape, stored.stride, stored.offset)
        tensors[name] = view.to(_read_as(stored))
    return tensors


def _check_place(name: str, stored: StoredTensor) -> None:
    """Raise `WeightsError` for a tensor that leaves its storage, or has two values in one place."""
    if not prod(stored.shape):
        return
    reach, sound = 0, True
    for stride, length in sorted(zip(stored.stride, stored.shape, strict=True)):
        sound = sound and (length == 1 or stride > reach)
        reach += stride * (length - 1)
    if not sound or stored.offset + reach >= stored.storage.count:
        raise WeightsError(
            f"{shown(name)} has no numbers of its own for each of its places, or lies outside of the "
            "file; save it once more, with “.clone()” at each tensor."
        )


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(shown(name) for name in names[:_NAMED]) + more
