"""The residual page: a block taken apart, ablation that changes the answer, the lesion study."""

from dataclasses import replace
from typing import NoReturn

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, ButtonGroup

from resnet_viz.analysis import passes
from resnet_viz.analysis.ablation import Ablation, capture_ablated
from resnet_viz.analysis.lesions import lesion_study
from resnet_viz.analysis.residual import block_view, residual_ratios
from resnet_viz.analysis.residual_records import Lesion, SetLesions
from resnet_viz.analysis.set_lesions import SetLesionJob
from resnet_viz.errors import WeightsError
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.store import STORE
from resnet_viz.training.rendered import RenderedImages, Split
from resnet_viz.ui.residual import lesion_panel, set_lesion_panel
from resnet_viz.ui.shared import asked_job
from resnet_viz.ui.state import cache, pages, session
from resnet_viz.weights.sources import load
from tests.ui.test_controls import warnings
from tests.ui.test_pages import charts, problems, texts

SHAPES = {"model": "shapes", "picture": "star"}


def answers(app: AppTest) -> list[dict[str, str]]:
    """Before and after: percentage and logit of the top classes, by label."""
    pairs = next(c for c in charts(app) if c["data"][0].get("name") == "Untouched")
    return [dict(zip(b["customdata"], b["text"], strict=True)) for b in pairs["data"]]


def logits(answer: dict[str, str]) -> dict[str, float]:
    """The logits that are written beside the percentages."""
    return {
        label: float(words.split("logit ")[1].replace("−", "-")) for label, words in answer.items()
    }


def captions(app: AppTest) -> str:
    return "\n".join(c.value for c in app.main.caption)


def operations(app: AppTest) -> list[str]:
    group = app.main.get("button_group")[0]
    assert isinstance(group, ButtonGroup)
    return group.options


def button(app: AppTest, beginning: str) -> Button:
    return next(b for b in app.main.button if b.label.startswith(beginning))


def outcome(app: AppTest) -> str:
    words: list[str] = [m.value for m in app.main.markdown]
    return next(w for w in words if "goes from" in w or "Nothing is changed" in w)


def studied(app: AppTest, slot: asked_job.Asked = session.STUDY) -> AppTest:
    """The page once its lesion study, which runs in the background, is through."""
    _, job = app.session_state[slot.key]
    assert job.wait(60).state == "done"
    return app.run()


@pytest.mark.parametrize("name", ["resnet20", "plain18", "resnext50_32x4d", "walkthrough"])
def test_every_kind_of_network_opens(open_page, name):
    app = open_page("residual", model=name, size="64", layer="layer2.0")
    assert problems(app) == []
    plain = PRESETS[name].shortcut == "none"
    # x, F(x), x + F(x), ReLU or F(x), ReLU; a block before and after; two colour bars.
    assert len(app.main.get("image")) == (6 if plain else 8)
    assert ("no shortcuts" in texts(app)) == plain
    assert ("What every block adds" in texts(app)) != plain
    assert ("Lesion study" in texts(app)) != plain
    if not plain:
        kind = PRESETS[name].shortcut
        assert ("every second cell" in texts(app)) == (kind == "zero-pad")
        assert ("the projection, which mixes x" in texts(app)) == (kind == "projection")
        assert "x along unchanged" not in texts(app)


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
    assert f"Ablation of {block}" in texts(app)
    assert (f"{layer} is no block" in texts(app)) == ("." not in layer)


def test_choosing_a_block_selects_it(open_page):
    app = open_page("residual", **SHAPES)
    app = app.main.selectbox[0].select("layer3.1").run()
    assert problems(app) == []
    assert app.sidebar.selectbox(key="layer").value == "layer3.1"
    assert "Ablation of layer3.1" in texts(app)


def test_the_untouched_network_gives_the_same_answer_twice(open_page):
    app = open_page("residual", alpha="1", **SHAPES)
    before, after = answers(app)
    assert before == after
    assert "Nothing is changed" in outcome(app)


@pytest.mark.parametrize("operation", ["remove", "swap", "cut its shortcut"])
def test_ablation_changes_the_answer_and_a_link_restores_it(open_page, operation):
    app = open_page("residual", **SHAPES)
    app = app.main.get("button_group")[0].set_value(operation).run()
    assert problems(app) == []
    before, after = answers(app)
    assert before != after
    assert outcome(app).startswith("**star** goes from")
    linked = open_page("residual", operation=operation, **SHAPES)
    assert answers(linked) == [before, after]
    linked = button(linked, "Reset").click().run()
    was, now = answers(linked)
    assert was == now == {label: before[label] for label in was}
    assert len(was) == 5


