"""Charts of costs: what costs has a bar, and a name stands under its own bar."""

from resnet_viz.analysis.trace import trace
from resnet_viz.figures.bars import cost_bars, cost_ticks
from resnet_viz.figures.palette import LIGHT
from resnet_viz.model.presets import PRESETS


def test_what_costs_nothing_has_no_bar_and_every_bar_its_name():
    layers = trace(PRESETS["resnet18"]).leaves()
    bars = cost_bars(layers, "macs", LIGHT)
    assert len(bars) == 21  # 20 convolutions and the classifier
    assert sum(bar.value for bar in bars) == 1_814_073_344  # torchvision's published 1.814 G
    assert all(bar.named for bar in bars)
    assert max(bar.share for bar in bars) == 1


def test_where_there_is_no_room_for_all_names_each_stage_begins_with_one():
    bars = cost_bars(trace(PRESETS["resnet152"]).leaves(), "params", LIGHT)
    names = [bar.path.partition(".")[0] for bar in bars if bar.named]
    assert names == ["conv1", "layer1", "layer2", "layer3", "layer4", "fc"]
    assert sum(bar.value for bar in bars) == 60_192_808


def test_the_axis_ends_at_the_largest_bar():
    bars = cost_bars(trace(PRESETS["resnet18"]).leaves(), "params", LIGHT)
    assert cost_ticks(bars) == ((0.0, "0"), (0.5, "1.18 M"), (1.0, "2.36 M"))  # 512 · 512 · 9
    assert cost_ticks(()) == ((0.0, "0"), (0.5, "0"), (1.0, "0"))
