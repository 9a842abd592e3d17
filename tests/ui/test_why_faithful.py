"""Whether maps are faithful: what is asked for by a button, what stands there then, and what is kept."""

from __future__ import annotations

import re
import time
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.analysis.attribution import METHODS, make_method
from resnet_viz.analysis.attribution.comparison import ComparisonJob, compare
from resnet_viz.analysis.attribution.compute import attribute
from resnet_viz.analysis.attribution.faithfulness import FaithfulnessJob, faithfulness
from resnet_viz.analysis.attribution.grad_cam import GradCam
from resnet_viz.analysis.attribution.randomisation import RandomisationJob, randomisation
from resnet_viz.analysis.ranks import spearman
from resnet_viz.errors import ConfigError
from resnet_viz.images import read_sample
from resnet_viz.jobs import Job
from resnet_viz.model.presets import PRESETS
from resnet_viz.store import STORE
from resnet_viz.weights.loaded import LoadedModel
from resnet_viz.weights.sources import load
from tests.ui.test_pages import charts, problems, texts
from tests.waiting import BOUND, endless

STAR = read_sample("star")
CURVES, COMPARED, RANDOMISED = "_curves_ask", "_compared_ask", "_randomised_ask"


@pytest.fixture(autouse=True)
def _nothing_kept():
    STORE.clear()


def shapes() -> LoadedModel:
    return load(PRESETS["shapes"], "bundled", 128)


def pressed(app: AppTest, key: str) -> AppTest:
    """The page once what a button asks for is there: the button is gone then."""
    app = app.button(key=key).click().run()
    deadline = time.monotonic() + BOUND
    while any(button.key == key for button in app.button) and time.monotonic() < deadline:
        time.sleep(0.1)
        app = app.run()
    return app


def table(app: AppTest, first: str) -> Any:
    """The rows of the table whose first column has that name."""
    (found,) = (each.value for each in app.main.table if each.value.columns[0] == first)
    return found


def test_nothing_is_measured_before_it_is_asked_for(open_page, mounted):
    app = open_page("why", picture="star")
    assert problems(app) == []
    assert {CURVES, COMPARED, RANDOMISED} <= {button.key for button in app.button}
    levels = [each.tag for each in app.main.header] + [each.tag for each in app.main.subheader]
    assert levels == ["h2"] * 3 + ["h3"] * 3
    assert "randomised" not in mounted


def test_deletion_and_insertion_are_those_of_the_maps_on_the_page(open_page, mounted):
    app = open_page("why", picture="star", methods=["grad_cam", "gradient"], baseline="blurred")
    app = pressed(app, CURVES)
    assert problems(app) == []
    maps = [attribute(shapes(), STAR, make_method(slug)) for slug in ("grad_cam", "gradient")]
    null = attribute(shapes(), STAR, make_method("random_cam"))
    known = faithfulness(shapes(), STAR, [*maps, null], "blurred")
    drawn = [each["data"] for each in charts(app)[-2:]]
    for kind, lines in zip(("deletion", "insertion"), drawn, strict=True):
        assert [line["name"] for line in lines] == [
            *("Grad-CAM · layer4", "Gradient", "Random map · layer4")
        ]
        for line, each in zip(lines, known, strict=True):
            np.testing.assert_allclose(line["y"], getattr(each, kind), rtol=1e-3, atol=1e-5)
            assert (line["x"][0], line["x"][-1]) == (0, 1)
    areas = table(app, "Map")
    assert [float(area) for area in areas["Deletion, area"]] == pytest.approx(
        [each.deletion_area for each in known], abs=1e-3
    )
    assert [float(area) for area in areas["Insertion, area"]] == pytest.approx(
        [each.insertion_area for each in known], abs=1e-3
    )
    said = texts(app)
    assert "blurred by a Gaussian" in said
    assert "seed 0" in said
    assert app.query_params["baseline"] == "blurred"


def test_another_map_has_to_be_asked_for_and_the_former_one_is_kept(
    open_page, mounted, monkeypatch
):
    app = pressed(open_page("why", picture="star"), CURVES)
    app.multiselect(key="methods").set_value(["layer_cam"]).run()
    assert CURVES in {button.key for button in app.button}
    monkeypatch.setattr(FaithfulnessJob, "work", None)  # nothing is computed any more
    app.multiselect(key="methods").set_value(["grad_cam"]).run()
    assert CURVES not in {button.key for button in app.button}
    assert "Grad-CAM · layer4" in list(table(app, "Map")["Map"])


