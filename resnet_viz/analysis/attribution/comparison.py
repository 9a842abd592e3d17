"""All methods on the same rendered images, whose truth is known: where they point, and how faithfully."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

import numpy as np

from resnet_viz import jobs
from resnet_viz.analysis import price
from resnet_viz.analysis.attribution import METHODS, make_method
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.faithfulness import BASELINES, Faithfulness, faithfulness
from resnet_viz.analysis.attribution.localisation import energy_inside, points_at
from resnet_viz.analysis.attribution.method import Method, PixelMethod
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.analysis.attribution.target_layer import last_stage
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.network_job import NetworkJob, TakeTurn, turns
from resnet_viz.analysis.proportion import Proportion
from resnet_viz.errors import ConfigError
from resnet_viz.images import ImageInput
from resnet_viz.images.records import content_hash
from resnet_viz.training.rendered import Split, with_masks
from resnet_viz.training.shape_images import ShapeImage
from resnet_viz.training.shapes import SHAPES
from resnet_viz.weights.loaded import LoadedModel, Weights

IMAGES: Final = 36  # three of each shape
CURVES: Final = 12  # of these, one of each shape, for deletion and insertion
STEPS: Final = 12  # of a curve

# Fewer passes than by default, so that all methods together take less than a minute.
_OPTIONS: Final[dict[str, dict[str, int]]] = {
    "integrated_gradients": {"steps": 20},
    "smooth_grad": {"samples": 15},
    "rise": {"masks": 250},
}
_Z: Final = 1.959964  # standard deviations that hold 95 % of a normal distribution


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of some values, and the interval that holds the true one at the 95 % level."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        return float(np.mean(self.values))

    @property
    def interval(self) -> tuple[float, float]:
        """Mean ± 1.96 s / √n, of a normal distribution; of a single value that value alone."""
        n = len(self.values)
        half = _Z * float(np.std(self.values, ddof=1)) / math.sqrt(n) if n > 1 else 0.0
        return self.mean - half, self.mean + half


@dataclass(frozen=True, slots=True)
class MethodScore:
    """How one method did."""

    method: str  # key into METHODS
    options: tuple[tuple[str, int | float | str], ...]
    pointing: Proportion  # maps that are highest on the shape
    energy: Mean  # share of the positive values that lies on the shape
    deletion: Mean  # areas under the curves of the first images
    insertion: Mean


@dataclass(frozen=True, slots=True)
class Comparison:
    """All methods on the same images."""

    images: int
    curves: int  # of them, for deletion and insertion
    seed: int
    layer: str  # that methods at layers were asked at
    baseline: str  # of deletion and insertion
    area: float  # mean share of the image that is the shape: the energy of a map of one value
    scores: tuple[MethodScore, ...]


def compare(
    loaded: LoadedModel,
    methods: Iterable[str] = tuple(METHODS),
    images: int = IMAGES,
    curves: int = CURVES,
    seed: int = 0,
    *,
    progress: Callable[[int, int], None] | None = None,
    turn: TakeTurn = nullcontext,
) -> Comparison:
    """Ask each method for the true class of each image, methods at layers at the last stage.

    The images are the first test images of that seed, which no network was trained on. The random map is
    drawn anew for each of them. `progress` is told after every map, `turn` waited for before every pass.

    Raises:
        ConfigError: the network does not tell the rendered shapes apart, or it would take too much.
    """
    if not knows_shapes(loaded.weights):
        raise ConfigError("Only a network for the rendered shapes can be asked about them.")
    slugs = tuple(methods)
    _check(loaded, slugs, images, curves)
    found: dict[str, list[_Seen]] = {slug: [] for slug in slugs}
    areas, done = [], 0
    size = traced(loaded).input_size
    for number, rendered in enumerate(with_masks(Split.TEST, seed, images, size)):
        jobs.check()
        image = as_input(rendered)
        areas.append(float(rendered.mask.mean()))
        for slug in slugs:
            heatmap = attribute(
                loaded, image, _method(slug, number), target=rendered.label, turn=turn
            )
            curve = None
            if number < curves:
                (curve,) = faithfulness(loaded, image, [heatmap], steps=STEPS, turn=turn)
            found[slug].append(_Seen(heatmap, rendered, curve))
            done += 1
            if progress:
                progress(done, images * len(slugs))
    return Comparison(
        *(images, curves, seed, last_stage(traced(loaded)), BASELINES[0]),
        area=float(np.mean(areas)),
        scores=tuple(_score(slug, seen) for slug, seen in found.items()),
    )


def knows_shapes(weights: Weights) -> bool:
    """Whether a network was trained to tell the rendered shapes apart, and sees all of an image."""
    sees_all = weights.preprocessing.resize == weights.preprocessing.crop
    return weights.trained and weights.labels == SHAPES and sees_all


def as_input(rendered: ShapeImage) -> ImageInput:
    """A rendered image as an image to ask about."""
    height, width, _ = rendered.rgb.shape
    named = f"rendered {SHAPES[rendered.label]}"
    return ImageInput(content_hash(rendered.rgb.tobytes()), rendered.rgb, named, (width, height))


class _Seen:
    """What is kept of one map: the numbers."""

    def __init__(self, heatmap: Heatmap, rendered: ShapeImage, curve: Faithfulness | None) -> None:
        self.hit = points_at(heatmap, rendered.mask)
        self.energy = energy_inside(heatmap, rendered.mask)
        self.areas = (curve.deletion_area, curve.insertion_area) if curve else None


def _score(slug: str, seen: list[_Seen]) -> MethodScore:
    areas = [each.areas for each in seen if each.areas]
    return MethodScore(
        slug,
        tuple(_method(slug, 0).options.items()),
        Proportion(sum(each.hit for each in seen), len(seen)),
        Mean(tuple(each.energy for each in seen)),
        Mean(tuple(deletion for deletion, _ in areas)),
        Mean(tuple(insertion for _, insertion in areas)),
    )


def _method(slug: str, number: int) -> Method:
    """The method for an image; the null is another one for each."""
    return make_method(slug, {"seed": number} if slug == "random_cam" else _OPTIONS.get(slug))


def _check(loaded: LoadedModel, slugs: tuple[str, ...], images: int, curves: int) -> None:
    """Raise `ConfigError` where all of it together would take too much."""
    trace = traced(loaded)
    forward = price.price_of_pass(trace)
    passes = 0.0
    for slug in slugs:
        method = _method(slug, 0)
        many = method.passes(trace.input_size) if isinstance(method, PixelMethod) else 1
        back = not isinstance(method, PixelMethod) or method.goes_back
        passes += images * many * (3 if back else 1) + curves * 2 * STEPS
    price.check_passes(forward, round(passes), "This", "choose a smaller input size")


class ComparisonJob(NetworkJob[Comparison]):
    """The comparison in the background; progress is in maps."""

    name = "comparison of methods"
    subject = "The comparison"
    counted = "maps are there"

    def __init__(self, loaded: LoadedModel, seed: int) -> None:
        super().__init__("Rendering images …")
        self._loaded, self._seed = loaded, seed

    def work(self) -> tuple[Comparison, str]:
        """Ask all methods, each pass in its turn."""
        whole = price.price_of_pass(traced(self._loaded), 8, price.IMAGE)
        turn = turns(whole.passing + whole.kept)

        found = compare(self._loaded, seed=self._seed, progress=self.count, turn=turn)
        return found, f"{len(found.scores)} methods were asked."
