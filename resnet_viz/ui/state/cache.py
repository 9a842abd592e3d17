"""Every answer of the pages, one function each: its key, what it takes, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import streamlit as st

from resnet_viz import images
from resnet_viz.analysis import ablation as ablations
from resnet_viz.analysis import capture as questions
from resnet_viz.analysis import effective_field as fields
from resnet_viz.analysis import entries, filters, passes, paths, price, responses, shattering
from resnet_viz.analysis import gradient_flow as gradients
from resnet_viz.analysis import initial_gradients as initial
from resnet_viz.analysis import pixels as one_pixel
from resnet_viz.analysis import residual as decomposition
from resnet_viz.analysis import trace as traces
from resnet_viz.analysis import worked_example as examples
from resnet_viz.analysis.ablation import Ablation
from resnet_viz.analysis.attribution.compute import attribute, price_of_request
from resnet_viz.analysis.attribution.method import Method
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.analysis.attribution.split import LogitSplit, price_of_split, split_logit
from resnet_viz.analysis.effective_field import EffectiveField
from resnet_viz.analysis.entries import Entry
from resnet_viz.analysis.filters import Histogram, WeightStatistics
from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.gradient_flow import GradientFlow
from resnet_viz.analysis.image_collections import ImageCollection
from resnet_viz.analysis.initial_gradients import InitialGradients
from resnet_viz.analysis.passes import Pass
from resnet_viz.analysis.paths import PathLengths
from resnet_viz.analysis.pixels import NormalisedValue
from resnet_viz.analysis.price import Price
from resnet_viz.analysis.records import Capture, Outputs, Trace
from resnet_viz.analysis.residual_records import BlockRatio, BlockView
from resnet_viz.analysis.shattering import ShatteredGradient
from resnet_viz.analysis.worked_example import Contributions, WorkedExample
from resnet_viz.errors import WeightsError
from resnet_viz.images import ImageInput, Preprocessing, folder
from resnet_viz.images.folder import FolderImages
from resnet_viz.images.records import Pixels
from resnet_viz.jobs import Follower, Job
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.store import STORE
from resnet_viz.ui.state.answers import Task, ask, begin, visitor
from resnet_viz.weights import sources
from resnet_viz.weights.bundled import BundledSource
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.training_range import TrainingRange

T = TypeVar("T")

_LISTED_S = 30  # after which the operator's folder of images is looked at again
_MANY = 30_000_000  # parameters that take half a second to draw, or to look at
_RUNNING = "Running the forward pass …"
_RUNNING_BACK = "Running the backward pass …"
_READING = "Reading the weights …"


@dataclass(frozen=True, slots=True)
class ModelKey:
    """Which network answers, and where: what every answer is kept by."""

    config: ResNetConfig
    weights: str  # as `load` wants them
    input_size: int  # pixels
    device: str


def bundled_key(network: str) -> ModelKey:
    """A preset with the weights that came with the explorer, at its own size."""
    config = PRESETS[network]
    weights = sources.describe(config, BundledSource.slug, config.input_size)
    return ModelKey(config, weights.key, config.input_size, "cpu")


def trace(config: ResNetConfig, input_size: int | None = None) -> Trace:
    """Every layer with its shapes and costs; as `analysis.trace.trace`, but one for all who wait."""
    key = traces.trace_key(config, input_size)

    def prepare() -> Task[Trace]:
        price.check_rows(config)
        return Task(partial(traces.trace_anew, *key[1:]))

    return ask(key, prepare, "Tracing the network …")


def model(network: ModelKey) -> LoadedModel:
    """The network with its parameters; shared by everybody, never changed."""

    def prepare() -> Task[LoadedModel]:
        price.check(network.config, network.input_size)
        found = price.price(network.config, network.input_size)
        load = partial(sources.load, network.config, network.weights)
        return Task(
            partial(load, network.input_size, network.device),
            memory=2 * found.weights,  # what is read, and the network that it is read into
            is_long=found.is_long or found.params > _MANY,
        )

    return ask(("model", network), prepare, "Building the network …")


@st.cache_data(max_entries=200, show_spinner=False)
def is_sound(network: ModelKey) -> bool:
    """That a file could be read once; raises what `model` raises. Outlives the network itself."""
    model(network)
    return True


def training_range(network: ModelKey) -> TrainingRange | None:
    """The network's answers on its training images; the source keeps them."""
    return sources.training_range(network.config, network.weights, network.input_size)


