"""Checkpoints that whoever runs the server has put into one folder, for everybody to use."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from torch import Tensor

from resnet_viz.errors import WeightsError
from resnet_viz.images import PHOTOGRAPHS
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import ResNet
from resnet_viz.weights.labels import MAX_BYTES, check_count, clean, parse_labels
from resnet_viz.weights.loaded import Weights
from resnet_viz.weights.matching import check, match, network_from
from resnet_viz.weights.pickled import read_pickled
from resnet_viz.weights.random import preprocessing
from resnet_viz.weights.tensor_file import read_header, read_tensors, unreadable
from resnet_viz.weights.uploads import assumed_preprocessing

VARIABLE: Final = "RESNET_VIZ_WEIGHTS_DIR"
ENDINGS: Final = (".safetensors", ".pth", ".pt")


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a file: when it is written again, what was learned of it holds no longer."""

    path: Path
    modified: int  # nanoseconds
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class FileSummary:
    """What a file holds, or the sentence that says why it cannot be used."""

    shapes: Mapping[str, tuple[int, ...]]
    problem: str = ""


class FolderSource:
    """The files of `RESNET_VIZ_WEIGHTS_DIR`; the option is a file's name."""

    slug = "folder"
    title = "From the server's folder"

    def options(self, config: ResNetConfig) -> tuple[str, ...]:
        """The names of the files that fit the network."""
        surveys = ((name, _survey(version)) for name, version in _listing().items())
        return tuple(
            name
            for name, survey in surveys
            if not survey.problem and match(survey.shapes, config).fits
        )

    def is_available(self, config: ResNetConfig, option: str) -> bool:
        """Whether the file is there and fits."""
        return option in self.options(config)

    def describe(self, config: ResNetConfig, input_size: int, option: str) -> Weights:
        """What can be said of a file without a card.

        Raises:
            CheckpointMismatch: it is of another network.
            WeightsError: it is not in the folder, or cannot be read.
        """
        version = _version(option)
        survey = _survey(version)
        if survey.problem:
            raise WeightsError(f"“{clean(option)}”: {survey.problem}")
        found = check(survey.shapes, config)
        labels, complaint = _labels(version.path, config.num_classes)
        notes = (assumed_preprocessing(config), *found.notes, complaint)
        return Weights(
            source=f"{self.slug}:{option}",
            label=clean(option, 80),
            trained=True,
            note=" ".join(note for note in notes if note),
            preprocessing=preprocessing(config, input_size),
            labels=labels,
            samples=PHOTOGRAPHS,
            data="not known",
            sha256=_sha256(version),
        )

    def build(self, config: ResNetConfig, option: str) -> ResNet:
        """The network on the CPU; raises `WeightsError` as `describe`, and for bad values."""
        return network_from(config, _read(_version(option).path))


def problems() -> tuple[str, ...]:
    """One sentence for every file of the folder that cannot be used, for who runs the server."""
    surveys = ((name, _survey(version)) for name, version in _listing().items())
    return tuple(f"“{clean(name)}”: {survey.problem}" for name, survey in surveys if survey.problem)


def _listing() -> dict[str, Version]:
    """The checkpoints directly inside the folder, by name; none when it is not set or not there."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return {}
    listing = {}
    try:
        for path in sorted(Path(folder).iterdir()):
            if not path.name.isprintable():
                continue  # bytes that are no UTF-8 cannot stand in a link or on a page
            if path.suffix in ENDINGS and not path.name.startswith(".") and path.is_file():
                about = path.stat()
                listing[path.name] = Version(path, about.st_mtime_ns, about.st_size)
    except OSError:  # the folder went away, or a file did between two looks at it
        return listing
    return listing


def _version(name: str) -> Version:
    """The file of that name; only what was listed is opened, so that no name leads elsewhere."""
    listing = _listing()
    if name not in listing:
        raise WeightsError(
            f"There is no file “{clean(name, 80)}” in the server's folder; "
            f"it has {', '.join(map(clean, listing)) or 'none'}."
        )
    return listing[name]


@lru_cache(maxsize=256)
def _survey(version: Version) -> FileSummary:
    try:
        if version.path.suffix == ".safetensors":
            return FileSummary({tensor.name: tensor.shape for tensor in read_header(version.path)})
        tensors = read_pickled(version.path)  # a pickle does not tell before it is read
    except WeightsError as error:
        return FileSummary({}, str(error))
    return FileSummary({name: tuple(tensor.shape) for name, tensor in tensors.items()})


@lru_cache(maxsize=256)
def _sha256(version: Version) -> str:
    try:
        with version.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(error) from None


def _read(path: Path) -> dict[str, Tensor]:
    return read_tensors(path) if path.suffix == ".safetensors" else read_pickled(path)


def _labels(weights: Path, num_classes: int) -> tuple[tuple[str, ...], str]:
    """The names in the text file beside the weights, and what is wrong with it, if anything."""
    path = weights.with_suffix(".txt")
    try:
        with path.open("rb") as file:
            labels = parse_labels(file.read(MAX_BYTES + 1))
        check_count(labels, num_classes)
    except FileNotFoundError:
        return (), ""
    except OSError as error:
        return (), f"“{clean(path.name)}”: {unreadable(error)}"
    except WeightsError as error:
        return (), f"“{clean(path.name)}” is not used: {error}"
    return labels, ""
