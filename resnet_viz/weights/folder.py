"""Checkpoints that whoever runs the server has put into one folder, for everybody to use."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from resnet_viz.errors import WeightsError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import ResNet
from resnet_viz.one_line import one_line
from resnet_viz.weights.files import WeightsFile, open_weights
from resnet_viz.weights.labels import MAX_BYTES, parse_labels
from resnet_viz.weights.loaded import Weights
from resnet_viz.weights.matching import describe_fit, match, network_from, suggest
from resnet_viz.weights.own import OwnFile, describe_own
from resnet_viz.weights.tensor_file import unreadable

VARIABLE: Final = "RESNET_VIZ_WEIGHTS_DIR"
ENDINGS: Final = (".safetensors", ".pth", ".pt", ".ckpt", ".pth.tar", ".bin")


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a file: when it is written again, what was learned of it holds no longer."""

    path: Path
    modified: int  # nanoseconds
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class FileSummary:
    """What a file holds, or the sentence that says why it cannot be used."""

    file: WeightsFile | None
    problem: str = ""
    fit: str = ""  # which network it fits, or what keeps it from fitting one


class FolderSource:
    """The files of `RESNET_VIZ_WEIGHTS_DIR`; the option is a file's name."""

    slug = "folder"
    title = "From the server's folder"

    def options(self, config: ResNetConfig) -> tuple[str, ...]:
        """The names of the files that fit the network."""
        return tuple(
            name
            for name, survey in _surveys().items()
            if survey.file and match(survey.file.shapes, config).fits
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
        if survey.file is None:
            raise WeightsError(f"“{one_line(option)}”: {survey.problem}")
        labels, complaint = _labels(version.path)
        return describe_own(
            config,
            input_size,
            OwnFile(
                source=f"{self.slug}:{option}",
                label=one_line(option, 80),
                shapes=survey.file.shapes,
                kinds=survey.file.kinds,
                labels=labels,
                remarks=(*survey.file.remarks, *((complaint,) if complaint else ())),
                preparation=survey.file.preparation,
                sha256=_sha256(version),
            ),
        )

    def build(self, config: ResNetConfig, option: str) -> ResNet:
        """The network on the CPU; raises `WeightsError` as `describe`, and for bad values."""
        version = _version(option)
        survey = _survey(version)
        if survey.file is None:
            raise WeightsError(f"“{one_line(option)}”: {survey.problem}")
        return network_from(config, survey.file.tensors())


def problems() -> tuple[str, ...]:
    """One sentence for every file of the folder that cannot be used, for who runs the server."""
    return tuple(
        f"“{one_line(name)}”: {survey.problem}"
        for name, survey in _surveys().items()
        if survey.problem
    )


def left_out() -> tuple[str, ...]:
    """One sentence for all else in the folder that no page offers: what fits no network, or is no weights."""
    unfit = tuple(
        f"“{one_line(name)}”: {survey.fit}"
        for name, survey in _surveys().items()
        if survey.file and suggest(survey.file.shapes) is None
    )
    paths = _paths()
    names = {labels_beside(path).name for path in paths if _is_weights(path)}
    passed_over = (path for path in paths if not _is_weights(path) and path.name not in names)
    return (
        *unfit,
        *(f"“{one_line(path.name)}” is left out: {_why(path)}." for path in passed_over),
    )


def contents() -> tuple[str, ...]:
    """What the folder has for which network, one sentence a file, for who looks for theirs."""
    return tuple(
        f"“{one_line(name)}”: {survey.problem or survey.fit}" for name, survey in _surveys().items()
    )


def _surveys() -> dict[str, FileSummary]:
    return {name: _survey(version) for name, version in _listing().items()}


def _why(path: Path) -> str:
    if path.name.startswith("."):
        return "its name begins with a dot"
    if not path.name.isprintable():
        return "its name has characters that cannot stand in a link"
    if path.is_dir():
        return "it is a folder, and only files directly in the weights folder are read"
    if not path.name.lower().endswith(ENDINGS):
        return f"its name ends in none of {', '.join(ENDINGS)}"
    return "it is no file that can be read"


def _is_weights(path: Path) -> bool:
    """Whether a file is taken for weights; bytes that are no UTF-8 cannot stand in a link."""
    name = path.name
    return (
        name.isprintable()
        and name.lower().endswith(ENDINGS)
        and not name.startswith(".")
        and path.is_file()
    )


def _paths() -> list[Path]:
    """All that lies in the folder; nothing when it is not set or not there."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return []
    try:
        return sorted(Path(folder).iterdir())
    except OSError:
        return []


def _listing() -> dict[str, Version]:
    """The checkpoints directly inside the folder, by name; none when it is not set or not there."""
    listing = {}
    try:
        for path in filter(_is_weights, _paths()):
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
            f"There is no file “{one_line(name, 80)}” in the server's folder; "
            f"it has {', '.join(map(one_line, listing)) or 'none'}."
        )
    return listing[name]


@lru_cache(maxsize=256)
def _survey(version: Version) -> FileSummary:
    try:
        file = open_weights(version.path)
        return FileSummary(file, fit=describe_fit(file.shapes))
    except WeightsError as error:
        return FileSummary(None, str(error))


@lru_cache(maxsize=256)
def _sha256(version: Version) -> str:
    try:
        with version.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(error) from None


def labels_beside(weights: Path) -> Path:
    """Where the class names of a file are looked for: `a.txt` beside `a.pth.tar`."""
    ending = max((each for each in ENDINGS if weights.name.lower().endswith(each)), key=len)
    return weights.with_name(f"{weights.name[: -len(ending)]}.txt")


def _labels(weights: Path) -> tuple[tuple[str, ...], str]:
    """The names in the text file beside the weights, and what is wrong with it, if anything."""
    path = labels_beside(weights)
    try:
        with path.open("rb") as file:
            return parse_labels(file.read(MAX_BYTES + 1)), ""
    except FileNotFoundError:
        return (), ""
    except OSError as error:
        return (), f"“{one_line(path.name)}”: {unreadable(error)}"
    except WeightsError as error:
        return (), f"“{one_line(path.name)}” is not used: {error}"
