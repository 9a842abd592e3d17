"""What the bundled networks show of shortcuts: stored lesion studies, and what shapes cannot show."""

import pytest

from resnet_viz.training import bundle
from resnet_viz.ui.residual import lesion_table_panel
from resnet_viz.ui.shared import shapes_panel
from resnet_viz.weights.bundled import read_cards
from resnet_viz.weights.lesion_table import BlockLesion, LesionTable, read_lesions
from tests.ui.test_pages import charts, problems, texts

CARDS = read_cards(bundle.FOLDER)
PHOTOS = [name for name in CARDS if CARDS[name]["dataset"] != "shapes"]


@pytest.mark.parametrize("name", PHOTOS)
def test_the_residual_page_shows_the_stored_study_with_its_n(open_page, name):
    app = open_page("residual", model=name)
    assert problems(app) == []
    table = read_lesions(name)
    assert table is not None
    written = texts(app)
    assert "Lesion study on the test set" in written
    assert "of 10,000 test images are classified wrong" in written
    chart = next(
        figure
        for figure in charts(app)
        if "test images" in str(figure["layout"]["yaxis"].get("title", ""))
    )
    assert chart["data"][0]["x"] == [block.path for block in table.blocks]
    assert chart["data"][0]["y"] == pytest.approx([block.error for block in table.blocks])


def test_untrained_weights_of_the_same_network_have_no_study(open_page):
    app = open_page("residual", model=PHOTOS[0], weights="random")
    assert "Lesion study on the test set" not in texts(app)


def test_the_finding_is_that_of_the_figures():
    blocks = (
        BlockLesion("layer1.0", "identity", 0.9),
        BlockLesion("layer1.1", "identity", 0.12),
        BlockLesion("layer2.0", "zero-pad", 0.25),
    )
    said = lesion_table_panel.finding(LesionTable("n", 10_000, 0.1, blocks))
    assert "**10.0 %** of 10,000 test images are classified wrong" in said
    assert "from 12.0 % (layer1.1) to **90.0 %** (layer1.0)" in said
    assert "without 1 of 3 the error at most doubles" in said


@pytest.mark.parametrize("name", ["shapes", "shapes_plain"])
def test_the_networks_for_shapes_say_that_the_shortcut_makes_little_difference(open_page, name):
    app = open_page("residual", model=name)
    assert problems(app) == []
    said = " ".join(info.value for info in app.info)
    assert "At this depth the shortcut makes little difference" in said
    for each in ("shapes", "shapes_plain"):
        assert f"{100 * CARDS[each]['accuracy']:.1f} %" in said
    assert "training without* shortcuts" in said
    assert "At this depth the shortcut makes little difference" in texts(app)  # with the weights


def test_from_shapes_a_click_leads_to_the_deepest_pair_that_there_is(open_page):
    pair = shapes_panel.deep_pair()
    app = open_page("residual", model="shapes")
    buttons = [button for button in app.main.button if button.label.startswith("Show ")]
    assert len(buttons) == len(pair)
    for place, name in enumerate(pair):
        app = open_page("residual", model="shapes")
        shown = [b for b in app.main.button if b.label.startswith("Show ")][place].click().run()
        assert problems(shown) == []
        assert shown.sidebar.selectbox(key="model").value == name
        assert shown.sidebar.selectbox(key="weights").value == "bundled"


def test_other_networks_make_no_such_claim(open_page):
    app = open_page("residual", model="resnet18", weights="random", size="64")
    assert "makes little difference" not in texts(app)
