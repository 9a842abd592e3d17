"""A trace of which equal blocks were traced once is, to the last field, the one of all blocks."""

from dataclasses import replace

import pytest

from resnet_viz.analysis.trace import trace_anew, trace_whole
from resnet_viz.analysis.unfolding import folded
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS

OTHERS = (
    ResNetConfig(
        "deep", "basic", (200, 200, 200), stem="cifar", width=4, num_classes=3, input_size=32
    ),
    replace(PRESETS["resnet50"], name="early", stride_place="1x1", repeats=(5, 1, 2, 3)),
    replace(PRESETS["resnet20"], name="uneven", shortcut="none", repeats=(1, 7, 3)),
)


@pytest.mark.parametrize("config", [*PRESETS.values(), *OTHERS], ids=lambda config: config.name)
def test_unfolding_gives_what_tracing_every_block_gives(config):
    for size in {config.input_size, 97}:
        assert trace_anew(config, size) == trace_whole(config, size)


def test_a_network_is_folded_to_two_blocks_a_stage():
    assert folded(PRESETS["resnet152"]).repeats == (2, 2, 2, 2)
    assert folded(OTHERS[1]).repeats == (2, 1, 2, 2)
    assert folded(PRESETS["resnet18"]) == PRESETS["resnet18"]
