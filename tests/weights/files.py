"""Files for the readers of weights: sound ones, and the makings of hostile ones."""

import json
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from resnet_viz.errors import WeightsError
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.resnet import ResNet, build_random

SMALL = ResNetConfig("small", repeats=(1, 1, 1, 1), width=8, num_classes=5)
MOST_CALLS = 100_000  # of functions, in a refusal: three for each of 30,000 tensors, and some


def small_network(seed: int = 1, config: ResNetConfig = SMALL) -> ResNet:
    """A network whose statistics are not the ones that every fresh network has."""
    network = build_random(config, seed)
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in network.state_dict().items():
        if name.endswith(("running_mean", "running_var")):
            tensor.uniform_(0.5, 1.5, generator=generator)
    return network


def packed(header: object, content: bytes = b"", length: int | None = None) -> bytes:
    """A .safetensors file of any header, with any length written before it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + content


def entry(begin: int, end: int, shape: object = (1,), dtype: object = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def refusal(reader: Callable[[Path], object], path: Path) -> str:
    """The sentence with which a file is refused: with little work, and without bad advice."""
    with pytest.raises(WeightsError) as refused, counted_calls() as calls:
        reader(path)
    assert len(calls) < MOST_CALLS
    sentence = str(refused.value)
    assert "weights_only" not in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 400
    assert "<" not in sentence
    return sentence


@contextmanager
def counted_calls() -> Iterator[list[str]]:
    """Every call of a function meanwhile, of Python's or of C's."""
    calls: list[str] = []
    before = sys.getprofile()
    sys.setprofile(lambda _frame, event, _: calls.append(event) if "call" in event else None)
    try:
        yield calls
    finally:
        sys.setprofile(before)
