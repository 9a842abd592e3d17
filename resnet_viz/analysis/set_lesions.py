"""The lesion study on rendered images, measured while somebody waits: blocks removed and exchanged.

Veit, Wilber and Belongie 2016 (arXiv 1605.06431): each block in turn, figure 3; several at random,
figure 5a; exchanged, figure 5b.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

import numpy as np
import torch
from torch import Tensor

from resnet_viz.analysis import price
from resnet_viz.analysis.forward import run_batch, traced
from resnet_viz.analysis.network_job import NetworkJob
from resnet_viz.analysis.proportion import Proportion
from resnet_viz.analysis.records import Trace
from resnet_viz.analysis.residual_records import Exchange, Removal, SetLesions
from resnet_viz.budget import WORK_VARIABLE
from resnet_viz.errors import ConfigError
from resnet_viz.line import LINE, Turn
from resnet_viz.model.resnet import ResNet
from resnet_viz.training.batches import as_batch, normalised
from resnet_viz.training.dataset import Labels, Pixels
from resnet_viz.training.lesion_study import Route, exchanged, removable, right_answers, without
from resnet_viz.training.rendered import RenderedImages
from resnet_viz.weights.loaded import LoadedModel

DRAWS: Final = 10  # for each number of blocks; all choices where there are no more
_BATCH: Final = 50  # images that go through a network together: a second or so for all ways


class SetLesionJob(NetworkJob[tuple[SetLesions, ...]]):
    """Lesion studies of several networks on the same images; progress is in images."""

    name = "lesion study on a set"
    subject = "The lesion study"
    counted = "images"

    def __init__(self, networks: Sequence[LoadedModel], images: RenderedImages, seed: int) -> None:
        super().__init__("Rendering images …")
        self._networks, self._images, self._seed = networks, images, seed

    def work(self) -> tuple[tuple[SetLesions, ...], str]:
        """Render batch after batch, and count for each network and each way through it.

        Raises:
            ConfigError: that is more work than the operator allows.
        """
        studies = [SetStudy(loaded, self._seed) for loaded in self._networks]
        count = len(self._images)
        _check(studies, count)
        for start in range(0, count, _BATCH):
            indices = range(start, min(start + _BATCH, count))
            pixels = self._images.pixels(indices)
            for study in studies:
                self.check()
                study.add(pixels, self._images.labels[start : indices.stop])
            self.count(indices.stop, count)
        return tuple(study.result() for study in studies), f"{count:,} images were classified."


class SetStudy:
    """One network's study: all ways through it, and how many images each has classified right."""

    def __init__(self, loaded: LoadedModel, seed: int) -> None:
        self._loaded, self._trace = loaded, traced(loaded)
        self._kinds = loaded.run(removable)
        self._draws = tuple(draw_removals(tuple(self._kinds), DRAWS, seed))
        self._pairs = tuple(exchangeable(self._trace))
        self._routes = loaded.run(self._ways)
        self._right = np.zeros(len(self._routes), np.int64)
        self._images = 0

    @property
    def passes(self) -> int:
        """How many forward passes all ways together take for one image: what they share counts once."""
        begun = {route[:end] for route in self._routes for end in range(1, len(route) + 1)}
        return math.ceil(len(begun) / len(self._routes[0]))

    def most(self) -> int:
        """How many images may be looked at, so that others need not wait too long."""
        one = price.price(self._trace.config, self._trace.input_size)
        return price.most_passes(one) // self.passes

    def add(self, pixels: Pixels, labels: Labels) -> None:
        """Classify more images, (N, H, W, 3) uint8 of the network's input size, in every way."""
        found = price.price_of_outputs(self._trace, self._kinds)  # kept where ways part
        memory = len(labels) * (found.passing + found.kept)
        batch = normalised(as_batch(pixels), self._loaded.weights.preprocessing)
        truth = torch.from_numpy(labels)

        @torch.inference_mode()
        def forward(network: ResNet, images: Tensor) -> np.ndarray:
            return right_answers(network, images, truth.to(images.device), self._routes)

        with LINE.turn(Turn(memory, is_long=True)):
            self._right += run_batch(self._loaded, batch, forward)
        self._images += len(labels)

    def result(self) -> SetLesions:
        """What was counted so far; raises `ValueError` before the first image."""
        right = {
            route: Proportion(count, self._images)
            for route, count in zip(self._routes, self._right.tolist(), strict=True)
        }
        network = self._loaded.module

        def removal(removed: tuple[str, ...]) -> Removal:
            return Removal(removed, right[without(network, *removed)])

        return SetLesions(
            network=self._loaded.config.name,
            whole=right[without(network)],
            kinds=tuple(self._kinds.items()),
            each=tuple(removal((block,)) for block in self._kinds),
            drawn=tuple(removal(removed) for removed in self._draws),
            exchanged=tuple(
                Exchange(pair, self._tau(*pair), right[exchanged(network, *pair)])
                for pair in self._pairs
            ),
        )

    def _ways(self, network: ResNet) -> list[Route]:
        """Each way once, however many parts of the study ask for it."""
        asked = ((), *((block,) for block in self._kinds), *self._draws)
        removed = [without(network, *blocks) for blocks in asked]
        return list(dict.fromkeys([*removed, *(exchanged(network, *pair) for pair in self._pairs)]))

    def _tau(self, block: str, other: str) -> float:
        order = list(range(len(self._kinds)))
        places = {path: place for place, path in enumerate(self._kinds)}
        one, two = places[block], places[other]
        order[one], order[two] = order[two], order[one]
        return kendall_tau(order)


def _check(studies: Sequence[SetStudy], images: int) -> None:
    """Raise `ConfigError` where the operator allows less work than this takes."""
    most = min(study.most() for study in studies) // len(studies)
    if images > most:
        raise ConfigError(
            f"This study takes {sum(study.passes for study in studies)} forward passes for each of "
            f"{images:,} images, and at most {most:,} images can be looked at here; whoever runs the server "
            f"can allow more with {WORK_VARIABLE}."
        )


def draw_removals(blocks: Sequence[str], draws: int, seed: int) -> Iterator[tuple[str, ...]]:
    """So many different choices of 1, 2, … and all of the blocks; every one where there are no more."""
    rng = np.random.default_rng(seed)
    for count in range(1, len(blocks) + 1):
        if math.comb(len(blocks), count) <= draws:
            yield from combinations(blocks, count)
            continue
        chosen: dict[tuple[str, ...], None] = {}
        while len(chosen) < draws:
            places = np.sort(rng.choice(len(blocks), count, replace=False))
            chosen[tuple(blocks[place] for place in places)] = None
        yield from chosen


def exchangeable(trace: Trace) -> Iterator[tuple[str, str]]:
    """The pairs of blocks that turn the same shape into the same shape."""
    for block, other in combinations(trace.blocks(), 2):
        if (block.input_shape, block.output_shape) == (other.input_shape, other.output_shape):
            yield block.path, other.path


def kendall_tau(order: Sequence[int]) -> float:
    """Kendall's rank correlation of an order of different numbers with the ascending one.

    1 − 4 q / n(n − 1) with q pairs in the wrong order: Kendall 1938, "A New Measure of Rank Correlation".
    1 for the ascending order, −1 for the descending one.
    """
    wrong = sum(first > second for first, second in combinations(order, 2))
    return 1 - 4 * wrong / (len(order) * (len(order) - 1))
