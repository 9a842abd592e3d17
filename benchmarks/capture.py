"""A forward with activations kept, beside the bare forward of the same network."""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
from torch import Tensor

from benchmarks.results import Result
from benchmarks.timing import Step, freeze_heap, interleaved
from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.receptive_field import Field
from resnet_viz.analysis.trace import trace
from resnet_viz.components.feature_wall import encode
from resnet_viz.images import DEFAULT_SAMPLE, ImageInput, as_seen, read_sample, to_tensor
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load

SIZE = 224
ROUNDS = {"resnet18": 31, "resnet50": 21}
RATIO = 1.15
ONE_LAYER = "layer3.0.conv1"
LARGEST = "conv1"  # 64 × 112 × 112
_CLICK = "The forward pass, and the feature maps packed for the browser."


def measure() -> list[Result]:
    """One layer kept, and all blocks kept, of two networks."""
    torch.set_num_threads(os.cpu_count() or 1)  # as the app does
    freeze_heap()
    return [row for name in ROUNDS for row in _rows(name)]


def _rows(name: str) -> list[Result]:
    config = PRESETS[name]
    loaded = load(config, "random:0", SIZE)
    image = read_sample(DEFAULT_SAMPLE)
    preprocessing = loaded.weights.preprocessing
    input_tensor = to_tensor(image, preprocessing)  # (1, 3, H, W)
    blocks = [block.path for block in trace(config, SIZE).blocks()]

    def asking(paths: Sequence[str]) -> Step:
        return lambda: capture(loaded, image, paths)

    medians = interleaved(
        {
            "one": lambda: asking([ONE_LAYER]),
            "blocks": lambda: asking(blocks),
            "click": lambda: lambda: _click(loaded, image),
            "bare": lambda: lambda: _forward(loaded, input_tensor),
            "prepare": lambda: lambda: to_tensor(image, preprocessing),
        },
        ROUNDS[name],
    )
    one, every, click, bare, prepare = (
        1000 * medians[k] for k in ("one", "blocks", "click", "bare", "prepare")
    )
    note = (
        f"The input is ready for both, ours for {name} kept from an earlier question about the image; to "
        f"make it takes {prepare:.1f} ms or {100 * prepare / one:.0f} % of the capture of one layer."
    )
    return [
        Result(f"capture {name}, one layer", one, "ms", bare, RATIO, note),
        Result(f"capture {name}, all {len(blocks)} blocks", every, "ms", bare, RATIO, note),
        Result(f"capture {name}, a click on {LARGEST}", click, "ms", bare, None, _CLICK),
    ]


def _click(loaded: LoadedModel, image: ImageInput) -> bytes:
    """What the server computes for a layer that nobody asked for before: its largest one."""
    row = trace(loaded.config, SIZE)[LARGEST]
    field = Field(row.receptive_field, row.jump, row.start)
    values = capture(loaded, image, [LARGEST])[LARGEST].values
    return encode.encode(values, as_seen(image, loaded.weights.preprocessing), field, {})


def _forward(loaded: LoadedModel, input_tensor: Tensor) -> Tensor:
    with torch.inference_mode():
        scores: Tensor = loaded.module(input_tensor)  # (1, num_classes)
    return scores