def test_alpha_changes_the_answer_and_a_link_restores_it(open_page):
    app = open_page("residual", layer="layer3.1", **SHAPES)
    app = app.main.select_slider(key="alpha").set_value("0.25").run()
    before, after = answers(app)
    assert before != after
    linked = open_page("residual", layer="layer3.1", alpha="0.25", **SHAPES)
    assert linked.main.select_slider(key="alpha").value == "0.25"
    assert answers(linked) == [before, after]
    linked = button(linked, "Reset").click().run()
    was, now = answers(linked)
    assert was == now == {label: before[label] for label in was}
    assert len(was) == 5


@pytest.mark.parametrize("query", [{"alpha": "7"}, {"alpha": "much"}, {"operation": "amputate"}])
def test_a_link_that_asks_for_too_much_shows_the_untouched_network(open_page, query):
    app = open_page("residual", **query, **SHAPES)
    assert not app.exception
    assert not app.error
    assert next(iter(query.values())) in "".join(w.value for w in app.warning)
    before, after = answers(app)
    assert before == after


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ({"layer": "layer1.0"}, ["none", "remove", "swap", "cut its shortcut"]),
        ({"layer": "layer1.1"}, ["none", "remove", "swap", "cut its shortcut"]),
        ({"layer": "layer2.0"}, ["none", "remove", "cut its shortcut"]),
        ({"model": "shapes_plain", "layer": "layer1.0"}, ["none", "swap"]),
        ({"model": "shapes_plain", "layer": "layer2.1"}, ["none"]),
    ],
)
def test_only_what_can_be_done_to_a_block_is_offered(open_page, query, offered):
    app = open_page("residual", **SHAPES | query)
    assert operations(app) == offered
    assert ("cannot change places" in captions(app)) == ("swap" not in offered)
    assert ("cannot be removed or weakened" in captions(app)) == ("remove" not in offered)


@pytest.mark.parametrize(
    "query",
    [
        {"layer": "layer1.0", "operation": "swap with the next"},  # of an earlier version
        {"layer": "layer2.0", "operation": "swap"},
        {"model": "shapes_plain", "operation": "remove"},
    ],
)
def test_a_link_to_what_cannot_be_done_is_refused_in_one_sentence(open_page, query):
    app = open_page("residual", **SHAPES | query)
    assert not app.exception
    assert not app.error
    assert [query["operation"] in w.value for w in app.warning] == [True]
    assert "Nothing is changed" in outcome(app)
    assert "operation" not in app.query_params


def test_an_operation_that_the_next_block_does_not_know_ends_with_one_sentence(open_page):
    app = open_page("residual", layer="layer1.0", operation="swap", **SHAPES)
    assert problems(app) == []
    app = app.main.selectbox[0].select("layer2.0").run()
    assert [("layer2.0" in w.value, "swap" in w.value) for w in app.warning] == [(True, True)]
    assert "Nothing is changed" in outcome(app)
    app = app.main.selectbox[0].select("layer1.1").run()
    assert problems(app) == []


def test_a_block_changes_places_with_one_of_its_shapes(open_page):
    resnet = {"model": "resnet20", "weights": "random", "picture": "star", "operation": "swap"}
    app = open_page("residual", layer="layer2.1", **resnet)
    assert app.main.selectbox(key="partner").options == ["layer2.2"]
    # either way round it is the same exchange
    other = open_page("residual", layer="layer2.2", partner="layer2.1", **resnet)
    assert answers(other) == answers(app)
    first = open_page("residual", layer="layer1.0", **resnet)
    assert first.main.selectbox(key="partner").value == "layer1.1"  # the next
    three = open_page("residual", layer="layer1.1", partner="layer1.0", **resnet)
    assert three.main.selectbox(key="partner").options == ["layer1.2", "layer1.0"]
    loaded = load(PRESETS["resnet20"], "random", 32)
    exchanged = capture_ablated(
        loaded, read_sample("star"), Ablation(swapped=(("layer1.0", "layer1.1"),))
    )
    after = answers(three)[1]
    expected = {f"class {index}": logit for index, logit in enumerate(exchanged.logits)}
    assert logits(after) == pytest.approx({label: expected[label] for label in after}, abs=0.0051)


@pytest.mark.parametrize("later", ["layer2.1", "layer3.0", "layer4.1"])
def test_maps_of_the_block_and_every_later_one_can_be_compared(open_page, later):
    query = {"layer": "layer2.1", "operation": "remove", **SHAPES}
    app = open_page("residual", later=later, **query)
    assert problems(app) == []
    box = app.main.selectbox(key="later")
    assert box.options == ["layer2.1", "layer3.0", "layer3.1", "layer4.0", "layer4.1"]
    assert box.value == later
    assert f"one scale for all · {later}, channels" in captions(app)
    default = open_page("residual", **query)
    assert default.main.selectbox(key="later").value == "layer4.1"


