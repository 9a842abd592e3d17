"""Why this class: the maps that are asked for, what is said of them, and sums that come out."""

from __future__ import annotations

import re
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from resnet_viz.analysis.attribution import METHODS, make_method
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.job import AttributionJob
from resnet_viz.analysis.attribution.split import split_logit
from resnet_viz.errors import WeightsError
from resnet_viz.images import read_sample
from resnet_viz.jobs import Job
from resnet_viz.model.presets import PRESETS
from resnet_viz.store import STORE
from resnet_viz.texts import text
from resnet_viz.ui.why import request
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load
from tests.ui.test_pages import charts, problems, texts
from tests.waiting import BOUND, endless

STAR = read_sample("star")


def shapes() -> LoadedModel:
    return load(PRESETS["shapes"], "bundled", 128)


def test_it_opens_with_grad_cam_of_the_answer_at_the_last_stage(open_page, mounted):
    app = open_page("why", picture="star")
    assert problems(app) == []
    (panel,) = mounted["heat_maps"]["panels"]
    known = attribute(shapes(), STAR, make_method("grad_cam"))
    assert panel["title"] == "Grad-CAM"
    assert panel["subtitle"].startswith("star, 95.9 % · layer4 · 4 × 4")
    np.testing.assert_allclose(mounted["heat_maps"]["map0"], known.values, rtol=1e-5)
    assert (panel["start"], panel["jump"]) == (known.field.start, known.field.jump)


def test_methods_classes_and_layers_of_a_link_stand_side_by_side(open_page, mounted):
    app = open_page(
        "why",
        image="star",
        methods=["grad_cam", "layer_cam", "gradient"],
        classes=["star", "cross"],
        where="both",
        layer="layer2.1",
        parts=["branch", "shortcut"],
    )
    assert problems(app) == []
    panels = mounted["heat_maps"]["panels"]
    # For each class: two methods at two parts and at the last stage, and one about pixels.
    assert len(panels) == 12
    assert "14 maps were chosen; the first 12 are shown" in " ".join(i.value for i in app.info)
    said = [f"{panel['title']} {panel['subtitle']}" for panel in panels]
    assert said[0].startswith("Grad-CAM star")
    assert "layer2.1 · branch · 16 × 16" in said[0]
    assert "layer2.1 · shortcut" in said[1]
    assert "layer4 · 4 × 4" in said[2]
    assert "Gradient star" in said[6]
    assert all("cross" in each for each in said[7:])


@pytest.mark.parametrize("method", METHODS)
def test_every_method_says_what_it_shows_and_what_it_does_not(open_page, mounted, method):
    app = open_page("why", picture="star", methods=method)
    for _ in range(60):
        if "heat_maps" in mounted:
            break
        app = app.run()
    assert problems(app) == []
    table = app.main.table[0].value
    assert list(table["Shows"]) == [METHODS[method].shows]
    for name, value in METHODS[method]().options.items():
        assert (
            value == 0 or f"{name} {value}" in table["Method"][0]
        )  # zero: the method's own choice
    assert ("seed 0" in table["Method"][0]) == hasattr(METHODS[method], "seed")
    assert list(table["Does not show"]) == [METHODS[method].hides]
    assert mounted["heat_maps"]["panels"][0]["title"] == METHODS[method].title


def test_a_method_that_has_no_meaning_there_says_so_and_others_stay(open_page, mounted):
    app = open_page(
        "why", picture="star", methods=["cam", "grad_cam"], where="selected layer", layer="layer1.0"
    )
    assert [panel["title"] for panel in mounted["heat_maps"]["panels"]] == ["Grad-CAM"]
    assert "CAM" in " ".join(warning.value for warning in app.warning)
    assert app.exception == []


def test_the_worked_sum_is_that_of_the_map(open_page, mounted):
    app = open_page("why", picture="star")
    sentence = next(m.value for m in app.main.markdown if "where the map is highest" in m.value)
    left, right = sentence.split(": ", 1)[1].split(" = **", 1)
    numbers = [float(n.replace("−", "-")) for n in re.findall(r"[−\d][\d.e−]*", left)[:7]]
    total = float(right.split("**")[0].replace("−", "-"))
    assert sum(numbers) == pytest.approx(total, rel=1e-2)
    assert total == pytest.approx(float(mounted["heat_maps"]["map0"].max()), rel=1e-3)


