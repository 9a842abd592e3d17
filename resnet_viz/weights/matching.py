"""Whether a checkpoint is of a network: names and shapes compared, then the values put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor

from resnet_viz.errors import WeightsError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import ResNet, build_meta
from resnet_viz.weights.suggestion import (
    Shape,
    Suggestion,
    own_names,
    own_shapes,
    parameter_shapes,
    prefix_of,
    suggest,
)
from resnet_viz.weights.tensor_file import COUNTER, shown

__all__ = ["CheckpointMismatch", "Match", "WrongShape", "check", "match", "network_from", "suggest"]

_NAMED: Final = 3  # names of each kind in a message; the record has them all


@dataclass(frozen=True, slots=True)
class WrongShape:
    """A tensor that the network has too, but of another shape."""

    name: str
    found: Shape
    wanted: Shape

    def __str__(self) -> str:
        return f"{shown(self.name)} is {_times(self.found)} instead of {_times(self.wanted)}"


@dataclass(frozen=True, slots=True)
class Match:
    """How a checkpoint's tensors compare to a network's, under the network's names."""

    config: ResNetConfig
    prefix: str  # removed from the checkpoint's names, for instance "module."
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    wrong_shape: tuple[WrongShape, ...]
    names: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)  # theirs to ours

    @property
    def fits(self) -> bool:
        """Whether every parameter is there, of the right shape, and nothing else."""
        return not (self.missing or self.unexpected or self.wrong_shape)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to make it fit, as sentences for the user."""
        if not self.prefix:
            return ()
        return (f"The prefix “{self.prefix}” was removed from the names of the parameters.",)


class CheckpointMismatch(WeightsError):  # noqa: N818, it says what and not that it is wrong
    """The checkpoint is of another network; the message says how, and which one would fit."""

    def __init__(self, match: Match, suggestion: Suggestion | None) -> None:
        super().__init__(_message(match, suggestion))
        self.match = match
        self.suggestion = suggestion


def match(shapes: Mapping[str, Shape], config: ResNetConfig) -> Match:
    """Compare the tensors of a checkpoint, by name and shape, to those of a network.

    Known prefixes are removed and counters ignored. torchvision's and timm's ResNets need no more:
    for all that a `ResNetConfig` describes their names are ours.
    """
    found, wanted = own_shapes(shapes), parameter_shapes(config)
    return Match(
        config=config,
        prefix=prefix_of(shapes),
        missing=tuple(name for name in wanted if name not in found),
        unexpected=tuple(name for name in found if name not in wanted),
        wrong_shape=tuple(
            WrongShape(name, found[name], shape)
            for name, shape in wanted.items()
            if name in found and found[name] != shape
        ),
        names=MappingProxyType(own_names(shapes)),
    )


def check(shapes: Mapping[str, Shape], config: ResNetConfig) -> Match:
    """As `match`, for a checkpoint that has to fit.

    Raises:
        CheckpointMismatch: it does not.
    """
    found = match(shapes, config)
    if not found.fits:
        raise CheckpointMismatch(found, suggest(shapes))
    return found


def network_from(config: ResNetConfig, tensors: Mapping[str, Tensor]) -> ResNet:
    """The network with these parameters, on the CPU, float32, in evaluation mode.

    Raises:
        CheckpointMismatch: they are another network's.
        WeightsError: a value is infinite or no number, or a variance negative.
    """
    check({name: tuple(tensor.shape) for name, tensor in tensors.items()}, config)
    values = {own: _owned(tensors[name]) for name, own in own_names(tensors).items()}
    check_values(values)
    network = build_meta(config)
    counters = (name for name in network.state_dict() if name.endswith(COUNTER))
    values.update((name, torch.tensor(0)) for name in counters)
    network.load_state_dict(values, assign=True)
    return network


def check_values(tensors: Mapping[str, Tensor]) -> None:
    """Raise `WeightsError` when a tensor holds NaN or infinity, or a variance is negative."""
    for name, tensor in tensors.items():
        bad = tensor.numel() - int(torch.isfinite(tensor).sum())
        if bad:
            raise WeightsError(
                f"{shown(name)} holds {bad:,} of {tensor.numel():,} values that are infinite or "
                "not a number (NaN); every parameter must be finite."
            )
        if name.endswith("running_var") and bool((tensor < 0).any()):
            raise WeightsError(
                f"{shown(name)} holds a negative variance, {float(tensor.min()):g}; "
                "variances must be 0 or more."
            )


def _owned(tensor: Tensor) -> Tensor:
    """Contiguous float32 in memory of its own, so that no larger buffer is kept alive by it."""
    values = tensor.detach().to(torch.float32).contiguous()
    if values.untyped_storage().nbytes() != values.nbytes:
        return values.clone()
    return values


def _message(match: Match, suggestion: Suggestion | None) -> str:
    faults = (
        ("is missing", "are missing", [shown(name) for name in match.missing]),
        (
            "does not belong there",
            "do not belong there",
            [shown(name) for name in match.unexpected],
        ),
        ("has another shape", "have another shape", [str(wrong) for wrong in match.wrong_shape]),
    )
    listed = "; ".join(
        f"{len(what):,} {f'tensors {many}' if len(what) > 1 else f'tensor {one}'} ({_first(what)})"
        for one, many, what in faults
        if what
    )
    config = match.config
    network = config.name if config.name in PRESETS else "the chosen network"
    message = f"This file does not fit {network} with {config.num_classes:,} classes: {listed}."
    if suggestion:
        return f"{message} {suggestion.sentence}"
    if any(name.startswith("conv1.0.") for name in match.unexpected):
        return (
            f"{message} Its stem has three convolutions (timm's variants c, d, s and t); "
            "only stems of one convolution can be shown."
        )
    return message


def _first(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _times(shape: Shape) -> str:
    return " × ".join(f"{side:,}" for side in shape) or "a single number"
