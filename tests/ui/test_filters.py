"""The filters page for every kind of layer, and the effective receptive field on Feature maps."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.effective_field import effective_field
from resnet_viz.analysis.filters import Histogram, NormParameters, kernels, stem_kernels
from resnet_viz.analysis.trace import trace
from resnet_viz.figures import filters as figures
from resnet_viz.figures.fields import could_see, does_see, heat_over, surroundings
from resnet_viz.figures.palette import LIGHT
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui.filters import filters_panel, weights_panel
from resnet_viz.ui.state import pages
from resnet_viz.weights.sources import load
from tests.ui.test_pages import charts, problems, texts

SHAPES = {"model": "shapes", "picture": "star"}


@pytest.fixture(scope="module")
def shapes():
    return load(PRESETS["shapes"], "bundled", 128)


def numbers_of(axis: Any) -> np.ndarray:
    """Values as Plotly sends them: a list, or bytes with their type."""
    if isinstance(axis, list):
        return np.array(axis)
    return np.frombuffer(base64.b64decode(axis["bdata"]), axis["dtype"])


def image(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.mark.parametrize("name", ["resnet20", "plain18", "resnext50_32x4d", "resnet50"])
def test_every_kind_of_network_opens_and_untrained_filters_are_called_noise(open_page, name):
    app = open_page("filters", model=name, weights="random", size="64", layer="layer2.0.conv2")
    assert problems(app) == []
    assert "every tile is noise" in texts(app)
    assert "looks for first" not in texts(app)
    assert len(app.get("image")) == 3  # the stem, the kernels, their scale


def test_trained_filters_are_not_called_noise(open_page):
    app = open_page("filters", **SHAPES)
    assert problems(app) == []
    assert "every tile is noise" not in texts(app)
    assert "looks for first" in texts(app)
    assert "conv1: 16 filters, 7 × 7 × 3 each" in app.get("image")[0].proto.imgs[0].caption


@pytest.mark.parametrize(
    ("path", "says", "count"),
    [
        ("conv1", "One filter is a stack of kernels", 1),
        ("layer1.0", "shown is its first convolution", 1),
        ("layer2", "shown is its first convolution", 1),
        ("layer2.0.downsample.0", "weighted sum of the channels", 2),
        ("bn1", "No channel is dead", 1),
        ("fc", "has the largest weight for **circle**", 2),
        ("relu", "ReLU has no weights", 0),
        ("layer1.0.add", "Add has no weights", 0),
        ("layer1.0.shortcut", "Identity has no weights", 0),
        ("maxpool", "MaxPool2d has no weights", 0),
        ("flatten", "Flatten has no weights", 0),
    ],
)
def test_every_kind_of_layer(open_page, path, says, count):
    app = open_page("filters", layer=path, **SHAPES)
    assert problems(app) == []
    assert says in texts(app)
    assert len(charts(app)) == 1 + count  # the lengths of the stem's filters


def test_what_is_said_of_a_norm_is_true_of_its_weights(open_page):
    """Which of an untrained network was measured and not learned, and has no channel to lose."""
    app = open_page("filters", layer="layer1.0.bn2", **SHAPES)
    assert "were collected in training" in texts(app)
    drawn = {"model": "resnet20", "weights": "random", "layer": "layer1.0.bn2"}
    for query, says in ((drawn, "**1 … 1**"), (drawn | {"zero_init": "true"}, "**0 … 0**")):
        app = open_page("filters", **query)
        assert problems(app) == []
        assert says in texts(app)  # γ
        assert "Nothing of this was learned" in texts(app)
        assert "were collected in training" not in texts(app)
        assert "dead" not in texts(app)


def test_the_stems_filters_can_be_put_on_one_scale_and_a_link_restores_it(open_page, shapes):
    app = open_page("filters", **SHAPES)
    assert "each on its own scale" in app.get("image")[0].proto.imgs[0].caption
    app = app.main.toggle(key="one_scale").set_value(True).run()
    linked = open_page("filters", one_scale="true", **SHAPES)
    for page in (app, linked):
        assert problems(page) == []
        assert "all on one scale" in page.get("image")[0].proto.imgs[0].caption
    lengths = shapes.module.conv1.weight.flatten(1).norm(dim=1)
    np.testing.assert_allclose(numbers_of(charts(app)[0]["data"][0]["y"]), lengths, rtol=1e-6)


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
    bars = charts(app)[1]["data"][0]
    order = [str(channel) for channel in np.argsort(-matrix[3], kind="stable")]
    assert bars["x"] == [*order[:12], "…", *order[-12:]]
    assert "The 12 channels strongest for and the 12 strongest against, of 128." in texts(app)
    linked = open_page("filters", layer="fc", **{"class": names[3]}, **SHAPES)
    assert charts(linked)[1] == charts(app)[1]
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


def test_the_statistics_of_a_deep_network_show_every_row(open_page, monkeypatch):
    asked = {"model": "resnet110", "weights": "random", "statistics": "true"}
    app = open_page("filters", **asked)
    assert problems(app) == []
    assert len(app.table[0].value) == 109  # 1 + 3 · 18 · 2; its shortcuts have none
    assert "109 layers of kind Conv2d" in texts(app)
    monkeypatch.setattr(weights_panel, "_MOST", 50)
    app = open_page("filters", **asked)
    assert len(app.table[0].value) == 50
    assert "The first 50 of 109 layers of kind Conv2d" in texts(app)


def test_a_network_too_large_to_run_is_one_sentence(open_page):
    app = open_page("filters", model="resnet50", width="512", repeats="3-8-36-3")
    assert not app.exception
    assert "can be run here" in app.error[0].value
    assert "Middle grey is zero" not in texts(app)


def test_a_wall_shows_every_weight_as_a_square_and_the_page_between(shapes):
    colours = stem_kernels(shapes)
    wall = image(figures.stem_wall(colours))  # 4 × 4
    zoom = wall.shape[1] // 4 // 7
    while (wall[: 7 * zoom, : 7 * zoom, 3] == 0).any():
        zoom -= 1
    tile = wall[: 7 * zoom : zoom, : 7 * zoom : zoom, :3]
    np.testing.assert_array_equal(tile, (colours[0] * 255).round().transpose(1, 2, 0))
    assert (wall[..., 3] == 0).any()
    assert wall[-1, -1, 3] == 255
    assert wall.shape[0] == wall.shape[1]


def test_the_colour_scale_of_kernels_ends_at_the_largest_weight_and_is_white_at_zero():
    values = np.array([[[0.0]], [[-2.0]], [[1.0]]], np.float32)
    wall = image(figures.kernel_wall(values))
    zero, low, half = (wall[0, at] for at in (0, wall.shape[1] // 2, wall.shape[1] - 1))
    assert min(zero[:3]) > 240
    assert low[2] > low[0]  # blue, the end of the scale
    assert half[0] > half[2]  # red
    assert figures.colour_ends(values) == ("−2", "+2")
    nothing = image(figures.kernel_wall(np.zeros((1, 3, 3), np.float32)))
    assert nothing[..., :3].min() > 240  # white


@pytest.mark.parametrize(("count", "across"), [(1, 1), (3, 3), (64, 8), (65, 9), (2048, 46)])
def test_walls_do_not_grow_long(count, across):
    assert figures.columns(count) == across


@pytest.mark.parametrize(("count", "across"), [(1, 1), (3, 2), (16, 4), (17, 5), (64, 8)])
def test_the_stems_wall_is_near_a_square(count, across):
    assert figures.stem_columns(count) == across


def test_norm_charts_keep_a_channels_four_numbers_below_each_other():
    weight, bias, mean, variance = (
        np.array(v, np.float32) for v in ([0.1, -3, 2], [1, 2, 3], [4, 5, 6], [7, 8, 9])
    )
    parameters = NormParameters(weight, bias, mean, variance, 1e-5)
    bars = figures.norm_chart(parameters, LIGHT, hue="#000000").data
    assert [list(b.y) for b in bars[1:]] == [[2, 3, 1], [5, 6, 4], [8, 9, 7]]
    for row in bars:
        assert list(row.x) == ["1", "2", "0"]


def test_a_norms_row_of_zeros_says_so_and_has_no_scale():
    ones, zeros = np.ones(64, np.float32), np.zeros(64, np.float32)
    chart = figures.norm_chart(NormParameters(ones, zeros, ones, ones, 1e-5), LIGHT, hue="#000000")
    assert [note.text for note in chart.layout.annotations] == ["β: all 0"]
    layout = chart.layout
    shown = [layout[axis].showticklabels for axis in ("yaxis", "yaxis2", "yaxis3", "yaxis4")]
    assert shown == [True, False, True, True]
    low, high = layout.yaxis2.domain
    assert low < layout.annotations[0].y < high


@pytest.mark.parametrize(("count", "step"), [(16, 1), (25, 1), (26, 2), (64, 3), (2048, 82)])
def test_channels_are_named_as_far_as_there_is_room(count, step):
    chart = figures.length_bars(np.ones(count), LIGHT)
    assert chart.layout.xaxis.dtick == step
    assert count / step <= 25


def test_the_bars_of_a_histogram_stand_between_their_edges():
    counted = Histogram(np.array([0.0, 1.0, 2.0]), np.array([4, 6]))
    bars = figures.histogram(counted, LIGHT, hue="#000000").data[0]
    assert (list(bars.x), list(bars.y), list(bars.width)) == ([0.5, 1.5], [4, 6], [1, 1])


def test_heat_leaves_the_image_where_nothing_counts():
    rgb = np.full((2, 2, 3), 200, np.uint8)
    mixed = heat_over(rgb, np.array([[0, 1], [0, 4]], np.float32))
    np.testing.assert_array_equal(mixed[0, 0], [100, 100, 100])
    assert tuple(mixed[1, 1]) == (253, 231, 37)  # the end of viridis
    np.testing.assert_array_equal(heat_over(rgb, np.zeros((2, 2), np.float32)), rgb // 2)


@pytest.mark.parametrize(
    ("box", "view"),
    [
        ((50, 60, 57, 67), (43, 53, 64, 74)),  # three times as wide, about its middle
        ((0, 60, 7, 67), (0, 53, 21, 74)),  # moved onto the image
        ((124, 125, 128, 128), (116, 116, 128, 128)),
        ((50, 50, 72, 72), (0, 0, 128, 128)),  # 6 · 22 is more than 128
    ],
)
def test_near_a_small_field_only_its_surroundings_are_shown(box, view):
    assert surroundings(box, 128) == view


def test_both_images_of_a_field_show_the_same_part_with_its_frames():
    rgb = np.zeros((128, 128, 3), np.uint8)
    heat = np.zeros((128, 128), np.float32)
    heat[63, 53] = 1  # the middle of the field
    field, view = (50, 60, 57, 67), (43, 53, 64, 74)
    could = could_see(rgb, field, view, "#ff0000")
    does = does_see(rgb, heat, (field, (52, 62, 55, 65)), view, "#ff0000")
    assert could.shape == does.shape
    zoom = len(could) // 21
    middle = round(10.5 * zoom)
    assert tuple(does[middle, middle]) == (253, 231, 37)  # the end of viridis
    assert tuple(could[7 * zoom, middle]) == (255, 0, 0)  # the theoretical field's upper edge
    assert tuple(does[7 * zoom, middle]) == (255, 255, 255)
    assert tuple(does[9 * zoom, middle]) == (255, 0, 0)  # the effective one's


def test_a_field_wider_than_the_image_says_how_much_of_it_lies_on_it(open_page, shapes):
    app = open_page(
        "feature_maps", erf="true", layer="layer4.1", channel="14", cell="2-2", **SHAPES
    )
    assert problems(app) == []
    captions = [image.caption for shown in app.get("image") for image in shown.proto.imgs]
    assert "could: 435 × 435 px, of which 128 × 128 px lie on the image" in captions
    field = effective_field(shapes, read_sample("star"), "layer4.1", 14, 2, 2)
    left, top, right, bottom = field.square(field.side_holding(0.95))
    share = (right - left) * (bottom - top) / 128**2
    assert f"**{100 * share:.1f} %**" in texts(app)


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
    assert any("a ReLU that is off" in info.value for info in app.info)
    app = next(b for b in app.main.button if "strongest cell" in b.label).click().run()
    assert problems(app) == []
    assert f"holds **{values.max():.7g}**" in texts(app)
    assert "Theoretical field" in texts(app)


def test_the_page_stands_after_the_feature_maps():
    slugs = [page.slug for page in pages.PAGES]
    assert slugs.index("feature_maps") < slugs.index("filters") < slugs.index("predict")
