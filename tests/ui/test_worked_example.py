"""The working of the pinned cell on Feature maps, for every kind of layer."""

import pytest
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest
from torch import nn

from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.trace import trace
from resnet_viz.analysis.worked_example import layers
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.sources import load
from tests.ui.test_pages import charts, problems

LAYERS = {
    "resnet18": (
        *(
            "conv1",
            "bn1",
            "relu",
            "maxpool",
            "layer1",
            "layer2.0",
            "layer2.0.conv1",
            "layer2.0.add",
        ),
        *("layer2.0.downsample.0", "layer1.1.shortcut", "avgpool", "flatten", "fc"),
    ),
    "resnext50_32x4d": ("layer1.0.conv2",),
    "resnet20": ("layer2.0.shortcut", "avgpool"),
    "plain18": ("layer1.0.conv2",),
}


def sections(app: AppTest) -> list[str]:
    return [str(element.value) for element in app.header]


@pytest.mark.parametrize(("model", "path"), [(m, p) for m, paths in LAYERS.items() for p in paths])
def test_every_kind_of_layer_is_worked_out(open_page, model, path):
    app = open_page("feature_maps", model=model, layer=path, size="64", channel="1")
    assert problems(app) == []
    assert "This cell by hand" in sections(app)
    traced = trace(PRESETS[model], 64)
    last = traced.producer(path)
    (source, *_) = traced.sources(last)
    of_a_sum = path != last and source in traced and traced[source].kind == "Add"
    sources = [s for s in traced.sources(source if of_a_sum else last) if s != "input"]
    assert [b.label for b in app.button if b.label.startswith("Back to layer")] == [
        f"Back to {source}" for source in sources if source.startswith("layer")
    ]


def test_a_button_leads_to_what_the_layer_reads(open_page):
    app = open_page("feature_maps", model="resnet18", layer="layer2.0", size="64", cell="3-4")
    (back,) = (b for b in app.button if b.label == "Back to layer2.0.bn2")
    app = back.click().run()
    assert problems(app) == []
    assert app.sidebar.selectbox(key="layer").value == "layer2.0.bn2"
    assert "3-4" in app.query_params["cell"]


@pytest.mark.parametrize(
    ("path", "source", "cell"),
    [
        ("layer2.0.conv1", "layer1.1.relu2", "8-10"),  # 3 × 3 of stride 2: the window's middle
        ("layer2.0.downsample.0", "layer1.1.relu2", "8-10"),  # 1 × 1: the very place
        ("layer1.0.conv2", "layer1.0.relu1", "4-5"),
    ],
)
def test_back_from_a_convolution_is_to_the_middle_of_its_strongest_channel(
    open_page, path, source, cell
):
    """The network is asked which channel that is: without it the sum loses most."""
    app = open_page(
        "feature_maps", model="resnet18", layer=path, size="64", channel="3", cell="4-5"
    )
    (back,) = (b for b in app.button if b.label == f"Back to {source}")
    app = back.click().run()
    assert problems(app) == []
    assert app.query_params["cell"] == cell
    conv, x = convolution_and_input(path, source)
    assert not isinstance(conv.padding, str)
    windows = F.unfold(x, conv.kernel_size, padding=conv.padding, stride=conv.stride)
    columns = (x.shape[-1] + 2 * conv.padding[1] - conv.kernel_size[1]) // conv.stride[1] + 1
    window = windows[0, :, 4 * columns + 5].reshape(x.shape[1], -1)
    parts = (window * conv.weight[3].reshape(x.shape[1], -1)).sum(dim=1)
    assert app.query_params["channel"] == str(int(parts.abs().argmax()))


def convolution_and_input(path: str, source: str) -> tuple[nn.Conv2d, torch.Tensor]:
    loaded = load(PRESETS["resnet18"], "random:0", 64)
    seen = capture(loaded, read_sample("cat"), (source,))[source].values
    convolution = loaded.module.get_submodule(path)
    assert isinstance(convolution, nn.Conv2d)
    return convolution, torch.from_numpy(seen.copy())[None]


