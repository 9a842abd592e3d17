"""Filters in the browser, and the effective receptive field: what is painted is what the weights say."""

from __future__ import annotations

import io
from typing import Literal

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from safetensors.numpy import load_file

from resnet_viz.analysis.capture import capture
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.weights.sources import load
from tests.browser.serving import ROOT, settled
from tests.browser.test_app import query, visit

pytestmark = pytest.mark.browser

WEIGHTS = ROOT / "resnet_viz" / "weights" / "bundled" / "shapes.safetensors"
SCREENS: dict[str, tuple[Literal["light", "dark"], int]] = {
    "light": ("light", 1400),
    "dark": ("dark", 1400),
    "phone": ("light", 390),
}
KINDS = {
    "conv1": "Reads channels",
    "layer2.0.conv1": "One filter is a stack of kernels",
    "layer2.0.downsample.0": "weighted sum of the channels",
    "layer2.0.bn1": "No channel is dead",
    "fc": "The 12 channels strongest for",
    "layer2.0.relu1": "has no weights",
    "layer2.0.add": "has no weights",
    "avgpool": "has no weights",
}


@pytest.fixture(params=SCREENS)
def screen(page: Page, request: pytest.FixtureRequest) -> Page:
    """A page in light, in dark and on a phone."""
    scheme, width = SCREENS[request.param]
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    return page


def test_every_kind_of_layer_opens_without_complaint_and_fits_the_screen(
    screen: Page, app: str
) -> None:
    main = screen.get_by_test_id("stMain")
    for layer, says in KINDS.items():
        visit(screen, app, f"filters?picture=star&layer={layer}")
        expect(main).to_contain_text(says)
        expect(main.get_by_test_id("stAlert")).to_have_count(0)
        assert fits(screen), layer


def test_the_statistics_fit_the_screen_and_the_effective_field_too(screen: Page, app: str) -> None:
    main = screen.get_by_test_id("stMain")
    visit(screen, app, "filters?picture=star&statistics=true")
    expect(main).to_contain_text("On a narrow screen the table scrolls sideways")
    assert fits(screen)
    visit(screen, app, "feature_maps?picture=star&layer=layer4.1&erf=true")
    expect(main).to_contain_text("of which 128 × 128 px lie on the image")
    assert fits(screen)


@pytest.mark.parametrize("one_scale", [False, True])
@pytest.mark.parametrize("filter_", [2, 6, 13])  # noise and two edges
def test_the_stems_image_shows_the_weights_of_a_filter(
    page: Page, app: str, filter_: int, one_scale: bool
) -> None:
    visit(page, app, f"filters?picture=star&one_scale={str(one_scale).lower()}")
    image = page.get_by_role("img", name="The 16 filters of the stem")
    filters = load_file(WEIGHTS)["conv1.weight"]  # (16, 3, 7, 7)
    largest = np.abs(filters if one_scale else filters[filter_]).max()
    expected = 127.5 + 127.5 * filters[filter_].transpose(1, 2, 0) / largest  # (7, 7, 3)
    assert np.abs(tile(image, filter_) - expected).max() < 6


def test_one_scale_can_be_sent_as_a_link(page: Page, app: str) -> None:
    visit(page, app, "filters?picture=star")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("each on its own scale")
    main.get_by_text("One scale for all filters").click()
    expect(main).to_contain_text("all on one scale")
    settled(page)
    assert query(page)["one_scale"] == ["true"]


def test_the_statistics_come_whole_and_a_link_restores_them(page: Page, app: str) -> None:
    visit(page, app, "filters?picture=star")
    main = page.get_by_test_id("stMain")
    expect(main.get_by_role("table")).to_have_count(0)
    main.get_by_text("Statistics of all layers").click()
    rows = main.get_by_role("table").locator("tbody tr")
    convolutions = [name for name, w in load_file(WEIGHTS).items() if w.ndim == 4]
    expect(rows).to_have_count(len(convolutions))
    assert main.get_by_role("table").evaluate(HIDES_ROWS) == []
    main.get_by_role("radio", name="Linear").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("1,536")
    settled(page)
    assert (query(page)["statistics"], query(page)["kind"]) == (["true"], ["Linear"])
    page.goto(page.url)
    settled(page)
    expect(rows).to_have_count(1)


def test_from_a_dead_cell_the_effective_field_leads_to_the_strongest(page: Page, app: str) -> None:
    shapes = load(PRESETS["shapes"], "bundled", 128)
    values = capture(shapes, read_sample("star"), ("layer2.0",))["layer2.0"].values[8]
    dead, strongest = np.argwhere(values == 0)[0], np.argwhere(values == values.max())[0]
    visit(page, app, f"feature_maps?picture=star&layer=layer2.0&channel=8&cell={dead[0]}-{dead[1]}")
    main = page.get_by_test_id("stMain")
    main.get_by_text("Effective receptive field", exact=True).click()
    expect(main).to_contain_text("does not change this cell")
    expect(main).not_to_contain_text("50 % of the gradient")
    main.get_by_role("button", name="Pin the strongest cell of channel 8").click()
    expect(main).to_contain_text("50 % of the gradient")
    expect(main).to_contain_text(f"row {strongest[0]}, column {strongest[1]} holds")
    settled(page)
    asked = query(page)
    assert (asked["erf"], asked["channel"]) == (["true"], ["8"])
    assert asked["cell"] == [f"{strongest[0]}-{strongest[1]}"]
    expect(main.get_by_role("img", name="as heat on the image")).to_be_visible()


HIDES_ROWS = """table => {
  const hiding = [];
  for (let box = table; box.dataset.testid !== "stMain"; box = box.parentElement)
    if (box.scrollHeight > box.clientHeight + 1 && getComputedStyle(box).overflowY !== "visible")
      hiding.push(box.dataset.testid || box.tagName);
  return hiding;
}"""


def fits(page: Page) -> bool:
    """Whether nothing but what has a scroll bar of its own is wider than the screen."""
    inside: bool = page.evaluate(
        """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
          .every(box => box.scrollWidth <= box.clientWidth)"""
    )
    return inside


def tile(image: Locator, filter_: int) -> np.ndarray:
    """(7, 7, 3): the colours in the middle of a filter's weights, as painted on the screen."""
    seen = np.asarray(Image.open(io.BytesIO(image.screenshot())).convert("RGB"), float)
    side = len(seen) / (4 + 3 * 0.12)  # of a tile, of which four and three gaps make the wall
    row, column = divmod(filter_, 4)
    places = (np.arange(7) + 0.5) * side / 7
    down, across = ((place * 1.12 * side + places).astype(int) for place in (row, column))
    colours: np.ndarray = seen[np.ix_(down, across)]
    return colours
