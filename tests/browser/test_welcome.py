"""The strip on the landing page: it says what this is until it is folded, and stays folded then."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from resnet_viz.texts import text
from resnet_viz.ui.overview.welcome_panel import STEPS
from tests.browser.serving import settled
from tests.browser.test_app import query, visit

pytestmark = pytest.mark.browser

FIRST = text("welcome").split("\n\n")[0]


def test_folded_it_stays_folded_for_this_browser_and_can_be_had_back(
    browser: Browser, app: str
) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    visit(page, app)
    said = page.get_by_text(FIRST)
    expect(said).to_be_visible()
    page.get_by_role("button", name="Fold away").click()
    expect(said).to_be_hidden()
    page.close()
    later = context.new_page()  # the same browser, on another day
    visit(later, app, "?model=resnet18")
    again = later.get_by_role("button", name="What is this?")
    expect(again).to_be_visible()
    expect(later.get_by_text(FIRST)).to_be_hidden()
    again.click()
    expect(later.get_by_text(FIRST)).to_be_visible()
    later.reload()
    settled(later)
    expect(later.get_by_text(FIRST)).to_be_visible()
    context.close()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: str(step.slug))
def test_each_thing_to_do_leads_there_with_all_that_is_looked_at(
    page: Page, app: str, step: object
) -> None:
    (chosen,) = (each for each in STEPS if each == step)
    visit(page, app, "?model=resnet18&picture=coffee&layer=layer2.1")
    page.wait_for_timeout(500)
    page.get_by_role("button", name=chosen.title).click()
    page.wait_for_url(lambda url: f"/{chosen.slug}" in url)
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert query(page) == {"model": ["resnet18"], "picture": ["coffee"], "layer": ["layer2.1"]}


def test_the_title_names_network_and_image_and_the_map_is_in_sight(page: Page, app: str) -> None:
    visit(page, app, "?model=resnet18&picture=coffee")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("ResNet-18")
    expect(heading).to_contain_text("Cup of coffee")
    box = page.locator(".st-key-network_map .node").first.bounding_box()
    assert box
    assert box["y"] + box["height"] < 900
