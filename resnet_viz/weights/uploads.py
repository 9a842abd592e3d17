"""What visitors bring: `.safetensors` files, kept on disk until their visits end.

A name that a visitor chose is never a path: files are called by the hash of their content.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections import OrderedDict
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, Final

from resnet_viz.errors import WeightsError, reason
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import ResNet
from resnet_viz.one_line import one_line
from resnet_viz.weights import labels as class_names
from resnet_viz.weights.files import kinds_of
from resnet_viz.weights.labels import parse_labels
from resnet_viz.weights.loaded import Weights
from resnet_viz.weights.matching import network_from
from resnet_viz.weights.own import OwnFile, describe_own
from resnet_viz.weights.own_folder import OwnFolder
from resnet_viz.weights.preparation import in_header
from resnet_viz.weights.sizes import megabytes
from resnet_viz.weights.tensor_file import Header, Readable, parse_header, read_tensors

__all__ = ["MAX_FILE", "MAX_LABELS", "Readable", "Store", "Upload", "UploadSource", "accept"]

# Bytes: wide_resnet101_2, the largest preset, has 508 million in float32.
MAX_FILE: Final = 512 * 10**6
MAX_LABELS: Final = class_names.MAX_BYTES
MAX_STORE: Final = 2 * 10**9  # bytes of all files together
MAX_UPLOADS: Final = 60  # their labels are held in memory: a class of thirty, twice over
_CHUNK: Final = 2**20


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was accepted: its header is sound, its values are still to be read."""

    id: str  # what a link or an option calls it; nobody can guess it without the file
    sha256: str
    name: str  # for the eye only
    size: int  # bytes
    labels: tuple[str, ...]
    path: Path
    header: Header

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor by name."""
        return self.header.shapes


class Store:
    """Uploads on disk, bounded: the one that was not used for longest goes first. Thread-safe."""

    def __init__(self, max_bytes: int = MAX_STORE, max_uploads: int = MAX_UPLOADS) -> None:
        self._limits = max_bytes, max_uploads
        self._lock = threading.Lock()
        self._uploads: OrderedDict[str, Upload] = OrderedDict()  # the least recently used first
        self._owners: dict[str, set[str]] = {}  # the visits that brought each, by its id
        self._folder: OwnFolder | None = None

    def accept(
        self, stream: Readable | bytes, name: str, labels: str | bytes | None, owner: str = ""
    ) -> Upload:
        """As the module's `accept`."""
        names = parse_labels(labels) if labels else ()
        file = io.BytesIO(stream) if isinstance(stream, bytes) else stream
        size = file.seek(0, os.SEEK_END)
        if size > MAX_FILE:
            raise WeightsError(
                f"This file has {megabytes(size)}; at most {megabytes(MAX_FILE)} are accepted "
                "(“weights convert --half” writes 16-bit numbers, which take half)."
            )
        file.seek(0)
        header = parse_header(file, size)
        file.seek(0)
        with self._lock:
            self._make_room(size)
            path, sha256 = self._keep(file, size)
            shown = one_line(name, 80) or "unnamed"
            key = hashlib.sha256(repr((sha256, shown, names)).encode()).hexdigest()[:24]
            upload = Upload(key, sha256, shown, size, names, path, header)
            self._uploads[key] = upload
            self._uploads.move_to_end(key)
            if owner:
                self._give_up([owner], but=key)
            self._owners.setdefault(key, set()).add(owner)
        return upload

    def keep_of(self, visits: Collection[str]) -> None:
        """Remove what none of these visits has brought; while a file is being written, do nothing."""
        if self._lock.acquire(blocking=False):
            try:
                self._give_up(set().union(*self._owners.values()) - set(visits))
            finally:
                self._lock.release()

    def get(self, key: str) -> Upload:
        """The upload of that id; raises `WeightsError` when it is not (or no longer) here."""
        with self._lock:
            if key not in self._uploads:
                raise WeightsError("The uploaded weights are no longer here; upload them again.")
            self._uploads.move_to_end(key)
            return self._uploads[key]

    def clear(self) -> None:
        """Forget all uploads and remove their files."""
        with self._lock:
            self._uploads.clear()
            self._owners.clear()
            if self._folder is not None:
                self._folder.remove()
                self._folder = None

    def _make_room(self, size: int) -> None:
        max_bytes, max_uploads = self._limits
        while self._uploads and (
            self._stored() + size > max_bytes or len(self._uploads) >= max_uploads
        ):
            self._remove(next(iter(self._uploads)))

    def _give_up(self, owners: Collection[str], but: str = "") -> None:
        """Let go of what these visits have brought, but for one; what others brought too stays."""
        for key in [key for key in self._owners if key != but]:
            self._owners[key].difference_update(owners)
            if not self._owners[key]:
                self._remove(key)

    def _remove(self, key: str) -> None:
        gone = self._uploads.pop(key)
        del self._owners[key]
        if all(upload.path != gone.path for upload in self._uploads.values()):
            with suppress(
                OSError
            ):  # Windows keeps a file that is being read; the folder goes later
                gone.path.unlink()

    def _stored(self) -> int:
        return sum({upload.path: upload.size for upload in self._uploads.values()}.values())

    def _keep(self, file: Readable, size: int) -> tuple[Path, str]:
        """Copy to a file that is called by its own hash; nothing half-written stays."""
        try:
            if self._folder is None:
                self._folder = OwnFolder()
            handle, part = mkstemp(dir=self._folder.name)
            try:
                with open(handle, "wb") as target:
                    sha256 = _copy(file, target, size)
                path = Path(self._folder.name, f"{sha256}.safetensors")
                os.replace(part, path)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(part)
        except OSError as error:
            raise WeightsError(
                f"This file cannot be kept on the server: {reason(error)}; try again later."
            ) from None
        return path, sha256


