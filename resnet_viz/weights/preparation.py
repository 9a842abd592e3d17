"""How images were prepared when a network was trained, as far as somebody has said it.

A file of one's own can say it in its header, a visitor in the sidebar or a link, a command in its options:
the same six texts everywhere, checked here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Final

from resnet_viz.errors import WeightsError
from resnet_viz.images import Preprocessing
from resnet_viz.images.preprocessing import (
    CIFAR10_MEAN,
    CIFAR10_STD,
    IMAGENET_CROP_SHARE,
    IMAGENET_MEAN,
    IMAGENET_STD,
    INTERPOLATIONS,
    ORDERS,
    WHITES,
    Channels,
)
from resnet_viz.one_line import quoted

METADATA: Final = "preprocessing"  # its key in the header of a .safetensors file
_LARGEST: Final = 1_000.0  # of a mean or std
_SMALLEST_STD: Final = 1e-6
_MAX_RESIZE: Final = 2_048  # pixels
_SMALLEST_SHARE: Final = 0.1
_MAX_TEXT: Final = 120  # characters


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is known of a network's preprocessing; `None` where nobody has said it."""

    mean: Channels | None = None  # in the network's order of channels, on the scale of `range`
    std: Channels | None = None
    range: int | None = None  # what white is before normalising: 1 or 255
    order: str | None = None  # "rgb" or "bgr"
    resize: float | None = (
        None  # shorter side, pixels; up to 1: the share of it that the crop keeps
    )
    interpolation: str | None = None

    @property
    def stated(self) -> tuple[str, ...]:
        """The names of what is known."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) is not None)

    def merged(self, other: Preparation) -> Preparation:
        """This with what another says of it; mean, std and range belong together."""
        known = {name: getattr(other, name) for name in other.stated}
        if {"mean", "std"} <= set(known):
            known.setdefault("range", None)
        return replace(self, **known)

    def applied(self, family: Preprocessing) -> Preprocessing:
        """The preprocessing that this makes of a family's usual one.

        Raises:
            WeightsError: mean or std alone is known, or the resize is smaller than the crop.
        """
        return replace(
            family,
            **self._normalising(),
            order=self.order or family.order,
            resize=self._resized(family),
            interpolation=self.interpolation or family.interpolation,
        )

    def as_texts(self) -> dict[str, str]:
        """What is known, as a link or a command says it."""
        return {name: as_text(getattr(self, name)) for name in self.stated}

    def as_json(self) -> str:
        """What is known, as the header of a file says it."""
        return json.dumps({name: getattr(self, name) for name in self.stated})

    def _normalising(self) -> dict[str, Any]:
        if self.mean is None and self.std is None and self.range is None:
            return {}
        if self.mean is None or self.std is None:
            raise WeightsError(
                "Mean, std and value range belong together; give mean and std, on the scale of the range."
            )
        return {"mean": self.mean, "std": self.std, "white": self.range or 1}

    def _resized(self, family: Preprocessing) -> int:
        if self.resize is None:
            return family.resize
        # A share cuts down to a whole pixel, as timm does.
        size = int(self.resize) if self.resize > 1 else math.floor(family.crop / self.resize)
        if size < family.crop:
            raise WeightsError(
                f"A resize to {size} pixels is less than the {family.crop} that the network sees; "
                f"give at least {family.crop}, or the share of it that is kept, such as 0.875."
            )
        return size


UNKNOWN: Final = Preparation()


def prepared_as(texts: Mapping[str, str]) -> Preparation:
    """The preparation that texts tell: `mean` and `std` as one number or three, and the others.

    Empty texts say nothing.

    Raises:
        WeightsError: a text is not accepted; the sentence names it.
    """
    if unknown := set(texts) - set(NAMES):
        raise WeightsError(
            f"Preprocessing has no {quoted(min(unknown), 40)}; it has {', '.join(NAMES)}."
        )
    known = {name: text.strip() for name, text in texts.items() if text.strip()}
    return Preparation(
        mean=_channels("mean", known, -_LARGEST),
        std=_channels("std", known, _SMALLEST_STD),
        range=_whole("range", known),
        order=_one_of("order", known, ORDERS),
        resize=_resize(known),
        interpolation=_one_of("interpolation", known, tuple(INTERPOLATIONS)),
    )


def in_header(metadata: Mapping[str, str]) -> tuple[Preparation, str]:
    """What a file's header says, and what is wrong with that, if anything."""
    if METADATA not in metadata:
        return UNKNOWN, ""
    try:
        told = dict(json.loads(metadata[METADATA][:10_000]))
        texts = {name: as_text(told[name]) for name in NAMES if name in told}
        unknown = [quoted(str(name), 40) for name in told if name not in NAMES]
        complaint = (
            f"Of what the file's header says of preprocessing, {', '.join(unknown[:3])} is not known "
            f"here and not used; {', '.join(NAMES)} are."
        )
        return prepared_as(texts), complaint if unknown else ""
    except WeightsError as error:
        return UNKNOWN, f"What the file's header says of preprocessing is not used: {error}"
    except (ValueError, TypeError, RecursionError):
        return (
            UNKNOWN,
            "What the file's header says of preprocessing is no table, and not used.",
        )


