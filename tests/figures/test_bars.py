"""Charts of costs: what costs has a bar, and a name stands under its own bar."""

from resnet_viz.analysis.trace import trace
from resnet_viz.figures.bars import cost_bars
from resnet_viz.figures.palette import LIGHT
from resnet_viz.model.presets import PRESETS


def test_what_costs_nothing_has_no_bar_and_every_bar_its_name():
    layers = trace(PRESETS["resnet18"]).leaves()
    figure = cost_bars(layers, "macs", LIGHT)
    assert len(figure.data[0].x) == 21  # 20 convolutions and the classifier
    assert sum(figure.data[0].y) == 1_814_073_344  # torchvision's published 1.814 G
    assert list(figure.layout.xaxis.tickvals) == list(figure.data[0].x)


def test_where_there_is_no_room_for_all_names_each_stage_begins_with_one():
    figure = cost_bars(trace(PRESETS["resnet152"]).leaves(), "params", LIGHT)
    names = [name.partition(".")[0] for name in figure.layout.xaxis.tickvals]
    assert names == ["conv1", "layer1", "layer2", "layer3", "layer4", "fc"]
    assert set(figure.layout.xaxis.tickvals) <= set(figure.data[0].x)
    assert sum(figure.data[0].y) == 60_192_808
