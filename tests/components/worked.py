"""Worked examples of every kind, of small networks with random weights."""

from __future__ import annotations

from typing import Final

from resnet_viz.analysis.forward import traced
from resnet_viz.analysis.worked_example import WorkedExample
from resnet_viz.components.worked_example.encode import Names, WrittenExample, write_out
from tests.analysis.networks import BASIC, BOTTLENECK, network, worked_out

# Network, layer, channel, row, column: at the upper border, where there is padding.
ASKED: Final = {
    "3": (BASIC, "layer1.0.conv1", 3, 0, 2),
    "7": (BASIC, "conv1", 3, 0, 2),
    "1": (BOTTLENECK, "layer2.0.conv1", 3, 0, 2),
    "strided": (BASIC, "layer2.0.downsample.0", 3, 2, 1),
    "pool": (BASIC, "maxpool", 3, 0, 2),
    "add": (BASIC, "layer2.0.add", 3, 0, 2),
    "relu": (BASIC, "layer1.0.relu1", 3, 0, 2),
    "block": (BASIC, "layer2.0", 3, 0, 2),
    "mean": (BASIC, "avgpool", 3, 0, 0),
    "fc": (BASIC, "fc", 3, 0, 0),
}
STRONGEST: Final = 4  # channels that are written out one by one


def asked(kind: str) -> WorkedExample:
    config, path, channel, row, column = ASKED[kind]
    return worked_out(network(config), path, channel, row, column, strongest=STRONGEST)


def made(kind: str) -> WrittenExample:
    worked = asked(kind)
    classes = tuple("abcdefg")[: len(getattr(worked, "classes", ()))]
    shown = traced(network(ASKED[kind][0])).producer(ASKED[kind][1])
    return write_out(worked, Names("source", "channel 3", shown, classes=classes))
