"""Going on from what a block has read gives what the whole way from the image gives."""

import numpy as np
import pytest
import torch

from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.entries import Entry, outputs_in_step, steps_until
from resnet_viz.analysis.records import INPUT, Trace
from resnet_viz.analysis.trace import trace
from resnet_viz.analysis.worked_example import example_paths
from resnet_viz.images import read_sample
from resnet_viz.model.config import ResNetConfig
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load

SIZE = 64
CONFIGS = [
    ResNetConfig("basic", repeats=(2, 1, 1, 1), width=16, num_classes=10),
    ResNetConfig("bottleneck", block="bottleneck", repeats=(1, 2, 1, 1), width=16, num_classes=10),
    ResNetConfig("plain", repeats=(1, 2, 1), width=16, num_classes=10, shortcut="none"),
    ResNetConfig("padded", repeats=(1, 1, 2), width=16, num_classes=10, shortcut="zero-pad"),
]


@pytest.fixture(scope="module", params=CONFIGS, ids=lambda config: config.name)
def loaded(request: pytest.FixtureRequest) -> LoadedModel:
    return load(request.param, "random:0", SIZE)


def asked(traced: Trace, path: str) -> tuple[str, ...]:
    return (path, *example_paths(traced, path))


def test_every_layer_is_the_same_from_every_entry_before_it(loaded: LoadedModel) -> None:
    image = read_sample("cat")
    traced = trace(loaded.config, SIZE)
    whole = capture(loaded, image, traced.paths)
    entries: dict[str, Entry] = {}
    continued = 0
    for path in traced.paths:
        paths = asked(traced, path)
        steps = steps_until(traced, paths)
        if not steps:
            continue
        continued += 1
        known = [None, *(entries[step] for step in steps if step in entries)]
        for entry in known:
            seen, reached = outputs_in_step(loaded, image, paths, entry)
            for each in paths:
                np.testing.assert_array_equal(seen[each].values, whole[each].values)
            assert reached.step == steps[-1]
        entries[reached.step] = reached
    # All blocks with all that is in them, and the head.
    inside = [row.path for row in traced.layers if traced.block_of(row.path)]
    assert continued >= len(inside) + 3


def test_what_comes_before_an_entry_does_not_run_again(loaded: LoadedModel) -> None:
    image = read_sample("cat")
    traced = trace(loaded.config, SIZE)
    block = traced.blocks()[-1].path
    _, entry = outputs_in_step(loaded, image, (block,))
    ran: list[str] = []
    handles = [
        module.register_forward_hook(lambda *_, name=name: ran.append(name))
        for name, module in loaded.module.named_modules()
        if name
    ]
    try:
        outputs_in_step(loaded, image, (block,), entry)
    finally:
        for handle in handles:
            handle.remove()
    assert ran[-1] == block
    assert all(f"{name}.".startswith(f"{block}.") for name in ran)
    assert torch.is_tensor(entry.value)


def test_several_blocks_a_stage_and_the_image_have_no_entry_in_common(loaded: LoadedModel) -> None:
    traced = trace(loaded.config, SIZE)
    first, *_, last = (row.path for row in traced.blocks())
    for paths in [(first, last), ("layer1",), (INPUT, "conv1"), ("conv1",), ()]:
        assert steps_until(traced, paths) == ()