NAMES: Final = tuple(each.name for each in fields(Preparation))

# What well-known programs do, by what the sidebar calls it.
USUAL: Final[Mapping[str, Preparation]] = MappingProxyType(
    {
        "ImageNet": Preparation(
            IMAGENET_MEAN, IMAGENET_STD, 1, "rgb", IMAGENET_CROP_SHARE, "bilinear"
        ),
        "[−1, 1]": Preparation((0.5,) * 3, (0.5,) * 3, 1, "rgb", IMAGENET_CROP_SHARE, "bilinear"),
        "Inception": Preparation((0.5,) * 3, (0.5,) * 3, 1, "rgb", IMAGENET_CROP_SHARE, "bicubic"),
        "Caffe": Preparation(
            *((103.939, 116.779, 123.68), (1.0,) * 3, 255, "bgr", IMAGENET_CROP_SHARE, "bilinear")
        ),
        "CIFAR-10": Preparation(CIFAR10_MEAN, CIFAR10_STD, 1, "rgb", 1.0, "bilinear"),
        "[0, 1]": Preparation((0.0,) * 3, (1.0,) * 3, 1, "rgb", IMAGENET_CROP_SHARE, "bilinear"),
    }
)


def _channels(name: str, known: Mapping[str, str], low: float) -> Channels | None:
    if name not in known:
        return None
    numbers = _numbers(known[name])
    if len(numbers) not in (1, 3) or not all(low <= number <= _LARGEST for number in numbers):
        raise _refused(name, known[name], f"one number or three from {low:g} to {_LARGEST:,.0f}")
    red, green, blue = numbers * (3 // len(numbers))
    return red, green, blue


def _whole(name: str, known: Mapping[str, str]) -> int | None:
    found = _one_of(name, known, tuple(map(str, WHITES)))
    return None if found is None else int(found)


def _one_of(name: str, known: Mapping[str, str], accepted: tuple[str, ...]) -> str | None:
    if name not in known:
        return None
    if (found := known[name].lower()) not in accepted:
        raise _refused(name, known[name], " or ".join(accepted))
    return found


def _resize(known: Mapping[str, str]) -> float | None:
    if "resize" not in known:
        return None
    numbers = _numbers(known["resize"])
    share = len(numbers) == 1 and _SMALLEST_SHARE <= numbers[0] <= 1
    pixels = len(numbers) == 1 and 1 < numbers[0] <= _MAX_RESIZE and numbers[0].is_integer()
    if not (share or pixels):
        raise _refused(
            *("resize", known["resize"]),
            f"pixels up to {_MAX_RESIZE:,}, or the crop's share from {_SMALLEST_SHARE:g} to 1,",
        )
    return numbers[0]


def _numbers(text: str) -> list[float]:
    """Finite numbers between commas or blanks; none where one of them is not."""
    try:
        numbers = [float(part) for part in text.replace(",", " ").split()]
    except ValueError:
        return []
    if len(text) > _MAX_TEXT:
        return []
    return numbers if all(map(math.isfinite, numbers)) else []


def as_text(value: Any) -> str:
    """A number or several as a link or a command writes them."""
    if isinstance(value, list | tuple):
        return ",".join(map(as_text, value[:4]))
    return str(value).removesuffix(".0")


def _refused(name: str, text: str, accepted: str) -> WeightsError:
    return WeightsError(
        f"Preprocessing: {name} {quoted(text, 40)} cannot be used; {accepted} is accepted."
    )