def test_the_table_has_every_method_and_says_n_and_seed(open_page, mounted, monkeypatch):
    small = compare(shapes(), images=4, curves=2)
    monkeypatch.setattr(ComparisonJob, "work", lambda job: (small, "there"))
    app = pressed(open_page("why", picture="star"), COMPARED)
    assert problems(app) == []
    rows = app.main.table[-1].value
    assert sorted(rows["Method"]) == sorted(method.title for method in METHODS.values())
    energies = [float(cell.split(" %")[0]) for cell in rows["Energy inside"]]
    assert energies == sorted(energies, reverse=True)
    for score in small.scores:
        (row,) = (r for _, r in rows.iterrows() if r["Method"] == METHODS[score.method].title)
        low, high = (round(100 * end) for end in score.pointing.interval)
        assert row["Points at it"].startswith(f"{score.pointing.count} of 4")
        assert f"{low} to {high} %" in row["Points at it"]
        assert row["Insertion"].startswith(f"{score.insertion.mean:.2f}")
    said = texts(app)
    assert "4 test images of seed 0" in said
    assert "first 2 images, baseline mean" in said
    assert "RISE 250 masks" in said


def test_another_network_is_told_of_the_bundled_one_for_shapes(open_page, mounted, monkeypatch):
    asked = []
    small = compare(shapes(), ("grad_cam",), images=2, curves=1)

    def work(job):
        asked.append(job._loaded.config.name)
        return small, "there"

    monkeypatch.setattr(ComparisonJob, "work", work)
    for model, expected in (("resnet20", "shapes"), ("shapes_plain", "shapes_plain")):
        app = pressed(open_page("why", model=model), COMPARED)
        assert problems(app) == []
        assert asked[-1] == expected


def test_the_randomised_maps_stand_in_a_row_with_their_correlations(open_page, mounted):
    app = pressed(open_page("why", picture="star", redraw="3"), RANDOMISED)
    assert problems(app) == []
    known = randomisation(shapes(), STAR, GradCam(), seed=3)
    panels = mounted["randomised"]["panels"]
    titles = ["as trained", *(f"down to {step.part}" for step in known.steps)]
    assert [panel["title"] for panel in panels] == titles
    np.testing.assert_allclose(
        mounted["randomised"]["map0"], mounted["heat_maps"]["map0"], rtol=1e-4, atol=1e-6
    )
    for number, panel in enumerate(panels[1:], start=1):
        rho = float(panel["subtitle"].removeprefix("ρ = ").replace("−", "-"))
        maps = [mounted["randomised"][f"map{i}"].ravel() for i in (0, number)]
        assert rho == pytest.approx(spearman(*maps), abs=0.006)
    assert mounted["randomised"]["small"] is True
    assert "seed 3" in texts(app)
    assert re.search(r"For 16 unrelated values ρ lies between −0\.52 and 0\.52", texts(app))


def test_random_weights_have_nothing_to_lose(open_page, mounted):
    app = open_page("why", model="resnet18", weights="random", size="64", picture="cat")
    assert problems(app) == []
    assert RANDOMISED not in {button.key for button in app.button}
    assert "These weights are random already" in texts(app)


def test_what_fails_is_one_sentence(open_page, mounted, monkeypatch):
    def work(job):
        raise ConfigError("This would take too much.")

    for kind in (FaithfulnessJob, ComparisonJob, RandomisationJob):
        monkeypatch.setattr(kind, "work", work)
    for key in (CURVES, COMPARED, RANDOMISED):
        app = open_page("why", picture="star").button(key=key).click().run()
        for _ in range(40):
            if app.error:
                break
            time.sleep(0.1)
            app = app.run()
        assert [error.value for error in app.error] == ["This would take too much."]
        assert app.exception == []


def test_cancelling_ends_the_work(open_page, mounted, monkeypatch):
    begun: list[Job[Any]] = []
    monkeypatch.setattr(ComparisonJob, "work", endless(begun))
    monkeypatch.setattr(ComparisonJob, "linger_s", 0.0)
    app = open_page("why", picture="star").button(key=COMPARED).click().run()
    (cancel,) = (button for button in app.button if button.label == "Cancel")
    app = cancel.click().run()
    assert begun[0].cancelled.wait(BOUND)
    assert COMPARED in {button.key for button in app.button}


def test_the_masks_of_rise_are_chosen_on_the_page(open_page, mounted):
    app = open_page("why", picture="star", methods="rise", masks="250")
    for _ in range(200):
        if "heat_maps" in mounted:
            break
        time.sleep(0.1)
        app = app.run()
    assert problems(app) == []
    known = attribute(shapes(), STAR, make_method("rise", {"masks": 250}))
    np.testing.assert_allclose(mounted["heat_maps"]["map0"], known.values, rtol=1e-3, atol=1e-5)
    assert "masks 250, share 0.5, baseline mean, seed 0" in app.main.table[0].value["Method"][0]
