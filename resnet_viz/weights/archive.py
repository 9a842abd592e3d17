"""The two containers of PyTorch's files, bounded before anything is allocated, checked when it is read.

Since 2020 torch writes a zip archive: the pickle in `data.pkl`, each storage in a record of its own, nothing
compressed. Before, it wrote four pickles, and behind them the storages end to end.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Protocol

import torch

from resnet_viz.errors import WeightsError
from resnet_viz.weights.unpickling import PickleError, Storage, TooLong, Unpickled, read_pickle

MAX_PICKLE: Final = 2**24  # bytes: MAX_TENSORS tensors take 5 million
MAX_DIRECTORY: Final = 2**22  # bytes: some 100 for each record
_SIGNATURE: Final = b"PK\x05\x06"
_SIGNATURE_64: Final = b"PK\x06\x07"
_END: Final = struct.Struct("<12xL6x")  # the directory's size, in a record at the file's end
_LOCATOR_64: Final = 20  # bytes: stands before it in files of more than 4 GB
_END_64: Final = struct.Struct("<40xQ8x")  # and before that the size that did not fit
_MAX_COMMENT: Final = 2**16
_LEGACY_MAGIC: Final = 0x1950A86A20F9469CFC6C
_ZIP_FAULTS: Final = (
    *(zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, RuntimeError),
    *(ArithmeticError, LookupError, struct.error),
)

# By the names of the classes that kept torch's numbers.
DTYPES: Final[Mapping[str, torch.dtype]] = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexDoubleStorage": torch.complex128,
    "ComplexFloatStorage": torch.complex64,
    "QInt8Storage": torch.qint8,
    "QUInt8Storage": torch.quint8,
    "QInt32Storage": torch.qint32,
    "UntypedStorage": torch.uint8,
}

# What is called so in an archive that holds a network with its arithmetic.
_PROGRAMS: Final[Mapping[str, str]] = {
    "/constants.pkl": "TorchScript program",
    "/archive_format": "program of torch.export",
}

DAMAGED: Final = "This PyTorch file is damaged or cut off; fetch or save it once more."
_SAVE: Final = "save the parameters alone with torch.save(model.state_dict(), FILE)"


class Container(Protocol):
    """An open PyTorch file."""

    content: Unpickled

    def numbers(self, storage: Storage, size: int) -> bytes:
        """The `size` bytes of a storage; raises `WeightsError` when they are not there or damaged."""
        ...


def opened(file: BinaryIO, size: int) -> Container:
    """The container in an open file of `size` bytes.

    Raises:
        WeightsError: it is damaged, or none that torch writes.
    """
    file.seek(0)
    is_zip = file.read(2) == b"PK"
    file.seek(0)
    try:
        return _Archive(file, size) if is_zip else _Legacy(file, size)
    except TooLong:
        raise WeightsError(f"This file holds far more than parameters; {_SAVE}.") from None
    except (PickleError, KeyError):
        raise WeightsError(DAMAGED) from None


class _Archive:
    """torch's zip archive."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        _check_directory(file, size)
        try:
            self._zip = zipfile.ZipFile(file)
        except _ZIP_FAULTS:
            raise WeightsError(DAMAGED) from None
        self._records = {record.filename: record for record in self._zip.infolist()}
        self._check_purpose()
        self._check_records(size)
        self._folder = self._pickle_name().removesuffix("data.pkl")
        self._check_sums()
        if self._read("byteorder") == b"big":
            raise WeightsError(
                f"This file was written by a big-endian machine; load it with PyTorch and {_SAVE}."
            )
        self.content = read_pickle(io.BytesIO(self._read("data.pkl")))

    def numbers(self, storage: Storage, size: int) -> bytes:
        record = self._records.get(f"{self._folder}data/{storage.key}")
        if record is None or record.file_size != size:
            raise WeightsError(DAMAGED)
        return self._read(f"data/{storage.key}")

    def _check_purpose(self) -> None:
        """Refuse programs, parts of which are compressed."""
        for ending, what in _PROGRAMS.items():
            if any(name.endswith(ending) for name in self._records):
                raise WeightsError(f"This is a {what}, which is never run here; {_SAVE}.")

    def _pickle_name(self) -> str:
        names = [name for name in self._records if name.rpartition("/")[2] == "data.pkl"]
        if len(names) != 1:
            raise WeightsError(
                "This is a zip archive without PyTorch's parameters in it; "
                "PyTorch files of parameters (.pth, .pt) can be read."
            )
        if self._records[names[0]].file_size > MAX_PICKLE:
            raise WeightsError(f"This file holds far more than parameters; {_SAVE}.")
        return names[0]

    def _check_records(self, size: int) -> None:
        """Refuse what torch never writes and what would grow when it is read."""
        records = self._zip.infolist()
        grows = any(
            record.compress_type != zipfile.ZIP_STORED or record.file_size != record.compress_size
            for record in records
        )
        if (
            grows
            or len(self._records) < len(records)
            or sum(record.file_size for record in records) > size
        ):
            raise WeightsError(
                "This file is compressed or declares more bytes than it has, as PyTorch never does; "
                "save it once more with torch.save."
            )

    def _check_sums(self) -> None:
        if not any(record.CRC for record in self._records.values()):
            raise WeightsError(
                "This file was saved without checksums (set_crc32_options(False)), so that nobody can "
                "tell whether it is intact; load it with PyTorch and save it once more with them."
            )

    def _read(self, name: str) -> bytes:
        """A record of which every byte is as it was written; empty where there is none."""
        record = self._records.get(self._folder + name)
        if record is None:
            return b""
        try:
            return self._zip.read(record)
        except zipfile.BadZipFile as fault:
            if "CRC" not in str(fault):
                raise WeightsError(DAMAGED) from None
            raise WeightsError(
                "This PyTorch file is damaged: its checksums do not agree with its bytes; "
                "fetch or save it once more."
            ) from None
        except _ZIP_FAULTS:
            raise WeightsError(DAMAGED) from None


