"""What a file of weights leaves open: what is certain, what is assumed, and what changes an assumption.

Names and shapes fix a network's layers, but not what happens between them, nor how images were prepared.
A new way in which a file can be misread is one entry in `ASSUMPTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import title
from resnet_viz.model.stems import STEMS, Stem
from resnet_viz.weights.loaded import Weights

_CANNOT: Final = "this explorer cannot build it yet"


@dataclass(frozen=True, slots=True)
class Situation:
    """A network with a file of one's own in it."""

    config: ResNetConfig
    weights: Weights

    @property
    def steps(self) -> dict[str, str]:
        """The preprocessing in words, by what a link calls each part."""
        used = self.weights.preprocessing
        mean, std = (" · ".join(f"{value:g}" for value in each) for each in (used.mean, used.std))
        return {
            "mean": f"values from 0 to {used.white}, mean {mean}, std {std}",
            "order": ", ".join(used.channels),
            "resize": f"shorter side to {used.resize} pixels, of which the centre "
            f"{used.crop} × {used.crop} is kept",
            "interpolation": used.interpolation,
        }

    def is_stated(self, name: str) -> bool:
        """Whether the file or its user has said a part of the preprocessing."""
        file = self.weights.file
        return file is not None and getattr(file.prepared, name) is not None


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that a file does not say."""

    name: str
    assumed: Callable[[Situation], str]
    else_: str  # what could be meant as well
    applies: Callable[[Situation], bool] = lambda _: True
    switch: str = ""  # the option that changes it, by its name in a link; empty where there is none
    place: str = ""  # where that option is found
    values: tuple[str, ...] = ()  # what it can be set to with one click
    beyond: str = ""  # what could be meant and cannot be built here

    def sentence(self, situation: Situation) -> str:
        """What is assumed, what it could be instead, and whether that can be had."""
        parts = [f"{self.name}: {self.assumed(situation)}."]
        if self.else_:
            how = f" ({self.place})" if self.switch else f"; {_CANNOT}"
            parts.append(f"It could be {self.else_}{how}.")
        if self.beyond:
            parts.append(f"It could be {self.beyond}; {_CANNOT}.")
        return " ".join(parts)


_SHORTCUTS: Final = {
    "zero-pad": "every second pixel, with the new channels at zero behind the others (option A)",
    "none": "none at all, a plain network",
}
_PREPROCESSING: Final = "Preprocessing"


def _stem(stem: Stem) -> str:
    pooling = "3×3 max-pooling of stride 2" if stem.pooled else "no pooling"
    return f"its {stem.kernel}×{stem.kernel} has stride {stem.stride}, and {pooling} follows"


def _of_preprocessing(
    name: str, label: str, else_: str, values: tuple[str, ...] = ()
) -> Assumption:
    return Assumption(
        label,
        lambda situation: situation.steps[name],
        else_,
        applies=lambda situation: not situation.is_stated(name),
        switch=name,
        place=_PREPROCESSING,
        values=values,
    )


ASSUMPTIONS: Final[tuple[Assumption, ...]] = (
    _of_preprocessing(
        "mean", "Normalising", "another mean and std, such as 0.5 and 0.5, or 0 to 255"
    ),
    _of_preprocessing(
        "order", "Order of the channels", "blue, green, red, as OpenCV reads", ("bgr",)
    ),
    _of_preprocessing(
        *("resize", "Resize and crop"),
        "another resize, such as 232 for 224 (torchvision's second recipes), or no crop",
        ("0.95", "1"),
    ),
    _of_preprocessing(
        "interpolation", "Interpolation", "bicubic, as in many of timm's", ("bicubic",)
    ),
    Assumption(
        "Stride of a bottleneck",
        lambda situation: f"in the {situation.config.stride_place.replace('x', '×')}",
        "in the other convolution: torchvision halves in the 3×3, the paper and Caffe in the 1×1",
        applies=lambda situation: situation.config.places_stride,
        switch="stride_place",
        place="Customise",
        values=("1x1", "3x3"),
    ),
    Assumption(
        "Shortcuts where the shape changes",
        lambda situation: _SHORTCUTS[situation.config.shortcut],
        "option A or none, since neither has parameters",
        applies=lambda situation: situation.config.shortcut != "projection",
        switch="shortcut",
        place="Customise",
        values=("zero-pad", "none"),
        beyond="zeros on both sides of the channels, or average pooling",
    ),
    Assumption(
        "Stem",
        lambda situation: _stem(STEMS[situation.config.stem]),
        "another stride, or other pooling: none, or one that rounds up as in Caffe",
    ),
    Assumption(
        "Strides of the stages",
        lambda situation: "each stage after the first halves the map, without dilation",
        "dilated convolutions instead, as in networks for segmentation",
    ),
    Assumption(
        "Halving",
        lambda situation: "by strided convolutions alone",
        "a blur before each stride (anti-aliased networks)",
    ),
    Assumption(
        "Padding",
        lambda situation: "zeros, the same number on all sides",
        "one-sided, as in networks from TensorFlow",
    ),
    Assumption(
        "ε of BatchNorm",
        lambda situation: "0.00001",
        "another, such as 0.001 (TensorFlow) or 0.00002 (MXNet)",
    ),
    Assumption(
        "Activation",
        lambda situation: "ReLU, after each norm and after each sum",
        "another function, such as SiLU or LeakyReLU",
    ),
    Assumption(
        "Pooling before the classifier",
        lambda situation: "the mean of each channel",
        "the maximum, or both together",
    ),
    Assumption(
        "Probabilities",
        lambda situation: "one class is right (softmax)",
        "a sigmoid for each class, where several can be right at once",
        applies=lambda situation: situation.config.num_classes > 1,
    ),
    Assumption(
        "Probability",
        lambda situation: "the sigmoid of the one logit",
        "a measured value (regression)",
        applies=lambda situation: situation.config.num_classes == 1,
    ),
)


def certain(config: ResNetConfig, weights: Weights) -> tuple[str, ...]:
    """What the names and shapes of a file show, and what it says itself, as sentences."""
    if weights.file is None:
        return ()
    kernel = STEMS[config.stem].kernel
    projections = "with projections" if config.shortcut == "projection" else "without projections"
    groups = f", {config.groups:,} groups" if config.groups > 1 else ""
    classes = "1 logit" if config.num_classes == 1 else f"{config.num_classes:,} classes"
    layers = (
        f"{title(config)}: {config.block} blocks {', '.join(map(str, config.repeats))} after a "
        f"{kernel}×{kernel} stem, {config.width} channels in the first stage{groups}, "
        f"{projections}, {classes}. Every parameter is there, and of the right shape."
    )
    kinds = ", ".join(weights.file.kinds)
    stored = "stored and" if kinds == "float32" else f"stored as {kinds} and"
    numbers = (f"Its numbers are {stored} used as float32.",) if kinds else ()
    steps = Situation(config, weights).steps
    stated = (name for name in weights.file.header.stated if name in steps)
    header = tuple(f"Its header says how images are prepared: {steps[name]}." for name in stated)
    return (layers, *numbers, *(header if not weights.file.chosen.stated else ()))


def open_questions(config: ResNetConfig, weights: Weights) -> tuple[Assumption, ...]:
    """What is assumed of a file of one's own; nothing of weights that came with a card."""
    if weights.file is None:
        return ()
    situation = Situation(config, weights)
    return tuple(each for each in ASSUMPTIONS if each.applies(situation))


def assumed(config: ResNetConfig, weights: Weights) -> tuple[str, ...]:
    """The same as sentences."""
    situation = Situation(config, weights)
    return tuple(each.sentence(situation) for each in open_questions(config, weights))
