"""The working of the pinned cell on Feature maps, for every kind of layer."""

import pytest

from resnet_viz.analysis.trace import trace
from resnet_viz.model.presets import PRESETS
from tests.ui.test_pages import problems

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
        *("layer2.0.downsample.0", "layer1.1.downsample", "avgpool", "flatten", "fc"),
    ),
    "resnext50_32x4d": ("layer1.0.conv2",),
    "resnet20": ("layer2.0.downsample", "avgpool"),
    "plain18": ("layer1.0.conv2",),
}


def sections(app) -> list[str]:
    return [str(element.value) for element in app.subheader]


@pytest.mark.parametrize(("model", "path"), [(m, p) for m, paths in LAYERS.items() for p in paths])
def test_every_kind_of_layer_is_worked_out(open_page, model, path):
    app = open_page("feature_maps", model=model, layer=path, size="64", channel="1")
    assert problems(app) == []
    assert "This cell by hand" in sections(app)
    traced = trace(PRESETS[model], 64)
    sources = [s for s in traced.sources(traced.producer(path)) if s != "input"]
    assert [b.label for b in app.button if b.label.startswith("Back to layer")] == [
        f"Back to {source}" for source in sources if source.startswith("layer")
    ]


def test_a_button_leads_to_what_the_layer_reads(open_page):
    app = open_page("feature_maps", model="resnet18", layer="layer2.0", size="64", cell="3-4")
    (back,) = (b for b in app.button if b.label == "Back to layer2.0.add")
    app = back.click().run()
    assert problems(app) == []
    assert app.sidebar.selectbox(key="layer").value == "layer2.0.add"
    assert "3-4" in app.query_params["cell"]


def test_a_network_that_is_too_large_is_a_sentence(open_page):
    app = open_page("feature_maps", model="wide_resnet101_2", size="1024")
    assert all("multiply-adds" in sentence for sentence in problems(app))
    assert "This cell by hand" not in sections(app)