def capture(network: ModelKey, image: ImageInput, paths: tuple[str, ...]) -> Capture:
    """One image through the network, with the outputs of the layers at `paths`."""
    asker = visitor().session
    return ask(
        ("capture", network, image.sha256, paths),
        lambda: _run(
            network,
            price.price_of_outputs(_trace(network), paths),
            lambda loaded: _captured(loaded, network, image, paths, asker),
        ),
        _RUNNING,
    )


def _captured(
    loaded: LoadedModel, network: ModelKey, image: ImageInput, paths: tuple[str, ...], asker: str
) -> Capture:
    """What is left to do of a capture after a pass that is kept; else a whole pass, and that is kept."""
    before = _pass(network, image)
    found = passes.capture_after(loaded, image, before, paths) if before else None
    if found is None:
        found, done = passes.whole_pass(loaded, image, paths)
        STORE.put(_pass_key(network, image), done, asker)
    return found


def _pass_key(network: ModelKey, image: ImageInput) -> Hashable:
    return ("pass", network, image.sha256)


def _pass(network: ModelKey, image: ImageInput) -> Pass | None:
    """What is kept of an image's last pass through a network."""
    found: Pass | None = kept(_pass_key(network, image))
    return found


def is_affordable(network: ModelKey, paths: tuple[str, ...]) -> bool:
    """Whether the outputs of the layers at `paths` can be had at once."""
    return price.fits(price.price_of_outputs(_trace(network), paths))


def block_view(network: ModelKey, image: ImageInput, path: str) -> BlockView:
    """One block's input, branch, shortcut, sum and output."""

    def view(loaded: LoadedModel) -> BlockView:
        steps = entries.steps_until(traced(loaded), (path,))
        return decomposition.block_view(loaded, image, path, _entry(network, image, steps))

    return ask(
        ("block_view", network, image.sha256, path),
        lambda: _run(network, price.price_of_block(_trace(network), _trace(network)[path]), view),
        _RUNNING,
    )


def residual_ratios(network: ModelKey, image: ImageInput) -> tuple[BlockRatio, ...]:
    """What every block adds to its shortcut, in norms and angles."""
    asker = visitor().session

    def ratios(loaded: LoadedModel) -> tuple[BlockRatio, ...]:
        meter = decomposition.RatioMeter(traced(loaded))
        try:
            _, done = passes.whole_pass(loaded, image, (), meter.watch)
        except WeightsError:  # there are no scores; the blocks may be sound
            return decomposition.residual_ratios(loaded, image)
        STORE.put(_pass_key(network, image), done.without(meter.seconds), asker)
        return tuple(meter.ratios)

    return ask(
        ("residual_ratios", network, image.sha256),
        lambda: _run(network, price.price_of_outputs(_trace(network)), ratios),
        _RUNNING,
    )


def capture_ablated(
    network: ModelKey, image: ImageInput, ablation: Ablation, paths: tuple[str, ...]
) -> Capture:
    """One image through the network after an ablation; the shared network stays as it is."""
    return ask(
        ("capture_ablated", network, image.sha256, ablation, paths),
        lambda: _run(
            network,
            price.price_of_outputs(_trace(network), paths),
            lambda loaded: ablations.capture_ablated(loaded, image, ablation, paths),
        ),
        _RUNNING,
    )


def gradient_flow(network: ModelKey, image: ImageInput) -> GradientFlow:
    """The gradient's way back through every block."""
    return ask(
        ("gradient_flow", network, image.sha256),
        lambda: _run(
            network,
            price.price_of_flow(_trace(network)),
            lambda loaded: gradients.gradient_flow(loaded, image),
        ),
        _RUNNING_BACK,
    )


def path_lengths(network: ModelKey, image: ImageInput) -> PathLengths:
    """How much gradient the paths of each length carry."""

    def prepare() -> Task[PathLengths]:
        trace = _trace(network)
        drawn = paths.SAMPLES * (len(trace.blocks()) + 1)
        return _run(
            network,
            price.price_of_paths(trace, drawn, paths.AT_ONCE),
            lambda loaded: paths.path_lengths(loaded, image),
        )

    return ask(("path_lengths", network, image.sha256), prepare, _RUNNING_BACK)


def layer_responses(network: ModelKey, image: ImageInput) -> tuple[tuple[str, float], ...]:
    """How strongly each layer responds."""
    return ask(
        ("layer_responses", network, image.sha256),
        lambda: _run(
            network,
            price.price_of_outputs(_trace(network)),
            lambda loaded: responses.layer_responses(loaded, image),
        ),
        _RUNNING,
    )


