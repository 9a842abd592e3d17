"""A map of many passes in the background: with progress, cancelled when nobody wants it any more."""

from __future__ import annotations

from contextlib import AbstractContextManager

from resnet_viz.analysis.attribution.compute import attribute, price_of_request
from resnet_viz.analysis.attribution.method import Method
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.analysis.attribution.target import Target
from resnet_viz.images import ImageInput
from resnet_viz.jobs import Job
from resnet_viz.line import LINE, Turn
from resnet_viz.weights.loaded import LoadedModel


class AttributionJob(Job[Heatmap]):
    """One method at one layer for one class; progress is in images that went through the network."""

    name = "attribution"
    linger_s = 5.0  # a visitor whose connection breaks for a moment finds it again
    cancelled_sentence = "The computation of this map was cancelled."
    failed_sentence = "The computation of this map failed, and the server's log says why."

    def __init__(
        self,
        loaded: LoadedModel,
        image: ImageInput,
        method: Method,
        layer: str = "",
        part: str = "",
        target: Target = None,
    ) -> None:
        super().__init__("Running the forward pass …")
        self._loaded, self._image, self._method = loaded, image, method
        self._layer, self._part, self._target = layer, part, target

    def work(self) -> tuple[Heatmap, str]:
        """Ask the method, each pass in its turn."""
        one = price_of_request(self._loaded, self._method, self._layer, self._part)

        def turn() -> AbstractContextManager[None]:
            return LINE.turn(Turn(one.passing + one.kept, is_long=True))

        found = attribute(
            *(self._loaded, self._image, self._method, self._layer, self._part, self._target),
            progress=self._report,
            turn=turn,
        )
        return found, f"{self._method.title} is there."

    def _report(self, done: int, total: int) -> None:
        self.report(done, total, f"{done:,} of {total:,} images went through the network")
