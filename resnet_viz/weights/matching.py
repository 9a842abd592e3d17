"""Whether a checkpoint is of a network: names and shapes compared, then the values put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor

from resnet_viz.errors import WeightsError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import ResNet, build_meta
from resnet_viz.weights.suggestion import (
    Shape,
    Suggestion,
    first_tensors,
    left_out,
    own_names,
    own_shapes,
    parameter_shapes,
    prefix_of,
    prefixes,
    resembled,
    suggest,
    words,
)
from resnet_viz.weights.tensor_file import COUNTER, shown

__all__ = ["CheckpointMismatch", "Match", "WrongShape", "check", "match", "network_from", "suggest"]

_DEEP_STEM: Final = (
    "Its stem has three convolutions (timm's variants c, d, s and t); "
    "only stems of one convolution can be shown."
)
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
    left_out: tuple[str, ...] = ()  # tensors of the file that are no part of the network

    @property
    def fits(self) -> bool:
        """Whether every parameter is there, of the right shape, and nothing else."""
        return not (self.missing or self.unexpected or self.wrong_shape)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to make it fit, as sentences for the user."""
        return notes_on(self.names, self.prefix, self.left_out)


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
    names, wanted = own_names(shapes), parameter_shapes(config)
    found = {own: shapes[name] for name, own in names.items()}
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
        names=MappingProxyType(names),
        left_out=left_out(shapes, names),
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


def notes_on(names: Mapping[str, str], prefix: str, without: Sequence[str]) -> tuple[str, ...]:
    """What was done to the names of a checkpoint, and to the tensors beside its network.

    Args:
        names: the checkpoint's names with ours, as `own_names` gives them.
        prefix: what was removed from them.
        without: the tensors that were left out.
    """
    notes = []
    if prefix:
        notes.append(f"The prefix {shown(prefix)} was removed from the names of the parameters.")
    if other := [
        name for name, own in names.items() if own not in (name, name.removeprefix(prefix))
    ]:
        notes.append(
            f"{_counted(len(other), 'name')} in another program's style ({shown(other[0])}) became "
            f"torchvision's ({shown(names[other[0]])})."
        )
    others = prefixes(without)
    if theirs := [name for name in without if name.startswith(others)]:
        notes.append(
            f"The file has another network, with names such as {shown(theirs[0])}; it is not shown."
        )
    if beside := [shown(name) for name in without if not name.startswith(others)]:
        notes.append(
            f"{_counted(len(beside), 'tensor')} beside the network "
            f"({_first(beside)}) {'is' if len(beside) == 1 else 'are'} left out."
        )
    return tuple(notes)


def describe_fit(shapes: Mapping[str, Shape]) -> str:
    """The network that tensors fit, or what keeps them from fitting the nearest one."""
    if found := suggest(shapes):
        return found.sentence
    if nearest := resembled(shapes):
        return (
            f"It fits no network here; it is nearest to {words(nearest)}, but "
            f"{_faults(match(shapes, nearest))}."
        )
    own = own_shapes(shapes)
    # What tells stem, kind of block and number of classes.
    decisive = (("conv1.weight",), first_tensors(), ("fc.weight",))
    missing = [shown(names[0]) for names in decisive if not any(name in own for name in names)]
    if not missing and not any(name.endswith("running_var") for name in own):
        return "It fits no network here, since its norms have no running variances: they are no BatchNorm."
    if not missing:
        return "It fits no network here: its shapes contradict each other, or too many are missing."
    deep = f" {_DEEP_STEM}" if "conv1.0.weight" in own else ""
    return f"It fits no network here, since it has no {' and no '.join(missing)}.{deep}"


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
    """Contiguous float32 in memory of its own, so that no larger buffer is kept alive by it.

    A 1×1 kernel that was saved with its channels last counts as contiguous too, but its strides make
    torch choose another algorithm, whose sums differ in the last bit.
    """
    values = tensor.detach().to(torch.float32)
    strides = torch.empty(values.shape, device="meta").stride()
    if values.stride() != strides or values.untyped_storage().nbytes() != values.nbytes:
        return values.clone(memory_format=torch.contiguous_format)
    return values


def _faults(match: Match) -> str:
    """What is missing, too much or of another shape, as a part of a sentence."""
    faults = (
        ("is missing", "are missing", [shown(name) for name in match.missing]),
        (
            "does not belong there",
            "do not belong there",
            [shown(name) for name in match.unexpected],
        ),
        ("has another shape", "have another shape", [str(wrong) for wrong in match.wrong_shape]),
    )
    return "; ".join(
        f"{len(what):,} {f'tensors {many}' if len(what) > 1 else f'tensor {one}'} ({_first(what)})"
        for one, many, what in faults
        if what
    )


def _message(match: Match, suggestion: Suggestion | None) -> str:
    config = match.config
    message = f"This file does not fit {words(config)}: {_faults(match)}."
    if suggestion:
        return f"{message} {suggestion.sentence}"
    if any(name.startswith("conv1.0.") for name in match.unexpected):
        return f"{message} {_DEEP_STEM}"
    return message


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _first(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _times(shape: Shape) -> str:
    return " × ".join(f"{side:,}" for side in shape) or "a single number"
