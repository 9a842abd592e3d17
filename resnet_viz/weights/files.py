"""A file of weights of whatever kind, open for questions: its shapes, what it says of itself, its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torch import Tensor

from resnet_viz.errors import WeightsError
from resnet_viz.one_line import quoted
from resnet_viz.weights.matching import notes_on
from resnet_viz.weights.pickled import read_pickled, read_table
from resnet_viz.weights.preparation import UNKNOWN, Preparation, in_header
from resnet_viz.weights.sniff import OPENING, FileKind, file_kind
from resnet_viz.weights.suggestion import Shape, left_out, own_names, prefix_of
from resnet_viz.weights.tensor_file import Header, read_tensors, read_whole_header, unreadable

ACCEPTED: Final = ".safetensors files and PyTorch files of parameters (.pth, .pt) can be read"
_KINDS: Final = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """What is known of a file before its numbers are read."""

    path: Path
    is_pickled: bool
    table: str  # the table that is read, of those in a PyTorch file
    shapes: Mapping[str, Shape]
    kinds: tuple[str, ...]  # the types of its numbers: "float16"
    preparation: Preparation  # as the file says it
    remarks: tuple[str, ...] = ()  # what was taken, and what is wrong with the rest
    foreign: tuple[str, ...] = ()  # the classes of objects that were passed over

    @property
    def prefix(self) -> str:
        """What is removed from the names of its tensors."""
        return prefix_of(self.shapes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken, renamed and left out, as sentences for the user."""
        own = own_names(self.shapes)
        return (*self.remarks, *notes_on(own, self.prefix, left_out(self.shapes, own)))

    def tensors(self) -> dict[str, Tensor]:
        """The tensors by name, on the CPU: float32, the counters int64; raises `WeightsError`."""
        return read_pickled(self.path, self.table) if self.is_pickled else read_tensors(self.path)


def open_weights(path: Path, table: str = "") -> WeightsFile:
    """A file by what it is and not by what it is called.

    Args:
        path: a `.safetensors` file, or one that `torch.save` wrote.
        table: the table to take from a PyTorch file that has several.

    Raises:
        WeightsError: it cannot be opened, is damaged, or holds no parameters.
    """
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise WeightsError(
                "This is no file but a device or a pipe, from which nothing is read."
            )
        with path.open("rb") as file:
            kind = file_kind(file.read(OPENING), ACCEPTED)
    except OSError as error:
        raise unreadable(error) from None
    if kind is FileKind.SAFETENSORS:
        if table:
            raise WeightsError(f"A .safetensors file is one table; leave out {quoted(table, 40)}.")
        return _from_header(path, read_whole_header(path, ACCEPTED))
    found = read_table(path, table)
    return WeightsFile(
        *(path, True, found.path, found.shapes, found.kinds, UNKNOWN),
        remarks=found.notes,
        foreign=found.foreign,
    )


def kinds_of(header: Header) -> tuple[str, ...]:
    """The types of a file's floating-point numbers, in torch's words."""
    found = {_KINDS[tensor.dtype] for tensor in header.tensors if tensor.dtype in _KINDS}
    return tuple(sorted(found))


def _from_header(path: Path, header: Header) -> WeightsFile:
    preparation, complaint = in_header(dict(header.metadata))
    return WeightsFile(
        *(path, False, "", header.shapes, kinds_of(header), preparation),
        remarks=(complaint,) if complaint else (),
    )