def test_the_split_adds_up_to_the_logit(open_page, mounted):
    app = open_page("why", picture="star")
    assert problems(app) == []
    known = split_logit(shapes(), STAR)
    last = known.blocks[-1]
    whole = last.branch_total + last.shortcut_total + known.bias
    assert whole == pytest.approx(known.target.logit, rel=1e-4)
    np.testing.assert_allclose(mounted["logit_positions"]["map0"], known.positions, rtol=1e-5)
    assert "The logit of star, split" in texts(app)
    bars = charts(app)[-1]["data"][0]
    assert bars["y"] == pytest.approx([known.channels[k] for k in known.strongest[:24]], rel=1e-6)


def test_classes_of_one_name_are_told_apart(open_page):
    twins = SimpleNamespace(answers=("crane", "cat", "crane"))
    assert request.class_names(twins) == ("crane (0)", "cat", "crane (2)")  # type: ignore[arg-type]


def test_a_class_that_has_the_name_of_a_numbered_one_is_told_apart():
    names = request.class_names(SimpleNamespace(answers=("a", "a", "a (0)")))  # type: ignore[arg-type]
    assert len(set(names)) == 3


def test_a_long_map_that_fails_is_said_once_and_not_tried_again(open_page, mounted, monkeypatch):
    tried = []

    def work(job):
        tried.append(job)
        time.sleep(0.7)  # longer than a page waits for a map without showing a bar
        raise WeightsError("These weights give no numbers.")

    monkeypatch.setattr(AttributionJob, "work", work)
    STORE.clear()  # other tests have asked for the same map
    app = open_page("why", picture="star", methods=["occlusion", "grad_cam"])
    for _ in range(60):
        said = [warning.value for warning in app.warning]
        if said:
            break
        time.sleep(0.1)
        app = app.run()
    assert said == ["These weights give no numbers."]
    app = app.run()
    assert [warning.value for warning in app.warning] == said
    assert len(tried) == 1
    assert [panel["title"] for panel in mounted["heat_maps"]["panels"]] == ["Grad-CAM"]


def test_another_image_lets_go_of_the_map_that_was_waited_for(open_page, mounted, monkeypatch):
    begun: list[Job[Any]] = []
    monkeypatch.setattr(AttributionJob, "work", endless(begun))
    monkeypatch.setattr(AttributionJob, "linger_s", 0.0)
    STORE.clear()
    app = open_page("why", picture="star", methods="occlusion")
    app.sidebar.selectbox(key="picture").set_value("heart").run()
    assert len(begun) == 2
    assert begun[0].cancelled.wait(BOUND)
    assert not begun[1].cancelled.is_set()
    app.multiselect(key="methods").set_value(["grad_cam"]).run()
    assert begun[1].cancelled.wait(BOUND)


def test_a_plain_networks_split_is_not_told_of_a_shortcut(open_page, mounted):
    app = open_page("why", model="shapes_plain", picture="star")
    assert problems(app) == []
    assert text("why_split_plain") in texts(app)
    assert text("why_split_blocks") not in texts(app)


def test_untrained_weights_are_said_before_the_maps(open_page, mounted):
    app = open_page("why", model="resnet18", weights="random", size="64", picture="cat")
    assert problems(app) == []
    assert text("untrained") in [info.value for info in app.info]


def test_what_a_link_asks_for_in_vain_is_said(open_page, mounted):
    app = open_page("why", picture="star", methods="lrp", classes="dragon", where="everywhere")
    said = " ".join(warning.value for warning in app.warning)
    assert all(word in said for word in ("lrp", "dragon", "everywhere"))
    assert [panel["title"] for panel in mounted["heat_maps"]["panels"]] == ["Grad-CAM"]


def columns(mounted: dict[str, dict[str, Any]]) -> list[str]:
    """The layers that maps on the page are of, from left to right."""
    return [panel["subtitle"].split(" · ")[1] for panel in mounted["heat_maps"]["panels"]]


