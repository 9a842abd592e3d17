"""The argument for shortcuts: predict, see, and what was found, with the figures of the shipped files."""

from __future__ import annotations

import re

import numpy as np
import pytest

from resnet_viz.model.presets import PRESETS
from resnet_viz.ui.why_shortcuts import (
    correction_part,
    degradation_part,
    evidence,
    gradient_part,
    removal_part,
    surface_part,
)
from resnet_viz.ui.why_shortcuts import question as questions
from resnet_viz.ui.why_shortcuts.argument import PARTS
from resnet_viz.weights.curves import read_curves
from resnet_viz.weights.loss_surface import LossSurface
from tests.ui.test_pages import charts, problems, texts

SLUG = "why_shortcuts"


@pytest.mark.parametrize("number", range(1, len(PARTS) + 1))
def test_every_part_shows_its_figures_when_a_link_asks_for_them(open_page, number):
    app = open_page(SLUG, part=str(number), reveal="true", picture="cat")
    assert problems(app) == []
    assert app.main.header[0].value == f"{number}. {PARTS[number - 1].title}"
    assert len(charts(app)) >= 1
    assert "What the papers found" in texts(app)


@pytest.mark.parametrize("number", range(1, len(PARTS) + 1))
def test_nothing_is_shown_before_a_prediction(open_page, number):
    app = open_page(SLUG, part=str(number))
    assert problems(app) == []
    assert charts(app) == []
    assert "The figures appear once an answer is chosen." in texts(app)
    assert app.main.radio[0].value is None


def test_a_prediction_is_compared_and_kept_while_others_are_read(open_page):
    app = open_page(SLUG)
    best = min(evidence.NETWORKS, key=degradation_part.training_error)
    right = evidence.NETWORKS.index(best)
    app.main.radio[0].set_value((right + 1) % 4).run()
    (said,) = [info.value for info in app.info if "The measurement says otherwise" in info.value]
    assert said.endswith(f"otherwise: {evidence.name(best)}.")
    assert len(charts(app)) == 2
    next_ = next(button for button in app.main.button if button.label == "Next")
    next_.click().run()
    assert charts(app) == []
    previous = next(button for button in app.main.button if button.label == "Previous")
    previous.click().run()
    assert app.main.radio[0].value == (right + 1) % 4
    app.main.radio[0].set_value(right).run()
    assert app.success[0].value == f"That is what was measured: {evidence.name(best)}."


def test_the_curves_are_those_of_the_shipped_files(open_page):
    app = open_page(SLUG, reveal="true")
    train, test = charts(app)
    for figure, kind in ((train, "train_accuracy"), (test, "held_out_accuracy")):
        for trace, network in zip(figure["data"], evidence.NETWORKS, strict=True):
            points = read_curves(network).points
            assert trace["name"] == evidence.name(network)
            assert trace["y"] == pytest.approx([1 - getattr(point, kind) for point in points])
            assert trace["x"] == [point.epoch for point in points]


def test_names_are_the_papers():
    assert [evidence.name(network) for network in evidence.NETWORKS] == [
        *("plain-20", "ResNet-20", "plain-56", "ResNet-56")
    ]


def test_a_part_that_there_is_not_is_said(open_page):
    app = open_page(SLUG, part="7")
    assert "1 to 6 is accepted" in " ".join(warning.value for warning in app.warning)
    assert app.main.header[0].value.startswith("6.")


def test_the_right_answer_follows_from_the_number():
    options = ("small", "middle", "large")
    rights = [questions.by_limits("?", v, (0.5, 1.0), options).right for v in (0.2, 0.5, 0.7, 3.0)]
    assert rights == [0, 0, 1, 2]


def test_which_loss_rises_more_is_said_as_far_as_it_holds():
    steps = (-1.0, -0.5, 0.0, 0.5, 1.0)

    def bowl(name: str, near: float, far: float) -> LossSurface:
        """0 at the centre, `near` around it, `far` at the border."""
        losses = tuple(
            tuple(0.0 if a == b == 0 else near if max(abs(a), abs(b)) < 1 else far for a in steps)
            for b in steps
        )
        return LossSurface(name, 5, "training", 0, steps, losses)

    plain = bowl("plain56", 2, 3)
    everywhere = surface_part.compared(bowl("resnet56", 1, 2), plain)
    assert everywhere.startswith("As far as the slices go, the loss of plain-56 rises more")
    turned = surface_part.compared(bowl("resnet56", 1, 9), plain)
    assert turned.startswith("Up to ±0.5 the loss of plain-56 rises more")
    assert turned.endswith("further out that of ResNet-56.")