class _Legacy:
    """The files that torch wrote until 2020: pickles, then each storage with its length before it."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        stream = io.BytesIO(file.read(MAX_PICKLE))
        if read_pickle(stream).value != _LEGACY_MAGIC:
            raise WeightsError(
                "This is a pickle of Python objects that torch.save did not write, and it is never "
                f"run here; load it with what wrote it, and {_SAVE}."
            )
        read_pickle(stream)  # the version
        read_pickle(stream)  # the machine
        self.content = read_pickle(stream)
        keys = read_pickle(stream).value
        self._records = self._places(keys, stream.tell())

    def numbers(self, storage: Storage, size: int) -> bytes:
        place = self._records.get(storage.key)
        if place is None or place.size != storage.count:
            raise WeightsError(DAMAGED)
        self._file.seek(place.begin)
        content = self._file.read(size)
        if len(content) < size:
            raise WeightsError(DAMAGED)
        return content

    def _places(self, keys: Any, begin: int) -> Mapping[str, _Place]:
        """Where each storage begins, from the kinds of all of them: they are written without a gap."""
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise PickleError("no storages")
        places = {}
        for key in keys:
            self._file.seek(begin)
            length = self._file.read(8)
            if len(length) < 8:
                raise PickleError("cut off")
            count = int.from_bytes(length, "little")
            places[key] = _Place(begin + 8, count)
            begin += 8 + count * DTYPES[self.content.storages[key].kind].itemsize
            if begin > self._size:
                raise PickleError("cut off")
        return places


@dataclass(frozen=True, slots=True)
class _Place:
    begin: int  # bytes, from the file's first
    size: int  # numbers


def _check_directory(file: BinaryIO, size: int) -> None:
    """Raise `WeightsError` for a directory that is not there, or is so long that it takes the memory."""
    begin = max(0, size - _MAX_COMMENT - len(_SIGNATURE) - _END.size)
    file.seek(begin)
    tail = file.read()
    at = tail.rfind(_SIGNATURE)
    try:
        (length,) = _END.unpack_from(tail, at)
        if at >= _LOCATOR_64 and tail[at - _LOCATOR_64 :].startswith(_SIGNATURE_64):
            (length,) = _END_64.unpack_from(tail, at - _LOCATOR_64 - _END_64.size)
    except struct.error:
        at = -1
    if at < 0:
        raise WeightsError(DAMAGED)
    if length > MAX_DIRECTORY:
        raise WeightsError(f"This file has far more parts than a network has; {_SAVE}.")
