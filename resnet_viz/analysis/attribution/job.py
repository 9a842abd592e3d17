"""A map of many passes in the background: with progress, cancelled when nobody wants it any more."""

from __future__ import annotations

from resnet_viz.analysis.attribution.compute import attribute, price_of_request
from resnet_viz.analysis.attribution.method import Method
from resnet_viz.analysis.attribution.records import Heatmap
from resnet_viz.analysis.attribution.target import Target
from resnet_viz.analysis.network_job import NetworkJob, turns
from resnet_viz.images import ImageInput
from resnet_viz.weights.loaded import LoadedModel


class AttributionJob(NetworkJob[Heatmap]):
    """One method at one layer for one class; progress is in images that went through the network."""

    name = "attribution"
    subject = "The computation of this map"
    counted = "images went through the network"

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
        turn = turns(one.passing + one.kept)

        found = attribute(
            *(self._loaded, self._image, self._method, self._layer, self._part, self._target),
            progress=self.count,
            turn=turn,
        )
        return found, f"{self._method.title} is there."
