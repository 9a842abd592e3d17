"""Whether a map depends on what was learned: draw the parameters anew from the top, and watch it change.

Adebayo et al. 2018 (arXiv 1810.03292), section 3: cascading randomisation. A method whose maps stay as they
were shows the image, or the architecture, and not what the network has learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace

from torch import Tensor

from resnet_viz.analysis import price
from resnet_viz.analysis.attribution.compute import (
    Progress,
    attribute,
    price_of_request,
)
from resnet_viz.analysis.attribution.method import Method, PixelMethod
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.network_job import NetworkJob, TakeTurn
from resnet_viz.analysis.ranks import spearman
from resnet_viz.analysis.records import Trace
from resnet_viz.images import ImageInput
from resnet_viz.line import LINE, Turn
from resnet_viz.model.resnet import build_meta
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.random import RandomSource
from resnet_viz.weights.sources import load


@dataclass(frozen=True, slots=True)
class RandomisedMap:
    """The map once the network is random from the top down to a part."""

    part: str  # what was drawn anew last: path of the classifier, of a stage, of the stem's first layer
    heatmap: Heatmap
    correlation: (
        float | None
    )  # Spearman's ρ with the original map; None where one of them is constant


@dataclass(frozen=True, slots=True)
class Randomisation:
    """A map, and what becomes of it from step to step."""

    original: Heatmap
    seed: int
    steps: tuple[RandomisedMap, ...]


def randomisation(
    loaded: LoadedModel,
    image: ImageInput,
    method: Method,
    layer: str = "",
    part: str = "",
    target: int | None = None,
    seed: int = 0,
    *,
    progress: Progress | None = None,
    turn: TakeTurn = nullcontext,
) -> Randomisation:
    """Draw the classifier anew, then stage by stage down to the stem, and ask the method at each step.

    What is drawn is that of the untrained network of the seed, BatchNorm's measured statistics included, so
    that the last step is that network itself. `loaded` stays as it is: each step is a network of its own on
    shared memory. The class is the one of the original map at every step.

    Raises:
        ConfigError: all steps together would take too much.
        Others: as `attribute`.
    """
    _check(loaded, method, layer, part)
    parts = cascade(traced(loaded))
    total = len(parts) + 1
    report = progress or (lambda done, total: None)
    original = attribute(loaded, image, method, layer, part, target, turn=turn)
    report(1, total)
    drawn = load(loaded.config, f"{RandomSource.slug}:{seed}", original.input_size, loaded.device)
    steps = []
    for done, (top, network) in enumerate(_randomised(loaded, drawn, parts), start=2):
        found = attribute(network, image, method, layer, part, original.target.index, turn=turn)
        rho = spearman(original.values.ravel(), found.values.ravel())
        steps.append(RandomisedMap(top, found, rho))
        report(done, total)
    return Randomisation(original, seed, tuple(steps))


def cascade(trace: Trace) -> tuple[tuple[str, ...], ...]:
    """What is drawn anew step by step, each a group of paths: classifier, stages from the last, stem."""
    stem = tuple(row.path for row in trace.stem)
    stages = [(stage.path,) for stage in reversed(trace.stages())]
    return ((trace.classifier.path,), *stages, stem)


def _randomised(
    loaded: LoadedModel, drawn: LoadedModel, parts: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[str, LoadedModel]]:
    """The network after each step, with the path that it is called by."""
    state: dict[str, Tensor] = loaded.run(lambda network: dict(network.state_dict()))
    fresh: dict[str, Tensor] = drawn.run(lambda network: dict(network.state_dict()))
    for group in parts:
        prefixes = tuple(f"{path}." for path in group)
        state |= {name: value for name, value in fresh.items() if name.startswith(prefixes)}
        twin = build_meta(loaded.config)
        twin.load_state_dict(state, assign=True)
        twin.requires_grad_(False)
        yield group[0], LoadedModel(loaded.config, loaded.weights, twin, loaded.device)


def _check(loaded: LoadedModel, method: Method, layer: str, part: str) -> None:
    """Raise `ConfigError` where all steps together are too much for one answer."""
    trace = traced(loaded)
    one = price_of_request(loaded, method, layer, part)
    both = replace(one, weights=2 * one.weights)  # as trained, and drawn anew
    price.check(trace.config, trace.input_size, both)
    passes = method.passes(trace.input_size) + 1 if isinstance(method, PixelMethod) else 1
    if isinstance(method, PixelMethod):
        one = price.price_of_pass(trace, 1, price.IMAGE if method.goes_back else None)
    price.check_passes(
        one,
        passes * (len(cascade(trace)) + 1),
        f"{method.title} at every step",
        "choose Grad-CAM, which takes one for each",
    )


class RandomisationJob(NetworkJob[Randomisation]):
    """The cascade for one map in the background; progress is in maps."""

    name = "randomisation"
    subject = "The randomisation"
    counted = "maps are there"

    def __init__(
        self,
        loaded: LoadedModel,
        image: ImageInput,
        method: Method,
        layer: str,
        part: str,
        target: int | None,
        seed: int,
    ) -> None:
        super().__init__("Drawing parameters …")
        self._loaded, self._image, self._method = loaded, image, method
        self._layer, self._part, self._target, self._seed = layer, part, target, seed

    def work(self) -> tuple[Randomisation, str]:
        """Ask at every step, all in one turn: the drawn network is held from the first to the last."""
        one = price_of_request(self._loaded, self._method, self._layer, self._part)
        with LINE.turn(Turn(one.passing + one.kept + 2 * one.weights, is_long=True)):
            found = randomisation(
                *(self._loaded, self._image, self._method, self._layer, self._part, self._target),
                seed=self._seed,
                progress=self.count,
            )
        return found, f"{len(found.steps)} parts were drawn anew."
