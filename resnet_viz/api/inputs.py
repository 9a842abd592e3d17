"""What callers of the public functions may give, as what the functions below take."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image
from torch import Tensor

from resnet_viz import images
from resnet_viz.errors import ImageError, WeightsError, reason
from resnet_viz.figures.png import png
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import preset
from resnet_viz.weights import matching, sources
from resnet_viz.weights import own as own_weights
from resnet_viz.weights.files import open_weights
from resnet_viz.weights.labels import parse_labels
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.own import OwnFile
from resnet_viz.weights.preparation import Preparation
from resnet_viz.weights.suggestion import suggest
from resnet_viz.weights.uploads import UploadSource, accept

FilePath = str | os.PathLike[str]
WeightsChoice = FilePath | Mapping[str, Tensor]
Labels = FilePath | Sequence[str]

_FILES: Final = (".safetensors", ".pth", ".pt")  # endings by which a file is told from a source


def is_file(weights: FilePath) -> bool:
    """Whether weights are a file of one's own and no source such as `random:7`."""
    if not isinstance(weights, str):
        return True
    return weights.endswith(_FILES) and not weights.startswith("folder:")


def chosen_weights(
    config: ResNetConfig, weights: FilePath | None = None, labels: Labels | None = None
) -> tuple[ResNetConfig, str]:
    """The weights as `sources.load` wants them; a file of one's own goes the way of an upload.

    Such a file decides how many classes the network has.

    Raises:
        WeightsError: the file cannot be read or is not accepted, or labels came without one.
    """
    if weights is None or not is_file(weights):
        if labels is not None:
            raise WeightsError(
                "Labels go with a file or a state dict of your own; all other weights have names."
            )
        return config, str(weights) if weights else sources.default_weights(config)
    path = Path(weights)
    try:
        names = label_text(labels)
        with path.open("rb") as file:
            upload = accept(file, path.name, names)
    except OSError as error:
        raise unreadable(error) from None
    return with_classes(config, upload.shapes), f"{UploadSource.slug}:{upload.id}"


def config_of(network: str | ResNetConfig) -> ResNetConfig:
    """Return a configuration as it is, a preset by its name; raises `ConfigError` for an unknown one."""
    return network if isinstance(network, ResNetConfig) else preset(network)


def with_classes(config: ResNetConfig, shapes: Mapping[str, tuple[int, ...]]) -> ResNetConfig:
    """Give a network as many classes as the checkpoint has, where its shapes tell."""
    suggestion = suggest(shapes)
    return replace(config, num_classes=suggestion.config.num_classes) if suggestion else config


def from_tensors(
    config: ResNetConfig,
    tensors: Mapping[str, Tensor],
    labels: Labels | None,
    prepared: Preparation,
    size: int,
    device: str,
) -> LoadedModel:
    """Build the network with a state dict's tensors, copied; raises `WeightsError` where they do not fit."""
    try:
        text = label_text(labels)
    except OSError as error:
        raise unreadable(error) from None
    owned = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
    own = OwnFile(
        source="tensors",
        label="State dict",
        shapes=shapes_of(tensors),
        labels=parse_labels(text) if text else (),
        licence="yours",
    )
    description = own_weights.prepared(
        own_weights.describe_own(config, size, own), config, size, prepared
    )
    return sources.ready(config, description, matching.network_from(config, owned), device)


def shapes_of(checkpoint: FilePath | Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of a file, of a state dict, or of shapes that were given as such."""
    if isinstance(checkpoint, Mapping):
        return {
            name: tuple(each.shape if hasattr(each, "shape") else each)
            for name, each in checkpoint.items()
        }
    return dict(open_weights(Path(checkpoint)).shapes)


def unreadable(error: OSError) -> WeightsError:
    """Say of which file it was, and why."""
    return WeightsError(f"“{error.filename}” cannot be read: {reason(error)}.")


def label_text(labels: Labels | None) -> bytes | str | None:
    """Read class names, one a line; raises `OSError` for a file that cannot be read."""
    if labels is None:
        return None
    if isinstance(labels, str | os.PathLike):
        return Path(labels).read_bytes()
    return "\n".join(labels)


def listed(paths: str | Iterable[str]) -> tuple[str, ...]:
    """Take one path for a list of one."""
    return (paths,) if isinstance(paths, str) else tuple(paths)


def bytes_of(path: Path) -> bytes:
    """Read an image's file, no more of it than is accepted; raises `ImageError`."""
    try:
        with path.open("rb") as file:
            return file.read(
                images.MAX_BYTES + 1
            )  # one more than is accepted is enough to refuse it
    except OSError as error:
        raise ImageError(f"“{path.name}” cannot be read: {reason(error)}.") from None


def png_of(pixels: np.ndarray) -> bytes:
    """The array as a file, so that it is checked and reduced as any other."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise ImageError(
            f"This array is {pixels.dtype} {pixels.shape}; an image is uint8 (height, width, 3)."
        )
    return png(Image.fromarray(pixels))