def test_a_swap_with_an_earlier_block_is_followed_from_there(open_page):
    app = open_page("residual", layer="layer1.1", operation="swap", **SHAPES)
    assert app.main.selectbox(key="later").options[0] == "layer1.0"
    linked = open_page("residual", layer="layer3.0", later="layer1.0", **SHAPES)
    assert linked.main.selectbox(key="later").value == "layer4.1"
    assert "The link asks for later “layer1.0”" in warnings(linked)


def test_the_lens_is_said_to_show_the_untouched_network(open_page):
    assert "still show the untouched" not in captions(open_page("residual", **SHAPES))
    ablated_model = open_page("residual", operation="remove", **SHAPES)
    assert "still show the untouched network" in captions(ablated_model)


def test_removing_is_the_same_as_alpha_zero_and_as_no_block_where_x_passes_unchanged(open_page):
    removed = open_page("residual", layer="layer1.1", operation="remove", **SHAPES)
    assert not removed.main.select_slider
    assert "as if the block were not there" in captions(removed)
    assert answers(removed) == answers(open_page("residual", layer="layer1.1", alpha="0", **SHAPES))
    projected = open_page("residual", layer="layer2.0", operation="remove", **SHAPES)
    assert "as if it were not there" not in captions(projected)
    assert answers(projected) == answers(
        open_page("residual", layer="layer2.0", alpha="0", **SHAPES)
    )


def test_without_its_shortcut_a_block_at_alpha_zero_passes_nothing_on(open_page):
    query = {"layer": "layer2.1", "operation": "cut its shortcut", "later": "layer2.1"}
    app = open_page("residual", alpha="0", **query, **SHAPES)
    slider = app.main.select_slider(key="alpha")
    assert slider.label == "α in α · F(x)"
    assert "passes nothing on" in slider.help
    assert "passes nothing on" in captions(app)
    assert "0 … 0" in captions(app)  # the maps after the ablation


def test_untrained_numbers_are_not_sold_as_findings(open_page):
    app = open_page("residual", weights="random", **SHAPES)
    assert "untrained" in app.main.info[0].value
    order = [type(element).__name__ for element in app.main]
    assert order.index("Info") < order.index("Selectbox")
    assert "what chance gives two vectors" in texts(app)
    assert "adds mostly" not in texts(app)
    app = studied(button(app, "Remove each block").click().run())
    assert "says nothing about the blocks" in texts(app)
    assert "missed most:" not in texts(app)
    trained = open_page("residual", **SHAPES)
    assert "chance gives" not in trained.main.markdown[1].value
    assert "adds mostly" in texts(trained)


def test_padded_channels_are_among_those_shown(open_page):
    app = open_page("residual", model="resnet20", layer="layer2.0", picture="star")
    said = next(c.value for c in app.main.caption if "padded ones" in c.value)
    channels = [int(c) for c in said.split("channels ")[1].split(" of ")[0].split(", ")]
    # He et al. 2015, section 4.2: 16 channels in, 32 out
    assert [channel >= 16 for channel in channels] == [False, False, True, True]
    assert "as long as x, padded" in texts(app)


def test_the_ends_are_those_of_the_channels_shown(open_page):
    app = open_page("residual", layer="layer1.0", **SHAPES)
    view = block_view(load(PRESETS["shapes"], "bundled", 128), read_sample("star"), "layer1.0")
    channels = sorted(np.argsort(-view.total.var(axis=(1, 2)))[:4])
    assert view.shortcut is not None
    low, high = view.shortcut[channels].min(), view.shortcut[channels].max()
    assert high < view.shortcut.max()  # else this could not fail
    assert f"{low:.4g} … {high:.4g}" in [c.value for c in app.main.caption]


def test_the_chart_of_all_blocks_can_be_read_as_a_table(open_page):
    app = open_page("residual", **SHAPES)
    table = app.main.table[0].value
    ratios = residual_ratios(load(PRESETS["shapes"], "bundled", 128), read_sample("star"))
    assert list(table["Block"]) == [ratio.path for ratio in ratios]
    assert list(table["‖F(x)‖ / ‖x‖"]) == [f"{ratio.ratio:.3f}" for ratio in ratios]
    assert list(table["Angle"]) == [f"{ratio.angle:.1f}°" for ratio in ratios]


def test_a_network_too_large_to_run_is_one_sentence(open_page):
    app = open_page("residual", model="resnet50", width="512", repeats="3-8-36-3")
    assert not app.exception
    assert len(app.error) == 1
    assert "can be run here" in app.error[0].value


