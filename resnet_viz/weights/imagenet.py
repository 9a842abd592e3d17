"""ImageNet's thousand classes: torchvision's published parameters, once they are on this machine."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from resnet_viz.errors import WeightsError, reason
from resnet_viz.images import PHOTOGRAPHS, Preprocessing
from resnet_viz.images.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import ResNet
from resnet_viz.one_line import quoted
from resnet_viz.weights import checkpoints
from resnet_viz.weights.checkpoints import (
    CHECKPOINTS,
    Checkpoint,
    is_intact,
    networks,
    published,
)
from resnet_viz.weights.loaded import Weights
from resnet_viz.weights.matching import network_from
from resnet_viz.weights.pickled import read_pickled
from resnet_viz.weights.sizes import megabytes

__all__ = ["CHECKPOINTS", "Checkpoint", "ImageNetSource", "NotDownloaded", "imagenet_labels"]

DATA = "ImageNet-1k, 1.28 million photographs, 1,000 classes"


class NotDownloaded(WeightsError):  # noqa: N818, it is a state and nobody's error
    """The file is not here yet; `checkpoint` is what `download.start` wants."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        best = published(checkpoint.network)[0]
        version = "" if checkpoint == best else f" --version {checkpoint.version}"
        super().__init__(
            f"{checkpoint.file} ({megabytes(checkpoint.size)}) is not on this machine; fetch it with "
            f"`python -m resnet_viz weights fetch {checkpoint.network}{version}`."
        )
        self.checkpoint = checkpoint


class ImageNetSource:
    """torchvision's checkpoints; the option is the version."""

    slug = "imagenet"
    title = "ImageNet (torchvision)"

    def options(self, config: ResNetConfig) -> tuple[str, ...]:
        """The versions that are published for this network, the most accurate first."""
        return tuple(checkpoint.version for checkpoint in _fitting(config))

    def is_available(self, config: ResNetConfig, option: str) -> bool:
        """Whether the file lies in the folder."""
        return bool(_fitting(config)) and _path(self.checkpoint(config, option)).is_file()

    def checkpoint(self, config: ResNetConfig, option: str) -> Checkpoint:
        """The version asked for, the best where none is named; `WeightsError` if there is none."""
        fitting = _fitting(config)
        if not fitting:
            raise WeightsError(
                "There are no ImageNet weights for this network; choose an unchanged preset, one of "
                f"{', '.join(networks())}."
            )
        found = [checkpoint for checkpoint in fitting if option in ("", checkpoint.version)]
        if not found:
            raise WeightsError(
                f"There is no version {quoted(option, 20)} of {fitting[0].network}'s ImageNet weights; "
                f"choose {' or '.join(checkpoint.version for checkpoint in fitting)}."
            )
        return found[0]

    def describe(self, config: ResNetConfig, input_size: int, option: str) -> Weights:
        """What the sidebar says; raises `WeightsError` for a version there is not."""
        checkpoint = self.checkpoint(config, option)
        return Weights(
            source=f"{self.slug}:{checkpoint.version}",
            label=f"ImageNet-1k, {checkpoint.version.upper()} (torchvision)",
            trained=True,
            note=f"Right at once on {checkpoint.acc1:.1f} % of ImageNet's validation images, as "
            f"published for {checkpoint.crop} × {checkpoint.crop} pixels.",
            preprocessing=preprocessing(checkpoint, input_size),
            labels=imagenet_labels(),
            samples=tuple(PHOTOGRAPHS),
            data=DATA,
            licence=checkpoints.LICENCE,
            sha256=checkpoint.sha256_prefix,
        )

    def build(self, config: ResNetConfig, option: str) -> ResNet:
        """The network on the CPU.

        Raises:
            NotDownloaded: the file is not in the folder.
            WeightsError: there is no such version, or the file is damaged or cannot be read.
        """
        checkpoint = self.checkpoint(config, option)
        path = _path(checkpoint)
        if not path.is_file():
            raise NotDownloaded(checkpoint)
        try:
            intact = is_intact(path, checkpoint)
        except OSError as error:
            raise WeightsError(
                f"{checkpoint.file} cannot be read ({reason(error)}); check who may read the weights folder."
            ) from None
        if not intact:
            raise WeightsError(
                f"{checkpoint.file} is damaged, since its SHA-256 is not the published one; fetch it "
                f"again with `python -m resnet_viz weights fetch {checkpoint.network} "
                f"--version {checkpoint.version}`."
            )
        return network_from(config, read_pickled(path))


@cache
def imagenet_labels() -> tuple[str, ...]:
    """The names of the 1,000 classes, in the order of the class index."""
    file = Path(__file__).with_name("imagenet_classes.txt")
    return tuple(file.read_text("utf-8").splitlines())


def preprocessing(checkpoint: Checkpoint, input_size: int) -> Preprocessing:
    """As published; at another input size, in pixels, the resize keeps its ratio to the crop."""
    resize = round(checkpoint.resize * input_size / checkpoint.crop)
    return Preprocessing(resize, input_size, IMAGENET_MEAN, IMAGENET_STD)


def _fitting(config: ResNetConfig) -> tuple[Checkpoint, ...]:
    """What is published for a network of these layers, whatever it is called."""
    for network in networks():
        if _layers(PRESETS[network]) == _layers(config):
            return published(network)
    return ()


def _layers(config: ResNetConfig) -> ResNetConfig:
    """The config without what plays no role for the names and shapes of trained parameters."""
    return replace(config, name="", input_size=224, zero_init=False)


def _path(checkpoint: Checkpoint) -> Path:
    return checkpoints.folder() / checkpoint.file
