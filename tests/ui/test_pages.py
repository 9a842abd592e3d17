"""Every page for every preset through a deep link, without a browser."""

import json
import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.trace import trace
from resnet_viz.components.feature_wall import SCALES, SORTS
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui.state import pages
from resnet_viz.weights.sources import load
from tests.figures.blobs import unpack

SLUGS = [page.slug for page in pages.PAGES]


def texts(app: AppTest) -> str:
    """All that a person can read on the page and in the sidebar; marked words as they are read."""
    shown = [*app.title, *app.header, *app.subheader, *app.caption, *app.markdown]
    tables = [table.value.to_string() for table in app.table]
    written = "\n".join([*(str(element.value) for element in shown), *tables])
    return re.sub(r"\[([^][]*)\]\(#term-[\w-]+\)", r"\1", written)


def problems(app: AppTest) -> list[str]:
    return [str(e.value) for e in [*app.exception, *app.error, *app.warning]]


def unfold(app: AppTest, key: str) -> AppTest:
    """Open a part of the sidebar whose widgets are drawn once it is open."""
    app.session_state[key] = True
    return app.run()


def charts(app: AppTest) -> list[dict[str, Any]]:
    """What each Plotly chart on the page is drawn from."""
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


@pytest.mark.slow
@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("name", PRESETS)  # the outer loop: a network's pages share its parameters
def test_every_page_opens_for_every_preset(open_page, name, slug):
    app = open_page(slug, model=name, size="64")
    assert problems(app) == []
    assert len(app.title) == 1
    assert app.sidebar.selectbox(key="model").value == name
    assert app.sidebar.number_input(key="size").value == 64


def test_the_overview_says_what_network_it_shows(open_page):
    app = open_page(model="resnet50")
    assert "25,557,032 parameters" in texts(app)
    assert "4.089 G" in texts(app)
    assert "50 weighted layers" in texts(app)
    assert "untrained" in "".join(e.value for e in app.info)


@pytest.mark.parametrize(("layer", "leads"), [("layer1.0", True), ("layer1", True), ("fc", False)])
def test_a_block_leads_to_what_is_residual_about_it(open_page, layer, leads):
    app = open_page(layer=layer)
    links = [link.proto.label for link in app.main.get("page_link")]
    assert links == ["Feature maps", *(["Residual"] if leads else []), "Layers", "Diagram"]


@pytest.mark.parametrize("step", range(1, 10))
def test_every_step_of_the_walkthrough_has_a_link(open_page, step):
    app = open_page("walkthrough", model="walkthrough", step=str(step))
    assert problems(app) == []
    assert app.header[0].value.startswith(f"{step}. ")
    shapes = {1: "64 × 107 × 107", 5: "512 × 27 × 27", 8: "2048 × 1 × 1", 9: "1000"}
    if step in shapes:
        assert app.subheader[0].value.endswith(f"→ {shapes[step]}")


def test_walking_forth_and_back(open_page):
    app = open_page("walkthrough", model="walkthrough", step="8")
    button = {b.label: b for b in app.button}
    app = button["Next"].click().run()
    assert app.header[0].value.startswith("9. ")
    assert {b.label: b for b in app.button}["Next"].disabled
    app = {b.label: b for b in app.button}["Previous"].click().run()
    assert app.header[0].value.startswith("8. ")


def test_the_walkthrough_leads_to_the_real_resnet18_and_back(open_page):
    app = open_page("walkthrough", model="walkthrough")
    assert "15,995,176" in texts(app)
    assert "11,689,512" in texts(app)
    app = next(b for b in app.button if "real ResNet-18" in b.label).click().run()
    app = unfold(app, "_input")
    assert app.sidebar.selectbox(key="model").value == "resnet18"
    assert app.sidebar.number_input(key="size").value == 224
    app = next(b for b in app.button if "nine steps" in b.label).click().run()
    assert app.sidebar.selectbox(key="model").value == "walkthrough"
    assert app.sidebar.number_input(key="size").value == 214


@pytest.mark.parametrize("slug", ["overview", "layers", "diagram", "feature_maps"])
@pytest.mark.parametrize("path", ["conv1", "layer3", "layer2.0.downsample.0", "layer4.1.add", "fc"])
def test_a_link_to_a_layer_shows_that_layer(open_page, slug, path):
    app = open_page(slug, layer=path, model="resnet18")
    assert problems(app) == []
    assert app.sidebar.selectbox(key="layer").value == path
    assert path in texts(app)
    row = trace(PRESETS["resnet18"])[path]
    if slug != "feature_maps":
        assert f":gray[:small[Parameters]]  \n**{row.params:,}**" in texts(app)


@pytest.mark.parametrize("level", ["stages", "blocks", "all-blocks", "layers"])
def test_the_diagram_draws_every_level_and_marks_the_layer(open_page, level):
    app = open_page("diagram", level=level, layer="layer2.1.conv2")
    assert problems(app) == []
    source = app.get("graphviz_chart")[0].proto.spec
    assert source.startswith("digraph")
    assert re.search(r'class="?[\w ]*\bselected\b', source)


