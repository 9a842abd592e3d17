"""Maps of attribution, beside captum on the same network, image, batch and threads."""

from __future__ import annotations

import importlib.util
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from benchmarks.results import Result
from benchmarks.timing import Step, freeze_heap, interleaved
from resnet_viz.analysis.attribution import make_method
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.target_layer import last_stage
from resnet_viz.analysis.forward import traced
from resnet_viz.images import DEFAULT_SAMPLE, read_sample, to_tensor
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load

NETWORK, SIZE, CLASS = "resnet18", 224, 7
BATCH = 8  # images at once, as ours
ROUNDS = {"grad_cam": 31, "integrated_gradients": 7, "occlusion": 7}
RATIOS = {"grad_cam": 1.0, "integrated_gradients": 1.0, "occlusion": 0.7}
STEPS, PATCH, STRIDE = 50, 32, 16
_OPTIONS = {
    "integrated_gradients": {"steps": STEPS},
    "occlusion": {"patch": PATCH, "stride": STRIDE},
}
_ALONE = "captum is not installed, so that there is no peer; it is no requirement."
_NOTE = (
    f"{NETWORK} at {SIZE} pixels, one image and class; the input is ready for both, ours kept from an "
    "earlier question about the image. "
    f"Integrated gradients: {STEPS} steps, {BATCH} images at once, with the gap to completeness. Occlusion: "
    f"patches of {PATCH} pixels every {STRIDE}, {BATCH} images at once. Tests compare their values."
)


def measure() -> list[Result]:
    """Grad-CAM of the last and of the first stage, integrated gradients, occlusion."""
    if importlib.util.find_spec("captum") is None:
        print(_ALONE, file=sys.stderr)
    torch.set_num_threads(os.cpu_count() or 1)  # as the app does
    freeze_heap()
    loaded = load(PRESETS[NETWORK], "random:0", SIZE)
    stages = traced(loaded).stages()
    asked = [("grad_cam", last_stage(traced(loaded))), ("grad_cam", stages[0].path)]
    return [
        _row(loaded, *each) for each in (*asked, ("integrated_gradients", ""), ("occlusion", ""))
    ]


def _row(loaded: LoadedModel, slug: str, layer: str) -> Result:
    image, method = read_sample(DEFAULT_SAMPLE), make_method(slug, _OPTIONS.get(slug))
    input_tensor = to_tensor(image, loaded.weights.preprocessing)

    def ours() -> object:
        return attribute(loaded, image, method, layer, target=CLASS)

    steps: dict[str, Callable[[], Step]] = {"ours": lambda: ours}
    peer = _peer(slug, layer, loaded, input_tensor)
    if peer:
        steps["peer"] = lambda: peer
    medians = {name: 1000 * seconds for name, seconds in interleaved(steps, ROUNDS[slug]).items()}
    what = f"{method.title}, {layer}" if layer else method.title
    return Result(
        what,
        medians["ours"],
        "ms",
        medians.get("peer"),
        RATIOS[slug] if peer else None,
        _NOTE if peer else _ALONE,
    )


def _peer(slug: str, layer: str, loaded: LoadedModel, input_tensor: Tensor) -> Step | None:
    """The same by captum; None where it is not installed."""
    if importlib.util.find_spec("captum") is None:
        return None
    warnings.filterwarnings("ignore", module="captum")
    captum: Any = importlib.import_module("captum.attr")
    network = loaded.module
    if slug == "grad_cam":
        method = captum.LayerGradCam(network, network.get_submodule(layer))
        # Something has to ask for a gradient: our parameters do not.
        return lambda: method.attribute(input_tensor.clone().requires_grad_(), CLASS)
    if slug == "integrated_gradients":
        paths = captum.IntegratedGradients(network)
        return lambda: paths.attribute(
            input_tensor,
            target=CLASS,
            n_steps=STEPS,
            internal_batch_size=BATCH,
            return_convergence_delta=True,
        )
    window, strides = (3, PATCH, PATCH), (3, STRIDE, STRIDE)
    covers = captum.Occlusion(network)
    return lambda: covers.attribute(
        input_tensor, window, strides, target=CLASS, perturbations_per_eval=BATCH
    )
