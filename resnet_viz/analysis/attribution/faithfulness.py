"""Whether a map is right about the network: take away, or bring in, first what it calls important.

Petsiuk, Das and Saenko 2018 (arXiv 1806.07421), section 4.2: deletion and insertion. No truth about the image
is needed, since the network itself is asked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_viz.analysis import price
from resnet_viz.analysis.attribution.compute import (
    Progress,
    attribute,
    quick,
)
from resnet_viz.analysis.attribution.passes import fills
from resnet_viz.analysis.attribution.random_cam import RandomCam
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.analysis.attribution.target import probability
from resnet_viz.analysis.forward import finite, prepared, run_batch, traced
from resnet_viz.analysis.network_job import NetworkJob, TakeTurn, turns
from resnet_viz.errors import MethodError
from resnet_viz.images import ImageInput, Preprocessing, from_tensor, to_tensor
from resnet_viz.one_line import quoted
from resnet_viz.weights.loaded import LoadedModel

_SHOWN: Final = 144  # pixels: twice of what the empty image is shown with, for fine screens
BASELINES: Final = ("mean", "blurred", "black")
STEPS: Final = 24  # into which the pixels are divided

_BLUR: Final = 1 / 16  # standard deviation of the blur, as a share of the image's side


@dataclass(frozen=True, slots=True, eq=False)
class Faithfulness:
    """The probability of a class while pixels go, or come, in the order of a map.

    Attributes:
        heatmap: the map.
        baseline: what stands where there is no pixel of the image, one of `BASELINES`.
        shares: (n + 1,) of the pixels that were changed, from 0 to 1.
        deletion: (n + 1,) probabilities while the highest pixels of the map go first.
        insertion: (n + 1,) while they come first, into the baseline alone.
    """

    heatmap: Heatmap
    baseline: str
    shares: np.ndarray = dataclasses.field(repr=False)
    deletion: np.ndarray = dataclasses.field(repr=False)
    insertion: np.ndarray = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        for array in (self.shares, self.deletion, self.insertion):
            array.setflags(write=False)

    @property
    def deletion_area(self) -> float:
        """The lower, the sooner what mattered was gone."""
        return area(self.shares, self.deletion)

    @property
    def insertion_area(self) -> float:
        """The higher, the sooner what mattered was there."""
        return area(self.shares, self.insertion)


def area(shares: np.ndarray, values: np.ndarray) -> float:
    """The area under a curve over the share of pixels, by trapezoids: Σ_i (s_{i+1} − s_i)(v_i + v_{i+1}) / 2.

    With shares from 0 to 1 it is the mean height of the curve: for probabilities 0 to 1.
    """
    return float((np.diff(shares) * (values[1:] + values[:-1]) / 2).sum())


def faithfulness(
    loaded: LoadedModel,
    image: ImageInput,
    maps: Sequence[Heatmap],
    baseline: str = BASELINES[0],
    steps: int = STEPS,
    *,
    progress: Progress | None = None,
    turn: TakeTurn = nullcontext,
) -> tuple[Faithfulness, ...]:
    """Delete and insert the pixels of an image in the order of each map, highest first.

    A map is taken as it lies on the image, with its sign; pixels of equal height come in an order drawn from
    a seed. `progress` and `turn` are as in `attribute`.

    Raises:
        MethodError: there is no such baseline.
        ConfigError: it would take too much.
        WeightsError: the network computes numbers that are not finite.
    """
    input_tensor = prepared(loaded, image)  # (1, 3, S, S)
    empty = empty_input(input_tensor, loaded.weights.preprocessing, baseline)
    total = passes_of(len(maps), steps)
    batch = _affordable(loaded, total)
    counts = [round(k * input_tensor[0, 0].numel() / steps) for k in range(steps + 1)]
    shares = np.array(counts) / counts[-1]
    done = 0

    def ask(inputs: Sequence[Tensor]) -> Tensor:
        nonlocal done
        with turn():
            logits = run_batch(loaded, quick(loaded, torch.cat(list(inputs))), _logits)
        done += len(inputs)
        if progress:
            progress(done, total)
        return logits

    ends = ask([input_tensor, empty])  # (2, K)
    found = []
    for heatmap in maps:
        changed = _chunks(_between(heatmap, input_tensor, empty, counts[1:-1]), batch)
        logits = torch.cat([ends, *map(ask, changed)])  # (2 + 2 (n − 1), K)
        p = finite(probability(logits, heatmap.target.index).double().numpy())
        whole, nothing, inner = p[0], p[1], p[2:]
        deletion = np.array([whole, *inner[: steps - 1], nothing])
        insertion = np.array([nothing, *inner[steps - 1 :], whole])
        found.append(Faithfulness(heatmap, baseline, shares, deletion, insertion))
    return tuple(found)


def passes_of(maps: int, steps: int = STEPS) -> int:
    """How many images go through the network for both curves of so many maps, which share their ends."""
    return 2 + maps * 2 * (steps - 1)


def _affordable(loaded: LoadedModel, passes: int) -> int:
    """How many images can go through at once; raises `ConfigError` where it is too much."""
    trace = traced(loaded)
    one = price.price_of_pass(trace)
    price.check(trace.config, trace.input_size, one)
    price.check_passes(one, passes, "This", "choose fewer maps or a smaller input size")
    return next((n for n in (8, 4, 2) if price.fits(price.price_of_pass(trace, n))), 1)


def baseline_pixels(image: ImageInput, preprocessing: Preprocessing, baseline: str) -> np.ndarray:
    """(s, s, 3) uint8: what `empty_image` looks like, at most `_SHOWN` pixels wide."""
    input_tensor = to_tensor(image, preprocessing)
    if input_tensor.shape[-1] > _SHOWN:
        input_tensor = F.interpolate(input_tensor, _SHOWN, mode="area")
    return from_tensor(empty_input(input_tensor, preprocessing, baseline), preprocessing)


def empty_input(input_tensor: Tensor, preprocessing: Preprocessing, baseline: str) -> Tensor:
    """(1, 3, S, S): an image without its evidence; raises `MethodError` for a name that there is not."""
    if baseline not in BASELINES:
        raise MethodError(
            f"There is no baseline {quoted(baseline, 40)}; choose one of {', '.join(BASELINES)}."
        )
    if baseline == "blurred":
        return blurred(input_tensor)
    filled = fills(preprocessing, input_tensor.dtype)[baseline]
    return filled.expand_as(input_tensor)


def blurred(input_tensor: Tensor) -> Tensor:
    """(1, 3, S, S): by a Gaussian of a sixteenth of its side, mirrored at the borders."""
    side = input_tensor.shape[-1]
    sigma = max(1.0, side * _BLUR)
    reach = min(side - 1, round(3 * sigma))
    weights = torch.exp(
        -(torch.arange(-reach, reach + 1, dtype=torch.float64) ** 2) / (2 * sigma**2)
    )
    line = (weights / weights.sum()).to(input_tensor)
    padded = F.pad(input_tensor, (reach,) * 4, mode="reflect")
    rows = F.conv2d(padded, line.view(1, 1, 1, -1).expand(3, 1, 1, -1), groups=3)
    return F.conv2d(rows, line.view(1, 1, -1, 1).expand(3, 1, -1, 1), groups=3)


def ranks(heatmap: Heatmap) -> np.ndarray:
    """(S, S) int: the place of each pixel in the order of the map, 0 for the highest."""
    values = heatmap.on_image().ravel()
    drawn = np.random.default_rng(0).permutation(values.size)  # among equals
    place = np.empty(values.size, np.int64)
    place[np.lexsort((drawn, -values))] = np.arange(values.size)
    ranked: np.ndarray = place.reshape(heatmap.input_size, heatmap.input_size)
    return ranked


def _between(
    heatmap: Heatmap, input_tensor: Tensor, empty: Tensor, counts: Sequence[int]
) -> Iterator[Tensor]:
    """(1, 3, S, S) each: with so many pixels deleted, and then with so many inserted."""
    place = torch.from_numpy(ranks(heatmap))
    for base, other in ((input_tensor, empty), (empty, input_tensor)):
        for count in counts:
            yield torch.where(place < count, other, base)


def _chunks(inputs: Iterator[Tensor], count: int) -> Iterator[list[Tensor]]:
    while some := list(islice(inputs, count)):
        yield some


def _logits(network: nn.Module, inputs: Tensor) -> Tensor:
    """(N, K), on the CPU."""
    with torch.no_grad():
        logits: Tensor = network(inputs).cpu()
    return logits


class FaithfulnessJob(NetworkJob[tuple[Faithfulness, ...]]):
    """Both curves of some maps of one image, the null of each class behind them; progress is in images."""

    name = "deletion and insertion"
    subject = "The measurement"
    counted = "images went through the network"

    def __init__(
        self, loaded: LoadedModel, image: ImageInput, maps: Sequence[Heatmap], baseline: str
    ) -> None:
        super().__init__("Running the forward pass …")
        self._loaded, self._image, self._maps, self._baseline = loaded, image, maps, baseline

    def work(self) -> tuple[tuple[Faithfulness, ...], str]:
        """Delete and insert, each pass in its turn."""
        one = price.price_of_pass(traced(self._loaded), 8)
        turn = turns(one.passing)

        asked = dict.fromkeys(each.target.index for each in self._maps)
        nulls = [
            attribute(self._loaded, self._image, RandomCam(), target=k, turn=turn) for k in asked
        ]
        known = {_same(each) for each in nulls}
        maps = [each for each in self._maps if _same(each) not in known] + nulls
        found = faithfulness(
            self._loaded, self._image, maps, self._baseline, progress=self.count, turn=turn
        )
        return found, f"{len(found)} maps were measured."


def _same(heatmap: Heatmap) -> tuple[object, ...]:
    """What makes two maps of one image the same."""
    asked = (heatmap.method, heatmap.layer, heatmap.part, heatmap.options)
    return (*asked, heatmap.target.index)
