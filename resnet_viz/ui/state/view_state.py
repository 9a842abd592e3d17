"""Everything a page needs to draw, as one record: what the sidebar holds."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.analysis.capture import predict
from resnet_viz.analysis.range_check import compared_path, range_check
from resnet_viz.analysis.records import Activation, Capture, LayerRecord, Prediction, Trace
from resnet_viz.figures.palette import Theme
from resnet_viz.images import ImageInput
from resnet_viz.images.records import Pixels
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import title
from resnet_viz.ui.state import cache
from resnet_viz.ui.state.cache import ModelKey
from resnet_viz.weights.loaded import LoadedModel, Weights
from resnet_viz.weights.training_range import RangeCheck


@dataclass(frozen=True, slots=True)
class ViewState:
    """A network, its parameters, an image and the selected layer."""

    config: ResNetConfig
    input_size: int
    weights: Weights
    image_slug: str  # slug of the sample, or "upload"
    image: ImageInput
    device: str
    theme: Theme
    layer: str

    @property
    def title(self) -> str:
        return title(self.config)

    @property
    def file_name(self) -> str:
        """What a downloaded file is called, without its ending."""
        name = self.config.name
        return f"{name}{self.config.depth if name == 'custom' else ''}_{self.input_size}"

    @property
    def network(self) -> ModelKey:
        """What its answers are kept by."""
        return ModelKey(self.config, self.weights.key, self.input_size, self.device)

    @property
    def trace(self) -> Trace:
        return cache.trace(self.config, self.input_size)

    @property
    def selected(self) -> LayerRecord:
        return self.trace[self.layer]

    @property
    def pixels(self) -> Pixels:
        """(crop, crop, 3) uint8: what the network sees, before normalising."""
        return cache.pixels(self.image, self.weights.preprocessing)

    def model(self) -> LoadedModel:
        """The network with its parameters; raises `ConfigError` when it is too large to run."""
        return cache.model(self.network)

    def capture(self, *paths: str) -> Capture:
        """The image through the network, with the outputs of the layers at `paths`.

        Where the answers on training images are known, with what is to be compared with them.
        """
        return cache.capture(self.network, self.image, with_compared(self.network, paths))

    def activation(self) -> Activation:
        """What the selected layer puts out, asked together with what its cells come from."""
        return cache.example_outputs(self.network, self.image, self.layer)[self.layer]

    def range_check(self, capture: Capture) -> RangeCheck | None:
        """How the image compares with the training images; `None` where that is not known."""
        known = cache.training_range(self.network)
        return range_check(known, self.trace, capture) if known else None

    @property
    def answers(self) -> tuple[str, ...]:
        """What the network can answer, by the index of a score."""
        return self.weights.answers(self.config.num_classes)

    def prediction(self, capture: Capture, top: int = 5) -> Prediction:
        """The most probable classes of a capture, by name."""
        return predict(capture, self.answers, top)


def with_compared(network: ModelKey, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The layers, and the stage that is compared with training images where they are known."""
    if not cache.training_range(network):
        return paths
    compared = compared_path(cache.trace(network.config, network.input_size))
    return paths if compared in paths else (*paths, compared)