def test_a_kept_layer_stays_beside_the_next_selected_one_until_it_is_removed(open_page, mounted):
    app = open_page("why", picture="star", layer="layer2.1")
    assert columns(mounted) == ["layer4"]
    app = app.button(key="_keep").click().run()
    assert problems(app) == []
    assert app.query_params["kept"] == "layer2.1"
    assert app.button(key="_keep").disabled
    app = app.selectbox(key="layer").set_value("layer1.0.conv1").run()
    assert columns(mounted) == ["layer1.0.conv1", "layer4", "layer2.1"]
    app = app.button(key="_keep").click().run()
    app = app.selectbox(key="layer").set_value("layer3.0").run()
    assert columns(mounted) == ["layer3.0", "layer4", "layer2.1", "layer1.0.conv1"]
    app = app.multiselect(key="kept").set_value(["layer1.0.conv1"]).run()
    assert columns(mounted) == ["layer3.0", "layer4", "layer1.0.conv1"]
    assert app.query_params["kept"] == "layer1.0.conv1"


def test_a_comparison_waits_while_the_next_layer_is_chosen_on_another_page(open_page, mounted):
    app = open_page(
        "why", picture="star", kept="layer2.1", methods=["grad_cam", "hires_cam"], classes="cross"
    )
    app = app.switch_page("pages/layers.py").run()
    app = app.selectbox(key="layer").set_value("layer3.1").run()
    app = app.button(key="_to_why_here").click().run()
    assert problems(app) == []
    panels = mounted["heat_maps"]["panels"]
    assert [panel["title"] for panel in panels] == ["Grad-CAM"] * 2 + ["HiResCAM"] * 2
    assert columns(mounted) == ["layer3.1", "layer2.1"] * 2
    assert all(panel["subtitle"].startswith("cross") for panel in panels)
    # Predict asks about its answer, whatever was compared before.
    app = app.switch_page("pages/predict.py")
    app.query_params.clear()  # as the browser does on the way to another page
    app = app.run()
    app.button(key="_to_why").click().run()
    assert columns(mounted) == ["layer4"]
    assert mounted["heat_maps"]["panels"][0]["subtitle"].startswith("star")


@pytest.mark.parametrize("page", ["overview", "layers", "diagram"])
def test_the_selected_layers_facts_lead_to_its_map_in_one_click(open_page, mounted, page):
    app = open_page(page, picture="star", layer="layer2.1.conv1")
    app = app.button(key="_to_why_here").click().run()
    assert problems(app) == []
    assert columns(mounted) == ["layer2.1.conv1"]


def test_a_layer_without_maps_is_neither_kept_nor_asked(open_page, mounted):
    app = open_page("layers", picture="star", layer="fc")
    assert "_to_why_here" not in [button.key for button in app.button]
    app = open_page("why", picture="star", layer="fc", kept=["layer2", "fc", "layer9"])
    assert app.button(key="_keep").disabled
    assert columns(mounted) == ["layer4", "layer2"]
    assert "layer “fc”" in " ".join(each.value for each in app.warning)


def test_what_another_network_does_not_have_is_not_kept(open_page, mounted):
    app = open_page("why", model="resnet20", weights="random", kept=["layer3.2", "layer1"])
    assert columns(mounted) == ["layer3", "layer3.2", "layer1"]
    app = app.selectbox(key="model").set_value("shapes").run()
    assert problems(app) == []
    assert columns(mounted) == ["layer4", "layer1"]


def test_what_takes_longer_than_a_link_may_ask_for_waits_for_a_click(
    open_page, mounted, monkeypatch
):
    begun: list[Job[Any]] = []
    monkeypatch.setattr(AttributionJob, "work", endless(begun))
    monkeypatch.setattr(AttributionJob, "linger_s", 0.0)
    query = {"model": "resnet18", "weights": "random"}
    app = open_page("why", picture="star", methods=["rise", "grad_cam"], **query)
    assert "RISE takes 1,000 passes through this network." in [c.value for c in app.caption]
    assert begun == []
    assert [panel["title"] for panel in mounted["heat_maps"]["panels"]] == ["Grad-CAM"]
    (button,) = (each for each in app.button if each.label == "Compute RISE")
    app = button.click().run()
    assert len(begun) == 1
    (cancel,) = (each for each in app.button if each.label == "Cancel")
    app = cancel.click().run()
    assert begun[0].cancelled.wait(BOUND)
    assert problems(app) == []
