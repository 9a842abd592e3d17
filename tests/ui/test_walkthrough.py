"""The walkthrough's parts beyond the nine steps: the pixels before them, the block inside a stage."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.analysis.residual import block_view
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.sources import load
from tests.ui.test_controls import warnings
from tests.ui.test_pages import problems, texts


def headers(app: AppTest) -> list[str]:
    return [header.value for header in app.main.header]


def numbers(text: str) -> list[float]:
    """Those with a decimal point, in order."""
    found = re.findall(r"[-−]?\d+\.\d+", text)
    return [float(each.replace("−", "-")) for each in found]


def test_it_starts_at_the_pixels(open_page):
    app = open_page("walkthrough", model="resnet18", picture="cat", step="1")
    assert app.main.expander[0].label == "Before step 1: from the image to numbers"
    rows = app.main.table[0].value.to_dict("records")
    for row, mean, std in zip(rows, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), strict=True):
        by_hand = (int(row["Level"]) / 255 - mean) / std
        assert numbers(row["Input"]) == [pytest.approx(by_hand, rel=1e-3)]
    assert "3 × 224 × 224" in "".join(caption.value for caption in app.main.caption)
    assert problems(app) == []


@pytest.mark.parametrize("step", [4, 5, 6, 7])
def test_each_stage_has_its_residual_block_worked_out(open_page, step):
    app = open_page("walkthrough", model="shapes", picture="star", step=str(step))
    assert headers(app) == [f"{step}. Stage {step - 3}: BasicBlock × 2", "The residual block"]
    block = f"layer{step - 3}.{0 if step == 4 else 1}"  # the first that has an identity
    assert app.main.selectbox(key="inside").value == block
    line = next(m.value for m in app.main.markdown if "One value by hand" in m.value)
    match = re.search(r"channel (\d+): row (\d+), column (\d+)", line)
    assert match
    at = tuple(map(int, match.groups()))
    network = load(PRESETS["shapes"], "bundled", 128)
    view = block_view(network, read_sample("star"), block)
    assert view.shortcut is not None
    parts = [view.shortcut[at], view.branch[at], view.total[at]]
    shortcut, branch, total, *_, output = numbers(line.replace("**0**", "0.0"))
    assert [shortcut, branch, total] == pytest.approx(parts, abs=1e-3)
    assert shortcut + branch == pytest.approx(total, abs=1e-6)  # as they are written
    assert output == pytest.approx(max(0.0, total), rel=1e-3)
    assert "where nothing is to change, F(x) = 0 is enough" in texts(app)
    assert problems(app) == []


def test_a_block_of_the_link_is_shown_and_one_of_another_stage_is_said(open_page):
    app = open_page("walkthrough", model="resnet18", step="5", inside="layer2.0")
    assert app.main.selectbox(key="inside").value == "layer2.0"
    assert "the projection" in texts(app)
    app = open_page("walkthrough", model="resnet18", step="5", inside="layer9.9")
    assert app.main.selectbox(key="inside").value == "layer2.1"
    assert "block “layer9.9”" in warnings(app)


def test_the_next_stage_shows_a_block_of_its_own_and_no_complaint(open_page):
    app = open_page("walkthrough", model="resnet18", step="5", inside="layer2.0")
    app.button(key="step_6").click().run()
    assert app.main.selectbox(key="inside").value == "layer3.1"
    assert (warnings(app), problems(app)) == ("", [])


def test_a_plain_network_is_not_told_that_it_has_shortcuts(open_page):
    app = open_page("walkthrough", model="plain34", step="4")
    assert headers(app)[1] == "The block, which has no shortcut"
    assert "x itself goes no further" in texts(app)
    assert "Why the shortcut is there" not in texts(app)
    assert problems(app) == []