def initial_gradients(depth: int, seed: int) -> InitialGradients:
    """The gradients of two untrained networks, with and without shortcuts."""

    def prepare() -> Task[InitialGradients]:
        config = initial.at_depth(depth)
        batch = price.price_of_pass(trace(config), initial.IMAGES, price.IMAGE)
        memory = 3 * batch.weights + batch.passing + batch.kept
        return Task(partial(initial.initial_gradients, depth, seed), memory, is_long=True)

    return ask(("initial_gradients", depth, seed), prepare, _RUNNING_BACK)


def shattered_gradient(depth: int, seed: int, *, residual: bool, scale: float) -> ShatteredGradient:
    """The derivatives of networks of one number, drawn from three seeds from this one on."""
    seeds = (seed, seed + 1, seed + 2)
    return ask(
        ("shattered_gradient", depth, seed, residual, scale),
        lambda: Task(
            partial(shattering.shattered_gradient, depth, seeds, residual=residual, scale=scale)
        ),
        "Drawing networks …",
    )


def heatmap_key(
    network: ModelKey, image: ImageInput, method: Method, layer: str, part: str, target: int | None
) -> Hashable:
    """What a map of attribution is kept by."""
    return ("heatmap", network, image.sha256, method, layer, part, target)


def heatmap(
    network: ModelKey, image: ImageInput, method: Method, layer: str, part: str, target: int | None
) -> Heatmap:
    """What speaks for a class, by a method of few passes."""

    def prepare() -> Task[Heatmap]:
        loaded = model(network)
        found = price_of_request(loaded, method, layer, part)
        work = partial(attribute, loaded, image, method, layer, part, target)
        return Task(work, found.memory - found.weights, found.is_long)

    return ask(heatmap_key(network, image, method, layer, part, target), prepare, _RUNNING_BACK)


def kept(key: Hashable) -> Any | None:
    """What was computed in the background and is still kept."""
    found = STORE.get(key)
    return found.value if found else None


def keep(key: Hashable, found: object) -> None:
    """Keep what was computed in the background."""
    STORE.put(key, found, visitor().session)


def logit_split(network: ModelKey, image: ImageInput, target: int | None) -> LogitSplit:
    """What the logit of a class is made of."""
    return ask(
        ("logit_split", network, image.sha256, target),
        lambda: _run(
            network,
            price_of_split(_trace(network)),
            lambda loaded: split_logit(loaded, image, target),
        ),
        _RUNNING,
    )


def effective_field(
    network: ModelKey, image: ImageInput, path: str, unit: tuple[int, int, int]
) -> EffectiveField:
    """How much each pixel moves one unit: its channel, row and column."""

    def prepare() -> Task[EffectiveField]:
        trace = _trace(network)
        return _run(
            network,
            price.price_of_gradient(trace, trace[trace.producer(path)]),
            lambda loaded: fields.effective_field(loaded, image, path, *unit),
        )

    return ask(("effective_field", network, image.sha256, path, unit), prepare, _RUNNING)


def example_outputs(network: ModelKey, image: ImageInput, path: str) -> Outputs:
    """What a layer puts out, and all that it takes to work out any of its cells by hand."""

    asker = visitor().session
    return ask(
        _example_key(network, image, path),
        lambda: _example_task(network, image, path, asker),
        _RUNNING,
    )


def begin_example_outputs(
    network: ModelKey,
    image: ImageInput,
    path: str,
    asker: str,
    follower: Follower,
    most_macs: float,
) -> Job[Outputs] | None:
    """Begin the same before it is asked for.

    Nothing where it is kept already, where the network is not at hand, and where it takes more than
    `most_macs` multiply-adds.
    """
    key = _example_key(network, image, path)
    if STORE.get(("model", network)) is None or STORE.get(key) is not None:
        return None
    traced = _trace(network)
    if path not in traced or price.price_until(traced, path).macs > most_macs:
        return None
    return begin(key, _example_task(network, image, path, asker), asker, follower)


def kept_example_outputs(network: ModelKey, image: ImageInput, path: str) -> Outputs | None:
    """The same if it is kept."""
    found: Outputs | None = kept(_example_key(network, image, path))
    return found


def _example_key(network: ModelKey, image: ImageInput, path: str) -> Hashable:
    return ("example_outputs", network, image.sha256, path)


def _example_task(network: ModelKey, image: ImageInput, path: str, asker: str) -> Task[Outputs]:
    paths = (path, *examples.example_paths(_trace(network), path))
    return _run(
        network,
        price.price_of_outputs(_trace(network), paths),
        lambda loaded: _outputs(loaded, network, image, paths, asker),
    )


