"""What can be said of a file of one's own, which came without a card: the same for all its ways in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from resnet_viz.errors import WeightsError
from resnet_viz.images import PHOTOGRAPHS, Preprocessing
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.stems import STEMS
from resnet_viz.weights.labels import fitted
from resnet_viz.weights.loaded import FileFacts, Weights
from resnet_viz.weights.matching import check
from resnet_viz.weights.preparation import UNKNOWN, Preparation
from resnet_viz.weights.random import preprocessing
from resnet_viz.weights.suggestion import Shape

_CHOSEN: Final = "Images are prepared as you have chosen."
_HEADER: Final = "Images are prepared as the file says."


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file, or tensors in memory, before it is compared with a network."""

    source: str
    label: str
    shapes: Mapping[str, Shape]
    kinds: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    preparation: Preparation = UNKNOWN
    licence: str = ""
    sha256: str = ""


def describe_own(config: ResNetConfig, input_size: int, file: OwnFile) -> Weights:
    """The description of a file that has to fit a network; raises `CheckpointMismatch`."""
    found = check(file.shapes, config)
    labels, complaint = fitted(file.labels, config.num_classes)
    notes = (*file.remarks, *found.notes, *((complaint,) if complaint else ()))
    described = Weights(
        source=file.source,
        label=file.label,
        trained=True,
        note="",
        preprocessing=preprocessing(config, input_size),
        labels=labels,
        samples=PHOTOGRAPHS,
        data="not known",
        licence=file.licence,
        file=FileFacts(file.kinds, notes, file.preparation),
        sha256=file.sha256,
    )
    return prepared(described, config, input_size, UNKNOWN)


def prepared(
    described: Weights, config: ResNetConfig, input_size: int, chosen: Preparation
) -> Weights:
    """The same with the preprocessing that somebody has chosen; raises `WeightsError`."""
    family = preprocessing(config, input_size)
    known = described.file or FileFacts()
    header, complaint = _usable(known.header, family)
    facts = replace(known, header=header, chosen=chosen, notes=(*known.notes, *complaint))
    steps = facts.prepared.applied(family)
    how = _CHOSEN if chosen.stated else _HEADER if facts.header.stated else _assumed(config)
    return replace(described, file=facts, preprocessing=steps, note=" ".join((how, *facts.notes)))


def _usable(header: Preparation, family: Preprocessing) -> tuple[Preparation, tuple[str, ...]]:
    """What of a file's word can be followed at this input size, and what is said of the rest."""
    complaint: tuple[str, ...] = ()
    for usable in (header, replace(header, resize=None)):
        try:
            usable.applied(family)
        except WeightsError as error:
            complaint = (f"What the file's header says of preprocessing is not used: {error}",)
        else:
            return usable, complaint
    return UNKNOWN, complaint


def _assumed(config: ResNetConfig) -> str:
    family = STEMS[config.stem].family
    return f"Images are prepared as for {family}, since the file does not say how it was trained."
