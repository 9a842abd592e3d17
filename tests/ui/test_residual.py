"""The residual page: a block taken apart, surgery that changes the answer, the lesion study."""

import json

import pytest

from resnet_viz.analysis.lesions import lesion_study
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui import shell
from resnet_viz.weights.sources import load
from tests.ui.test_pages import problems, texts

SHAPES = {"model": "shapes", "picture": "star"}


def charts(app) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def answers(app) -> list[dict]:
    """Before and after: the probabilities of the top classes, by label."""
    bars = [chart["data"][0] for chart in charts(app)]
    return [dict(zip(b["y"], b["text"], strict=True)) for b in bars if b.get("orientation") == "h"]


def button(app, beginning: str):
    return next(b for b in app.main.button if b.label.startswith(beginning))


def outcome(app) -> str:
    words = [m.value for m in app.main.markdown]
    return next(w for w in words if "goes from" in w or "Nothing is changed" in w)


@pytest.mark.parametrize("name", ["resnet20", "plain18", "resnext50_32x4d", "walkthrough"])
def test_every_kind_of_network_opens(open_page, name):
    app = open_page("residual", model=name, size="64", layer="layer2.0")
    assert problems(app) == []
    plain = PRESETS[name].shortcut == "none"
    # x, F(x), x + F(x), ReLU or F(x), ReLU; the colour bar; the last stage before and after.
    assert len(app.main.get("image")) == (5 if plain else 7)
    assert ("no shortcuts" in texts(app)) == plain
    assert ("What every block adds" in texts(app)) != plain
    assert ("Lesion study" in texts(app)) != plain
    if not plain:
        kind = PRESETS[name].shortcut
        assert ("every second cell" in texts(app)) == (kind == "zero-pad")
        assert ("the projection, brings it" in texts(app)) == (kind == "projection")


@pytest.mark.parametrize(
    ("layer", "block"),
    [
        ("conv1", "layer1.0"),
        ("fc", "layer1.0"),
        ("layer3", "layer3.0"),
        ("layer2.1", "layer2.1"),
        ("layer2.1.conv2", "layer2.1"),
        ("layer4.0.downsample.0", "layer4.0"),
    ],
)
def test_a_layer_leads_to_its_block(open_page, layer, block):
    app = open_page("residual", layer=layer, **SHAPES)
    assert problems(app) == []
    assert app.main.selectbox[0].value == block
    assert f"Surgery on {block}" in texts(app)
    assert (f"{layer} is no block" in texts(app)) == ("." not in layer)


def test_choosing_a_block_selects_it(open_page):
    app = open_page("residual", **SHAPES)
    app = app.main.selectbox[0].select("layer3.1").run()
    assert problems(app) == []
    assert app.sidebar.selectbox(key="layer").value == "layer3.1"
    assert "Surgery on layer3.1" in texts(app)


def test_the_untouched_network_gives_the_same_answer_twice(open_page):
    app = open_page("residual", alpha="1", **SHAPES)
    before, after = answers(app)
    assert before == after
    assert "Nothing is changed" in outcome(app)


@pytest.mark.parametrize("operation", ["remove", "swap with the next", "cut its shortcut"])
def test_surgery_changes_the_answer_and_a_link_restores_it(open_page, operation):
    app = open_page("residual", **SHAPES)
    app = app.main.get("button_group")[0].set_value(operation).run()
    assert problems(app) == []
    before, after = answers(app)
    assert before != after
    assert outcome(app).startswith("**star** goes from")
    linked = open_page("residual", operation=operation, **SHAPES)
    assert answers(linked) == [before, after]
    linked = button(linked, "Reset").click().run()
    assert answers(linked) == [before, before]


def test_alpha_changes_the_answer_and_a_link_restores_it(open_page):
    app = open_page("residual", layer="layer3.1", **SHAPES)
    app = app.main.select_slider(key="alpha").set_value("0.25").run()
    before, after = answers(app)
    assert before != after
    linked = open_page("residual", layer="layer3.1", alpha="0.25", **SHAPES)
    assert linked.main.select_slider(key="alpha").value == "0.25"
    assert answers(linked) == [before, after]
    linked = button(linked, "Reset").click().run()
    assert answers(linked) == [before, before]


@pytest.mark.parametrize("query", [{"alpha": "7"}, {"alpha": "much"}, {"operation": "amputate"}])
def test_a_link_that_asks_for_too_much_shows_the_untouched_network(open_page, query):
    app = open_page("residual", **query, **SHAPES)
    assert not app.exception
    assert not app.error
    assert next(iter(query.values())) in "".join(w.value for w in app.warning)
    before, after = answers(app)
    assert before == after


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"layer": "layer1.1", "operation": "swap with the next"}, "last block of its stage"),
        ({"layer": "layer2.0", "operation": "swap with the next"}, "cannot change places"),
        ({"model": "shapes_plain", "operation": "remove"}, "plain block"),
        ({"model": "shapes_plain", "operation": "cut its shortcut"}, "plain block"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_the_page_goes_on(open_page, query, said):
    app = open_page("residual", **SHAPES | query)
    assert not app.exception
    assert len(app.error) == 1
    assert said in app.error[0].value
    assert button(app, "Reset")


def test_a_network_too_large_to_run_is_one_sentence(open_page):
    app = open_page("residual", model="resnet50", width="512", repeats="3-8-36-3")
    assert not app.exception
    assert len(app.error) == 1
    assert "can be run here" in app.error[0].value


def test_the_lesion_study_runs_when_asked_and_stays_until_the_picture_changes(open_page):
    app = open_page("residual", **SHAPES)
    assert len(charts(app)) == 3
    app = button(app, "Remove each block in turn: 9 forward passes").click().run()
    assert problems(app) == []
    lesions = lesion_study(load(PRESETS["shapes"], "bundled", 128), read_sample("star"))
    bars = next(c["data"][0] for c in charts(app) if "annotations" in c["layout"])
    assert bars["x"] == [lesion.path for lesion in lesions]
    assert bars["y"] == pytest.approx([lesion.probability for lesion in lesions], rel=1e-6)
    assert f"{sum(lesion.survived for lesion in lesions)} of 8" in texts(app)
    app = app.sidebar.selectbox(key="layer").select("layer4.0").run()
    assert len(charts(app)) == 4
    app = app.sidebar.selectbox(key="picture").select("heart").run()
    assert len(charts(app)) == 3


def test_the_page_stands_after_the_feature_maps():
    slugs = [page.slug for page in shell.PAGES]
    assert slugs.index("feature_maps") < slugs.index("residual") < slugs.index("predict")