def test_what_is_said_of_the_shipped_slices_holds_at_every_reach():
    said = surface_part.compared(evidence.surface("resnet56"), evidence.surface("plain56"))
    found = re.fullmatch(
        r"Up to ±(\S+) the loss of (\S+) rises more \(median over the square\), further out that of (\S+)\.",
        said,
    )
    assert found
    turn, near, far = float(found[1]), found[2], found[3]
    slices = [evidence.surface(name) for name in ("plain56", "resnet56")]
    for reach in (0.1, 0.2, 0.5, 0.8, 0.9, 1.0):
        rises = {}
        for surface in slices:
            assert surface
            inside = np.abs(surface.steps) <= reach + 1e-9
            square = np.array(surface.losses)[np.ix_(inside, inside)]
            rises[evidence.name(surface.network)] = np.median(square) - surface.centre
        highest = max(rises, key=lambda name: rises[name])
        assert highest == (near if reach <= turn + 1e-9 else far)


@pytest.mark.parametrize(
    ("model", "shares"), [("shapes", True), ("shapes_plain", False)], ids=lambda v: str(v)
)
def test_the_current_networks_gradient_is_split_where_there_are_shortcuts(open_page, model, shares):
    app = open_page(SLUG, part="3", reveal="true", model=model)
    assert problems(app) == []
    stacked = [chart for chart in charts(app) if chart["layout"].get("barmode") == "relative"]
    assert len(stacked) == shares
    for chart in stacked:
        through, rest = chart["data"]
        sums = [a + b for a, b in zip(through["y"], rest["y"], strict=True)]
        assert sums == pytest.approx([1.0] * len(sums))
    assert ("This network has no shortcuts" in " ".join(i.value for i in app.info)) is not shares


def test_depth_and_seed_of_the_untrained_networks_stand_in_the_link(open_page):
    app = open_page(SLUG, part="3", reveal="true", depth="20", draw="5", shattered="2")
    assert problems(app) == []
    first = charts(app)[0]
    assert [trace["name"] for trace in first["data"]] == ["plain-20", "ResNet-20"]
    assert len(first["data"][0]["x"]) == 9
    assert "seed 5" in texts(app)


def test_what_is_said_of_a_growing_gradient():
    assert gradient_part.times(4012.3) == "4,000 times"
    assert gradient_part.times(1.44) == "1.4 times"
    assert gradient_part.times(6.4e7) == "64,000,000 times"
    assert gradient_part.times(0.012) == "0.012 times"


def test_shortcuts_cost_what_the_trace_counts():
    row = correction_part._cost("resnet56")
    assert row["no shortcuts"] == f"{PRESETS['resnet56'].depth and 853_018:,}"  # table 6: 0.85 M
    assert row["identity, padded with zeros"] == "0 more"
    assert row["identity, 1×1 projections"] == f"{16 * 32 + 2 * 32 + 32 * 64 + 2 * 64:,} more"


def test_the_loss_rises_by_the_median_near_the_centre():
    steps = (-1.0, -0.5, 0.0, 0.5, 1.0)
    bowl = LossSurface(
        "n", 5, "training", 0, steps, tuple((9.0, 3.0, 2.0, 3.0, 9.0) for _ in steps)
    )
    assert bowl.centre == 2
    assert surface_part.rise(bowl) == 1  # of 3, 2, 3 in each row
    assert removal_part.typical(evidence.lesions("resnet56")) >= evidence.lesions("resnet56").error


def test_the_live_slice_is_measured_when_asked_for(open_page, monkeypatch):
    monkeypatch.setattr("resnet_viz.analysis.surface.POINTS", 3)
    monkeypatch.setattr("resnet_viz.analysis.surface.IMAGES", 12)
    app = open_page(SLUG, part="6", reveal="true")
    assert len(charts(app)) == 2
    button = next(b for b in app.main.button if b.label.startswith("Measure ResNet-18 for shapes"))
    app = button.click().run()
    for _ in range(60):
        if len(charts(app)) == 3:
            break
        app = app.run()
    assert problems(app) == []
    live = charts(app)[2]
    assert len(live["data"][0]["x"]) == 3
