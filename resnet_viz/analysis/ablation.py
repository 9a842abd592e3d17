"""Alter a network's blocks and ask it again, as Veit, Wilber and Belongie 2016 (arXiv 1605.06431) did.

The ablation is done on a private network that shares the parameters of the loaded one, so that it costs
no memory and nobody else's answers change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.records import Capture, LayerRecord, Trace
from resnet_viz.analysis.residual import check_block
from resnet_viz.errors import ConfigError
from resnet_viz.images import ImageInput
from resnet_viz.model.blocks import Add
from resnet_viz.model.resnet import ResNet, build_meta
from resnet_viz.weights.loaded import LoadedModel


@dataclass(frozen=True, slots=True)
class Ablation:
    """What is done to which blocks; empty, it leaves the network as it is. Hashable: a cache key.

    Blocks are named as in the untouched network: they are altered first, and then exchanged.

    Raises:
        ConfigError: an α is not between 0 and 1 or given twice, or a block would lose both its ways.
    """

    scale: tuple[tuple[str, float], ...] = ()  # (block, α): α · F(x) + x
    removed: tuple[str, ...] = ()  # x alone, or its projection; the ReLU after it stays
    cut: tuple[str, ...] = ()  # F(x) alone
    swapped: tuple[tuple[str, str], ...] = ()  # pairs that change places, one after the other

    def __post_init__(self) -> None:
        for path, alpha in self.scale:
            if not 0 <= alpha <= 1:
                raise ConfigError(f"The factor {alpha:g} for {path} is not between 0 and 1.")
        if len(self.alphas) < len(self.scale):
            raise ConfigError("A block has two factors; give one.")
        for path in self.removed:
            if path in self.cut:
                raise ConfigError(
                    f"{path} cannot lose its branch and its shortcut: nothing would pass."
                )

    @property
    def alphas(self) -> dict[str, float]:
        return dict(self.scale)

    @property
    def at_shortcuts(self) -> tuple[str, ...]:
        """The blocks whose sum is altered, which they must have."""
        return tuple(dict.fromkeys((*self.alphas, *self.removed, *self.cut)))


class AlteredAdd(Add):
    """α · branch + shortcut, or one of the two alone."""

    def __init__(self, alpha: float, removed: bool, cut: bool) -> None:
        super().__init__()
        self.alpha, self.removed, self.cut = alpha, removed, cut

    def forward(self, branch: Tensor, shortcut: Tensor) -> Tensor:
        if self.removed:
            return shortcut
        scaled = self.alpha * branch
        return scaled if self.cut else scaled + shortcut

    def terms(self, branch: Tensor, shortcut: Tensor) -> tuple[Tensor, Tensor]:
        """The same sum as two parts; what was taken away is zero."""
        kept = torch.zeros_like(branch) if self.removed else self.alpha * branch
        return kept, torch.zeros_like(shortcut) if self.cut else shortcut


def capture_ablated(
    loaded: LoadedModel, image: ImageInput, ablation: Ablation, paths: Iterable[str] = ()
) -> Capture:
    """What `capture` answers for the altered network: its scores, and maps of the layers at `paths`.

    A path is a place in the network: of two blocks that changed places, the one that now stands there.
    The branch of a removed block still runs, and its maps show what it would have added.
    Raises `ConfigError` or `PathError` when the ablation does not fit the network.
    """
    return capture(ablated_model(loaded, ablation), image, paths)


def ablated_model(loaded: LoadedModel, ablation: Ablation) -> LoadedModel:
    """The altered network, ready for any question; raises as `capture_ablated` does."""
    _check(traced(loaded), ablation)
    private = loaded.run(lambda network: _sharing(loaded, network))
    for path in ablation.at_shortcuts:
        altered = AlteredAdd(
            ablation.alphas.get(path, 1.0), path in ablation.removed, path in ablation.cut
        )
        private.module.set_submodule(traced(loaded).parts(path).total, altered)
    for path, other in ablation.swapped:
        _exchange(private.module, path, other)
    return private


def _sharing(loaded: LoadedModel, network: ResNet) -> LoadedModel:
    """A network of its own modules on the same memory."""
    twin = build_meta(loaded.config)
    twin.load_state_dict(network.state_dict(), assign=True)
    return LoadedModel(
        loaded.config, loaded.weights, twin.requires_grad_(False), loaded.device, loaded.note
    )


def _exchange(network: nn.Module, path: str, other: str) -> None:
    block, other_block = network.get_submodule(path), network.get_submodule(other)
    network.set_submodule(path, other_block)
    network.set_submodule(other, block)


def _check(trace: Trace, ablation: Ablation) -> None:
    for path in ablation.at_shortcuts:
        if trace.shortcut_kind(check_block(trace, path).path) == "none":
            raise ConfigError(
                f"{path} is a plain block: without a shortcut there is nothing beside its branch "
                "that could be kept or cut."
            )
    for pair in ablation.swapped:
        first, second = (check_block(trace, path) for path in pair)
        if _shapes(first) != _shapes(second):
            raise ConfigError(
                f"{first.path} and {second.path} cannot change places: the one turns "
                f"{_shapes(first)}, the other {_shapes(second)}."
            )


def _shapes(block: LayerRecord) -> str:
    """`64 × 56 × 56 into 128 × 28 × 28`."""
    before, after = (" × ".join(map(str, s)) for s in (block.input_shape, block.output_shape))
    return f"{before} into {after}"
