"""The filters page for every kind of layer, and the effective receptive field on Feature maps."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.effective_field import effective_field
from resnet_viz.analysis.filters import Histogram, NormParameters, kernels, stem_kernels
from resnet_viz.analysis.trace import trace
from resnet_viz.figures import filters as figures
from resnet_viz.figures.fields import heat_over
from resnet_viz.figures.palette import LIGHT
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui import filters_panel, shell
from resnet_viz.weights.sources import load
from tests.ui.test_pages import problems, texts

SHAPES = {"model": "shapes", "picture": "star"}


@pytest.fixture(scope="module")
def shapes():
    return load(PRESETS["shapes"], "bundled", 128)


def charts(app) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def picture(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.mark.parametrize("name", ["resnet20", "plain18", "resnext50_32x4d", "resnet50"])
def test_every_kind_of_network_opens_and_untrained_filters_are_called_noise(open_page, name):
    app = open_page("filters", model=name, weights="random", size="64", layer="layer2.0.conv2")
    assert problems(app) == []
    assert "every tile is noise" in texts(app)
    assert len(app.get("image")) == 3  # the stem, the kernels, their scale


def test_trained_filters_are_not_called_noise(open_page):
    app = open_page("filters", **SHAPES)
    assert problems(app) == []
    assert "every tile is noise" not in texts(app)
    assert "conv1: 16 filters, 7 × 7 × 3 each" in app.get("image")[0].proto.imgs[0].caption


@pytest.mark.parametrize(
    ("path", "says", "count"),
    [
        ("conv1", "One filter is a stack of kernels", 1),
        ("layer1.0", "shown is its first convolution", 1),
        ("layer2", "shown is its first convolution", 1),
        ("layer2.0.downsample.0", "weighted sum of the channels", 2),
        ("bn1", "No channel is dead", 1),
        ("fc", "speaks most for **circle**", 2),
        ("relu", "ReLU has no weights", 0),
        ("layer1.0.add", "Add has no weights", 0),
        ("layer1.0.downsample", "Identity has no weights", 0),
        ("maxpool", "MaxPool2d has no weights", 0),
        ("flatten", "Flatten has no weights", 0),
    ],
)
def test_every_kind_of_layer(open_page, path, says, count):
    app = open_page("filters", layer=path, **SHAPES)
    assert problems(app) == []
    assert says in texts(app)
    assert len(charts(app)) == count


def test_a_layer_without_weights_leads_to_the_convolution_before_it(open_page):
    app = open_page("filters", layer="layer3.1.relu1", **SHAPES)
    app = next(b for b in app.main.button if b.label == "Show layer3.1.conv1").click().run()
    assert problems(app) == []
    assert app.sidebar.selectbox(key="layer").value == "layer3.1.conv1"
    assert "layer3.1.conv1 · Conv2d" in texts(app)


@pytest.mark.parametrize("name", PRESETS)
def test_every_layer_of_every_preset_has_a_view(name):
    traced = trace(PRESETS[name])
    for path in traced.paths:
        row = filters_panel.subject(traced, path)
        if row.weights:
            assert row.kind in filters_panel._KINDS
        else:
            nearest = traced[filters_panel.nearest_convolution(traced, row)]
            assert (nearest.kind, nearest.order < row.order) == ("Conv2d", True)


def test_a_link_restores_the_filter_and_one_too_many_is_said(open_page, shapes):
    asked = {"layer": "layer2.1.conv1", **SHAPES}
    app = open_page("filters", filter="7", **asked)
    assert problems(app) == []
    assert app.main.number_input(key="filter").value == 7
    largest = kernels(shapes, "layer2.1.conv1", 7).max()
    assert f"**{largest:.4g}**" in texts(app)
    app = open_page("filters", filter="99", **asked)
    assert not app.exception
    assert "0 to 31 is accepted" in app.warning[0].value


def test_a_layer_with_fewer_filters_takes_the_last(open_page):
    app = open_page("filters", filter="127", layer="layer4.1.conv1", **SHAPES)
    app = app.sidebar.selectbox(key="layer").select("conv1").run()
    assert problems(app) == []
    assert app.main.number_input(key="filter").value == 15


def test_a_class_by_name_and_a_link_restores_it(open_page, shapes):
    app = open_page("filters", layer="fc", **SHAPES)
    names = app.main.selectbox(key="class").options
    app = app.main.selectbox(key="class").select(names[3]).run()
    assert problems(app) == []
    matrix = shapes.module.fc.weight.numpy()
    bars = charts(app)[0]["data"][0]
    assert bars["x"][0] == str(matrix[3].argmax())
    assert bars["x"][-1] == str(matrix[3].argmin())
    linked = open_page("filters", layer="fc", **{"class": names[3]}, **SHAPES)
    assert charts(linked)[0] == charts(app)[0]
    linked = linked.sidebar.selectbox(key="model").select("resnet20").run()
    assert problems(linked) == []
    assert linked.main.selectbox(key="class").value.startswith("0 ")


def test_the_statistics_come_when_asked_one_kind_at_a_time(open_page):
    assert len(open_page("filters", **SHAPES).table) == 0
    app = open_page("filters", statistics="true", **SHAPES)
    rows = trace(PRESETS["shapes"]).layers
    assert list(app.table[0].value["layer"]) == [r.path for r in rows if r.kind == "Conv2d"]
    app = open_page("filters", statistics="true", kind="Linear", **SHAPES)
    assert problems(app) == []
    assert list(app.table[0].value["weights"]) == ["1,536"]


def test_a_network_too_large_to_run_is_one_sentence(open_page):
    app = open_page("filters", model="resnet50", width="512", repeats="3-8-36-3")
    assert not app.exception
    assert "can be run here" in app.error[0].value


def test_a_wall_shows_every_weight_as_a_square_and_the_page_between(shapes):
    colours = stem_kernels(shapes)
    wall = picture(figures.stem_wall(colours))  # eight in a row, two rows
    zoom = wall.shape[1] // 8 // 7
    while (wall[: 7 * zoom, : 7 * zoom, 3] == 0).any():
        zoom -= 1
    tile = wall[: 7 * zoom : zoom, : 7 * zoom : zoom, :3]
    np.testing.assert_array_equal(tile, (colours[0] * 255).round().transpose(1, 2, 0))
    assert (wall[..., 3] == 0).any()
    assert wall[-1, -1, 3] == 255


def test_the_colour_scale_of_kernels_ends_at_the_largest_weight_and_is_white_at_zero():
    values = np.array([[[0.0]], [[-2.0]], [[1.0]]], np.float32)
    wall = picture(figures.kernel_wall(values))
    zero, low, half = (wall[0, at] for at in (0, wall.shape[1] // 2, wall.shape[1] - 1))
    assert min(zero[:3]) > 240
    assert low[2] > low[0]  # blue, the end of the scale
    assert half[0] > half[2]  # red
    assert figures.colour_ends(values) == ("−2", "+2")
    assert not np.isnan(picture(figures.kernel_wall(np.zeros((2, 3, 3), np.float32)))).any()


@pytest.mark.parametrize(("count", "across"), [(1, 1), (3, 3), (64, 8), (65, 9), (2048, 46)])
def test_walls_do_not_grow_long(count, across):
    assert figures.columns(count) == across


def test_norm_charts_keep_a_channels_four_numbers_below_each_other():
    four = [np.array(v, np.float32) for v in ([0.1, -3, 2], [1, 2, 3], [4, 5, 6], [7, 8, 9])]
    bars = figures.norm_chart(NormParameters(*four, 1e-5), LIGHT, hue="#000000").data
    assert [list(b.y) for b in bars[1:]] == [[2, 3, 1], [5, 6, 4], [8, 9, 7]]
    assert list(bars[0].customdata) == [1, 2, 0]


def test_the_bars_of_a_histogram_stand_between_their_edges():
    counted = Histogram(np.array([0.0, 1.0, 2.0]), np.array([4, 6]))
    bars = figures.histogram(counted, LIGHT, hue="#000000").data[0]
    assert (list(bars.x), list(bars.y), list(bars.width)) == ([0.5, 1.5], [4, 6], [1, 1])


def test_heat_leaves_the_picture_where_nothing_counts():
    rgb = np.full((2, 2, 3), 200, np.uint8)
    mixed = heat_over(rgb, np.array([[0, 1], [0, 4]], np.float32))
    np.testing.assert_array_equal(mixed[0, 0], [100, 100, 100])
    assert tuple(mixed[1, 1]) == (253, 231, 37)  # the end of viridis
    np.testing.assert_array_equal(heat_over(rgb, np.zeros((2, 2), np.float32)), rgb // 2)


def test_the_effective_field_comes_when_asked(open_page, shapes):
    asked = {"layer": "layer1.0.conv1", "channel": "3", "cell": "20-12", **SHAPES}
    app = open_page("feature_maps", **asked)
    assert "Theoretical field" not in texts(app)
    app = app.main.toggle(key="erf").set_value(True).run()
    assert problems(app) == []
    linked = open_page("feature_maps", erf="true", **asked)
    field = effective_field(shapes, read_sample("star"), "layer1.0.conv1", 3, 20, 12)
    for page in (app, linked):
        assert f"**{field.side} px**" in texts(page)
        assert f"**{field.side_holding(0.95):.0f} px**" in texts(page)
        assert len(page.get("image")) == 3


def test_a_cell_that_is_switched_off_leads_to_one_that_is_not(open_page, shapes):
    values = capture(shapes, read_sample("star"), ("layer2.0",))["layer2.0"].values[8]
    row, column = np.argwhere(values == 0)[0]
    cell = {"layer": "layer2.0", "channel": "8", "cell": f"{row}-{column}"}
    app = open_page("feature_maps", erf="true", **cell, **SHAPES)
    assert problems(app) == []
    assert any("switched it off" in info.value for info in app.info)
    app = next(b for b in app.main.button if "strongest cell" in b.label).click().run()
    assert problems(app) == []
    assert f"holds **{values.max():.7g}**" in texts(app)
    assert "Theoretical field" in texts(app)


def test_the_page_stands_after_the_feature_maps():
    slugs = [page.slug for page in shell.PAGES]
    assert slugs.index("feature_maps") < slugs.index("filters") < slugs.index("predict")
