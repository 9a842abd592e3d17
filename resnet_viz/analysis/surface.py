"""The loss surface of a small network, measured while somebody waits: Li et al. 2018."""

from __future__ import annotations

from typing import Final

from torch import Tensor

from resnet_viz.analysis.network_job import NetworkJob
from resnet_viz.analysis.price import price
from resnet_viz.line import LINE, Turn
from resnet_viz.model.resnet import ResNet
from resnet_viz.training.loss_surface import loss_surface, mean_loss
from resnet_viz.training.rendered import Split, rendered
from resnet_viz.weights.loaded import LoadedModel, at_work
from resnet_viz.weights.loss_surface import LossSurface

IMAGES: Final = 60  # rendered, five of each shape
POINTS: Final = 15  # along each of the two directions


class SurfaceJob(NetworkJob[LossSurface]):
    """A slice through the loss surface of a network for rendered shapes; progress is in points."""

    name = "loss surface"
    subject = "The measurement"
    counted = "points"

    def __init__(self, loaded: LoadedModel, seed: int) -> None:
        super().__init__("Rendering images …")
        self._loaded, self._seed = loaded, seed

    def work(self) -> tuple[LossSurface, str]:
        """Measure the loss at every point."""
        preparation = self._loaded.weights.preprocessing
        found = price(self._loaded.config, preparation.crop)
        images = rendered(Split.TEST, 0, IMAGES, preparation.crop)
        memory = IMAGES * found.passing + 4 * found.weights

        def evaluate(network: ResNet, batch: Tensor, labels: Tensor) -> float:
            with LINE.turn(Turn(memory, is_long=True)):  # at each point: others come in between
                return at_work(mean_loss, network, batch, labels)

        surface = loss_surface(
            self._loaded.module,
            images,
            preparation,
            "held-out",
            self.count,
            count=IMAGES,
            points=POINTS,
            seed=self._seed,
            evaluate=evaluate,
        )
        return surface, f"The loss was measured at {POINTS**2} points."