def test_a_layer_of_vectors_has_maps_of_one_cell(open_page):
    for path in ("avgpool", "flatten", "fc"):
        app = open_page("feature_maps", layer=path)
        assert problems(app) == []
        assert "row" not in next(m.value for m in app.markdown if " holds **" in m.value)


def wall_opening(app: AppTest) -> dict[str, Any]:
    """What the feature wall is told to open with."""
    header, _ = unpack(app.get("bidi_component")[0].proto.bytes)
    opening: dict[str, Any] = header["initial_view"]
    return opening


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("order", SORTS)
def test_feature_maps_in_every_order_and_scale(open_page, order, scale):
    options = {"sort": order, "scale": scale, "show": "dead", "low": "-2.5"}
    app = open_page("feature_maps", model="resnet18", channel="3", cell="5-6", **options)
    assert problems(app) == []
    opening = wall_opening(app)
    del opening["default_position"]
    assert opening == {
        "options": {"sort": order, "scale": scale, "show": "dead", "low": -2.5, "high": 3.0},
        "channel": 3,
        "row": 5,
        "column": 6,
        "pinned": True,
        "options_version": 0,
    }
    assert "**Channel 3** (of 0–63), row 5, column 6 holds" in texts(app)


def test_the_pinned_value_is_exact(open_page):
    path = "layer1.0.conv1"
    asked = {"model": "resnet18", "weights": "random", "layer": path, "picture": "cat"}
    app = open_page("feature_maps", channel="7", cell="50-3", **asked)
    model = load(PRESETS["resnet18"], "random", 224)
    value = capture(model, read_sample("cat"), (path,))[path].values[7, 50, 3]
    said = next(m.value for m in app.markdown if "**Channel 7**" in m.value)
    number = float(said.split("holds **")[1].split("**")[0].replace("−", "-"))
    assert number == pytest.approx(float(value), rel=1e-5)


def test_without_a_pin_the_wall_opens_on_a_lively_channel(open_page):
    opening = wall_opening(open_page("feature_maps", model="resnet18", layer="layer1.0"))
    assert opening["pinned"] is False
    assert (opening["row"], opening["column"]) == (28, 28)


def test_a_change_of_layer_keeps_the_pin_at_its_place_in_the_image(open_page):
    app = open_page("feature_maps", model="resnet18", layer="layer1.0", channel="60", cell="55-13")
    app = app.sidebar.selectbox(key="layer").select("layer4.1").run()
    assert problems(app) == []
    opening = wall_opening(app)
    assert (opening["channel"], opening["row"], opening["column"]) == (60, 6, 1)
    app = app.sidebar.selectbox(key="layer").select("maxpool").run()
    assert wall_opening(app)["channel"] == 60
    assert (wall_opening(app)["row"], wall_opening(app)["column"]) == (52, 12)


def test_a_search_leaves_what_matches(open_page):
    app = open_page("layers", find="downsample conv")
    rows = json.loads(app.get("bidi_component")[0].proto.json)["rows"]
    # the projections of stages 2, 3 and 4
    assert rows["path"] == [f"layer{n}.0.downsample.0" for n in (2, 3, 4)]
    assert problems(open_page("layers", find="no such thing")) == []


@pytest.mark.parametrize(
    ("query", "said", "unsaid"),
    [
        ({"model": "plain18"}, "relu(F(x))", "F(x) + x"),
        ({"model": "resnet20"}, "channels of zeros", "projection"),
        ({"model": "resnet18"}, "projection", "zeros"),
        ({"model": "resnet18", "layer": "layer2.0.conv1"}, "stride 2", "groups"),
        ({"layer": "layer2.1.conv1"}, "filters", "stride 2"),
        ({"model": "resnext50_32x4d", "layer": "layer1.0.conv2"}, "groups", "1 × 1"),
        ({"model": "resnet50", "layer": "layer1.0.conv1"}, "1 × 1", "groups"),
        (
            {"model": "resnet50", "layer": "layer1.1.bn3"},
            "x is not in it yet, but added in **layer1.1.add**",
            "the end of the branch",
        ),
        (
            {"model": "resnet50", "layer": "layer1.0.add"},
            "adds **layer1.0.bn3**, the end of the branch, and **layer1.0.downsample.1**",
            "x is not in it yet",
        ),
        ({"model": "resnet18", "layer": "layer1.0.shortcut"}, "which **layer1.0.add** adds", "yet"),
        ({"model": "plain18", "layer": "layer1.0.bn2"}, "channel", "x is not in it yet"),
    ],
)
def test_words_are_true_of_the_very_layer(open_page, query, said, unsaid):
    app = open_page("diagram", **query)
    words = "\n".join(element.value for element in app.main.markdown)
    assert said in words
    assert unsaid not in words
