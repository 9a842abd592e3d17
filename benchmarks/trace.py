"""Tracing a network, beside torchinfo called bare on the same kind of network."""

from __future__ import annotations

import torch
import torchinfo

from benchmarks.results import Result
from benchmarks.timing import Step, freeze_heap, interleaved
from resnet_viz.analysis.trace import trace, trace_anew
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.model.resnet import build_meta

SIZE = 224
ROUNDS = {"resnet18": 31, "resnet50": 21, "resnet152": 13}
RATIO = 1.15
AGAIN_MS = 1.0
_NOTE = (
    "Ours builds the network, follows its edges and computes receptive fields and multiply-adds; "
    "the peer is `torchinfo.summary` alone, on a network built before the clock starts."
)


def measure() -> list[Result]:
    """A first trace and a repeated one of three networks."""
    freeze_heap()
    return [row for name in ROUNDS for row in _rows(name)]


def _rows(name: str) -> list[Result]:
    config = PRESETS[name]
    trace(config, SIZE)
    medians = interleaved(
        {
            "ours": lambda: lambda: trace_anew(config, SIZE),
            "peer": lambda: _bare(config),
            "again": lambda: lambda: trace(config, SIZE),
        },
        ROUNDS[name],
    )
    ours, peer, again = (1000 * medians[key] for key in ("ours", "peer", "again"))
    return [
        Result(f"trace {name}, first time", ours, "ms", peer, RATIO, _NOTE),
        Result(f"trace {name}, again", again, "ms", target=AGAIN_MS),
    ]


def _bare(config: ResNetConfig) -> Step:
    network = build_meta(config)
    image = torch.empty(1, 3, SIZE, SIZE, device="meta")
    return lambda: torchinfo.summary(network, input_data=image, device="meta", verbose=0)
