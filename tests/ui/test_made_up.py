"""A made-up block of made-up layers: every page shows it, or says openly what is not there yet."""

import pytest

from resnet_viz.model import blocks, kinds
from resnet_viz.model.kinds import KINDS
from resnet_viz.ui.state import pages
from tests.made_up import STRANGE, Strange
from tests.ui.test_pages import problems, texts

LAYER = "layer2.0.norm1"
EXPLAINED = "GroupNorm is not explained yet"
COUNTED = "How the parameters of a GroupNorm are counted is not worked out here yet."
WORKED = "How a GroupNorm comes to its values is not worked out here yet."
SAID = {
    "overview": [EXPLAINED, COUNTED],
    "layers": [EXPLAINED, COUNTED],
    "diagram": [EXPLAINED],
    "feature_maps": [EXPLAINED, WORKED],
    "filters": [EXPLAINED],
}


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """The two lines of a stranger: an entry of the block, and one for each kind of layer."""
    monkeypatch.setattr(kinds, "KINDS", {**KINDS, **STRANGE})
    monkeypatch.setitem(blocks.BLOCKS, "strange", Strange)


@pytest.mark.parametrize("slug", [page.slug for page in pages.PAGES])
def test_every_page_shows_a_made_up_layer_or_says_what_is_not_there_yet(open_page, slug):
    network = {"block": "strange", "repeats": "1-2-1", "width": "16", "num_classes": "12"}
    app = open_page(slug, **network, weights="random", size="64", layer=LAYER)
    assert problems(app) == []
    assert len(app.title) == 1
    assert app.sidebar.selectbox(key="block").value == "strange"
    words = texts(app).replace("**", "")
    assert [sentence for sentence in SAID.get(slug, []) if sentence not in words] == []


def test_a_made_up_block_is_shown_and_openly_not_explained(open_page):
    app = open_page("layers", block="strange", repeats="1-2-1", weights="random", size="64")
    assert problems(app) == []
    assert "Strange is not explained yet" in texts(app).replace("**", "")
    assert "Custom ResNet-10" in texts(app)