def test_back_from_a_max_pool_is_to_its_winner(open_page):
    app = open_page("feature_maps", model="resnet18", layer="maxpool", size="64", channel="5")
    (back,) = (b for b in app.button if b.label == "Back to relu")
    shown = next(str(m.value) for m in app.markdown if " holds **" in str(m.value))
    app = back.click().run()
    behind = next(str(m.value) for m in app.markdown if " holds **" in str(m.value))
    assert app.query_params["channel"] == "5"
    assert behind.partition(" holds ")[2] == shown.partition(" holds ")[2]


def test_without_a_pin_a_cell_that_is_on_is_worked_out(open_page):
    for layer in ("layer1.0.relu1", "layer4.1", "layer3.0"):
        app = open_page("feature_maps", model="shapes", layer=layer)
        shown = next(str(m.value) for m in app.markdown if " holds **" in str(m.value))
        assert "**0**" not in shown


def test_the_classifier_opens_on_its_answer(open_page):
    app = open_page("feature_maps", model="shapes", layer="fc")
    shown = next(str(m.value) for m in app.markdown if " holds **" in str(m.value))
    assert shown.startswith("**Class 5**, star,") or ", star, holds" in shown


def test_a_network_that_is_too_large_is_a_sentence(open_page):
    app = open_page("feature_maps", model="wide_resnet101_2", size="1024")
    (said,) = {*problems(app)}
    assert "multiply-adds" in said
    assert "This cell by hand" not in sections(app)


def test_another_cell_of_the_same_layer_asks_the_network_nothing(open_page, monkeypatch):
    """What its cells come from is kept; a forward pass would cost more than all the rest of a click."""
    app = open_page("feature_maps", model="resnet18", layer="layer2.0", size="64", cell="3-4")

    def forward(*_):
        raise AssertionError("a module ran")

    for kind in (nn.Conv2d, nn.BatchNorm2d, nn.ReLU):
        monkeypatch.setattr(kind, "forward", forward)
    app.query_params["channel"], app.query_params["cell"] = "5", "1-2"
    app = app.run()
    assert problems(app) == []
    assert any(
        "Channel 5" in str(m.value) and "row 1, column 2" in str(m.value) for m in app.markdown
    )


@pytest.mark.parametrize(("layer", "count"), [("layer3.0.conv1", 32), ("fc", 128)])
def test_what_every_channel_adds_is_behind_a_switch(open_page, layer, count):
    app = open_page("feature_maps", layer=layer, channel="5")
    assert not app.get("plotly_chart")
    app = app.main.toggle(key="adds").set_value(True).run()
    assert problems(app) == []
    bars = charts(app)[0]["data"][0]
    assert bars["x"] == [str(channel) for channel in range(count)]
    (said,) = (caption.value for caption in app.main.caption if "they come to" in caption.value)
    assert f"of {count} make up half" in said
    shown = next(m.value for m in app.main.markdown if " holds **" in m.value)
    value = float(shown.split("holds **")[1].split("**")[0].replace("−", "-"))
    model = load(PRESETS["shapes"], "bundled", 128).module
    bias = float(model.get_parameter("fc.bias")[5]) if layer == "fc" else 0
    assert sum(bars["y"]) + bias == pytest.approx(value, abs=1e-4)


def test_where_every_channel_is_shown_there_is_no_switch(open_page):
    app = open_page("feature_maps", layer="conv1")
    assert "adds" not in [toggle.key for toggle in app.main.toggle]


def test_a_kind_that_nobody_works_out_yet_is_said_and_is_no_fault(open_page, monkeypatch):
    monkeypatch.delitem(layers.WORKED, "MaxPool2d")
    app = open_page("feature_maps", model="resnet18", layer="maxpool", size="64", channel="5")
    assert problems(app) == []
    assert "How a MaxPool2d comes to its values is not worked out here yet." in [
        caption.value for caption in app.caption
    ]