def test_the_lesion_study_runs_when_asked_and_stays_until_the_image_changes(open_page):
    app = open_page("residual", **SHAPES)
    assert len(charts(app)) == 2
    app = studied(button(app, "Remove each block in turn: 9 forward passes").click().run())
    assert problems(app) == []
    lesions = lesion_study(load(PRESETS["shapes"], "bundled", 128), read_sample("star"))
    bars = charts(app)[-1]["data"][0]
    assert bars["x"] == [lesion.path for lesion in lesions]
    assert bars["y"] == pytest.approx([lesion.probability for lesion in lesions], rel=1e-6)
    assert f"{sum(lesion.survived for lesion in lesions)} of 8" in texts(app)
    table = app.main.table[-1].value
    assert list(table["Without"]) == [lesion.path for lesion in lesions]
    assert list(table["Probability"]) == [f"{100 * one.probability:.1f} %" for one in lesions]
    app = app.sidebar.selectbox(key="layer").select("layer4.0").run()
    assert len(charts(app)) == 3
    app = app.sidebar.selectbox(key="picture").select("heart").run()
    assert len(charts(app)) == 2


def test_the_study_on_rendered_images_compares_both_networks_and_is_kept(open_page, monkeypatch):
    monkeypatch.setattr(
        set_lesion_panel, "_IMAGES", 24
    )  # other than the page's: nothing is kept yet
    app = open_page("residual", layer="layer2.1", **SHAPES)
    assert "Lesion study on 24 images" in texts(app)
    app = studied(button(app, "Remove blocks of both").click().run(), session.SET_STUDY)
    assert problems(app) == []
    accuracies = [c for c in charts(app) if "24 images" in str(c["layout"]["yaxis"].get("title"))]
    right = [[removal.right for removal in study.each] for study in measured(24)]
    for chart, proportions in zip(accuracies, right, strict=True):
        bars = chart["data"][0]
        assert bars["y"] == pytest.approx([each.share for each in proportions])
        high = [y + up for y, up in zip(bars["y"], bars["error_y"]["array"], strict=True)]
        assert high == pytest.approx([each.interval[1] for each in proportions])
    table = app.main.table[-2].value  # of the network with shortcuts
    ends = " to ".join(f"{100 * end:.1f}" for end in right[0][0].interval)
    first = f"{100 * right[0][0].share:.1f} % ({ends} %)"
    assert table["Accuracy, 95 % interval"].iloc[0] == first
    words = texts(app)
    assert "Kendall’s τ between that order of the 8 blocks and the trained one is 0.93" in words
    assert "ResNet-110, which has 54" in words
    assert "n = 24 held-out images" in captions(app)
    assert "rendered from seed 0" in captions(app)
    # Another visitor finds it there, from the other network of the pair too.
    later = open_page("residual", model="shapes_plain", picture="star")
    assert "Two blocks exchanged" in texts(later)
    assert not [b for b in later.main.button if b.label.startswith("Remove blocks of both")]


def measured(count: int) -> tuple[SetLesions, ...]:
    """The study of both networks, on the first images of the test set."""
    networks = [load(PRESETS[name], "bundled", 128) for name in ("shapes", "shapes_plain")]
    job = SetLesionJob(networks, RenderedImages(Split.TEST, 0, count, 128), 0)
    job.join()
    found, _ = job.work()
    return found


@pytest.mark.parametrize("query", [{"model": "resnet20"}, SHAPES | {"weights": "random"}])
def test_other_networks_are_not_studied_on_rendered_shapes(open_page, query):
    app = open_page("residual", **query)
    assert problems(app) == []
    assert not [b for b in app.main.button if b.label.startswith("Remove blocks of both")]


def test_the_page_stands_after_the_feature_maps():
    slugs = [page.slug for page in pages.PAGES]
    assert slugs.index("feature_maps") < slugs.index("residual") < slugs.index("predict")


def test_where_no_block_is_missed_none_is_said_to_be():
    lesion = Lesion("layer1.0", "identity", 3, 0.111, 0.111, 3, 0.111)
    said = lesion_panel.verdict((lesion,), trained=True)
    assert "No block is missed" in said
    worse = replace(lesion, path="layer2.0", probability=0.05)
    assert "**layer2.0** is missed most" in lesion_panel.verdict((lesion, worse), trained=True)


def test_blocks_are_measured_though_there_are_no_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a classifier whose sums overflow, what the blocks do is sound all the same."""

    def overflowing(*_: object) -> NoReturn:
        raise WeightsError("Too large.")

    network, image = cache.bundled_key("resnet20"), read_sample("rocket")
    STORE.clear()
    monkeypatch.setattr(passes, "whole_pass", overflowing)
    loaded = load(PRESETS["resnet20"], "bundled", 32)
    assert cache.residual_ratios(network, image) == residual_ratios(loaded, image)
    STORE.clear()