def _copy(source: Readable, target: BinaryIO, size: int) -> str:
    """Copy `size` bytes; returns their SHA-256."""
    digest = hashlib.sha256()
    left = size
    while left and (chunk := source.read(min(_CHUNK, left))):
        digest.update(chunk)
        target.write(chunk)
        left -= len(chunk)
    if left:
        raise WeightsError("This file changed while it was read; upload it again.")
    return digest.hexdigest()


_STORE: Final = Store()


def accept(
    stream: Readable | bytes, name: str, labels: str | bytes | None = None, owner: str = ""
) -> Upload:
    """Check a file and keep it; the header comes first, before a byte is written.

    Args:
        stream: the file's content, or the open file.
        name: what its owner calls it; only ever shown.
        labels: the content of a text file with one class name a line.
        owner: the visit that brings it, in the place of what it brought before.

    Raises:
        WeightsError: it is too large, no sound `.safetensors` file, or cannot be written.
    """
    return _STORE.accept(stream, name, labels, owner)


def keep_of(visits: Collection[str]) -> None:
    """Remove the uploads of all visits but these, as the others have ended; waits for nobody."""
    _STORE.keep_of(visits)


def clear() -> None:
    """Forget all uploads and remove their files: the server ends."""
    _STORE.clear()


class UploadSource:
    """A visitor's own file; the option is the id that `accept` gave."""

    slug = "upload"
    title = "Your own file"

    def options(self, config: ResNetConfig) -> tuple[str, ...]:
        """None: what others brought is nobody's business, and the sidebar knows the visitor's."""
        return ()

    def is_available(self, config: ResNetConfig, option: str) -> bool:
        """Whether the file is still here."""
        try:
            _STORE.get(option)
        except WeightsError:
            return False
        return True

    def describe(self, config: ResNetConfig, input_size: int, option: str) -> Weights:
        """What can be said of a file that came without a card.

        Raises:
            CheckpointMismatch: it is of another network.
            WeightsError: it is no longer here.
        """
        upload = _STORE.get(option)
        preparation, complaint = in_header(dict(upload.header.metadata))
        return describe_own(
            config,
            input_size,
            OwnFile(
                source=f"{self.slug}:{option}",
                label=upload.name,
                shapes=upload.shapes,
                kinds=kinds_of(upload.header),
                labels=upload.labels,
                remarks=(complaint,) if complaint else (),
                preparation=preparation,
                licence="yours",
                sha256=upload.sha256,
            ),
        )

    def build(self, config: ResNetConfig, option: str) -> ResNet:
        """The network on the CPU; raises `WeightsError` as `describe`, and for bad values."""
        return network_from(config, read_tensors(_STORE.get(option).path))