def _outputs(
    loaded: LoadedModel, network: ModelKey, image: ImageInput, paths: tuple[str, ...], asker: str
) -> Outputs:
    """What layers of one block put out, from the latest step on whose entry is kept; and that is kept."""
    steps = entries.steps_until(traced(loaded), paths)
    if not steps:
        return questions.outputs(loaded, image, paths)
    known = _entry(network, image, steps)
    seen, entry = entries.outputs_in_step(loaded, image, paths, known)
    STORE.put(_entry_key(network, image, entry.step), entry, asker)
    return seen


def _entry_key(network: ModelKey, image: ImageInput, step: str) -> Hashable:
    return ("entry", network, image.sha256, step)


def _entry(network: ModelKey, image: ImageInput, steps: Sequence[str]) -> Entry | None:
    """The entry of the last of some steps of which one is kept."""
    done = _pass(network, image)
    for step in reversed(steps):
        found: Entry | None = kept(_entry_key(network, image, step))
        if found := found or (done.nearest((step,)) if done else None):
            return found
    return None


def worked_example(
    network: ModelKey, image: ImageInput, path: str, unit: tuple[int, int, int], strongest: int
) -> WorkedExample:
    """How one unit comes about: its channel, row and column."""

    def prepare() -> Task[WorkedExample]:
        loaded, seen = model(network), example_outputs(network, image, path)
        return Task(
            partial(examples.worked_example, loaded, seen, path, *unit, strongest=strongest)
        )

    return ask(("worked_example", network, image.sha256, path, unit, strongest), prepare)


def contributions(
    network: ModelKey, image: ImageInput, path: str, unit: tuple[int, int, int]
) -> Contributions:
    """What every input channel adds to one unit: its channel, row and column."""

    def prepare() -> Task[Contributions]:
        loaded, seen = model(network), example_outputs(network, image, path)
        return Task(partial(examples.contributions, loaded, seen, path, *unit))

    return ask(("contributions", network, image.sha256, path, unit), prepare)


@st.cache_resource(ttl=_LISTED_S, show_spinner=False)
def folder_images() -> FolderImages | None:
    """The images of the operator's folder; raises `ImageError` as `images.folder` does."""
    return folder.folder_images()


def seen_pixels(
    source: ImageCollection, numbers: tuple[int, ...], preparation: Preprocessing
) -> tuple[Pixels, ...]:
    """What a network sees of some images of a source; raises `ImageError` when one is gone."""
    return ask(
        ("seen_pixels", source, numbers, preparation),
        lambda: Task(lambda: tuple(source.pixels(number, preparation) for number in numbers)),
    )


def weight_statistics(network: ModelKey) -> tuple[WeightStatistics, ...]:
    """The numbers of every layer's weights."""
    return ask(
        ("weight_statistics", network),
        lambda: Task(
            partial(filters.weight_statistics, model(network)),
            is_long=_trace(network).params > _MANY,
        ),
        _READING,
    )


def weight_histogram(network: ModelKey, path: str) -> Histogram:
    """How one layer's weights are spread."""
    return ask(
        ("weight_histogram", network, path),
        lambda: Task(
            partial(filters.weight_histogram, model(network), path),
            is_long=_trace(network)[path].params > _MANY,
        ),
        _READING,
    )


def pixels(image: ImageInput, preprocessing: Preprocessing) -> Pixels:
    """(crop, crop, 3) uint8: what a network sees of an image, before normalising."""
    key = ("as_seen", image.sha256, preprocessing)
    return STORE.kept(key, lambda: images.as_seen(image, preprocessing))


def central_pixel(
    image: ImageInput, preprocessing: Preprocessing
) -> tuple[NormalisedValue, NormalisedValue, NormalisedValue]:
    """What becomes of one pixel before the first layer."""
    key = ("central_pixel", image.sha256, preprocessing)
    return STORE.kept(key, lambda: one_pixel.central_pixel(image, preprocessing))


@st.cache_resource(max_entries=32, show_spinner=False)
def sample(slug: str) -> ImageInput:
    """A sample image, decoded."""
    return images.read_sample(slug)


def _trace(network: ModelKey) -> Trace:
    return trace(network.config, network.input_size)


def _run(network: ModelKey, found: Price, forward: Callable[[LoadedModel], T]) -> Task[T]:
    """A question to a network that can be afforded and is at hand.

    Raises:
        ConfigError: it is above the budget of one answer.
    """
    price.check(network.config, network.input_size, found)
    return Task(partial(forward, model(network)), found.memory - found.weights, found.is_long)
