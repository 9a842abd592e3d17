"""The browser's way back: one step for each thing that a visitor did, to what was there before it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import settled
from tests.browser.test_app import choose, query, visit

pytestmark = pytest.mark.browser

CUSTOM = "?block=bottleneck&model=resnet18&repeats=3-4-6-3&shortcut=zero-pad"


def back(page: Page) -> None:
    page.go_back()
    page.wait_for_timeout(300)
    settled(page)


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).first.inner_text()


def alerts(page: Page) -> list[str]:
    return page.get_by_test_id("stMain").get_by_test_id("stAlert").all_inner_texts()


def sidebar(page: Page) -> dict[str, str]:
    """What the boxes of the sidebar hold."""
    boxes = page.get_by_test_id("stSidebar").get_by_role("combobox")
    return {str(box.get_attribute("aria-label")): box.input_value() for box in boxes.all()}


def test_one_step_leads_back_from_a_preset_to_the_network_that_a_link_built(
    page: Page, app: str
) -> None:
    visit(page, app, CUSTOM)
    page.wait_for_timeout(500)
    at_first, boxes, asked, said = heading(page), sidebar(page), query(page), alerts(page)
    steps = page.evaluate("history.length")
    choose(page, "Network", "resnet34")
    expect(page.get_by_role("heading", level=1).first).to_contain_text("ResNet-34")
    settled(page)
    assert query(page) == {"model": ["resnet34"]}
    assert page.evaluate("history.length") == steps + 1
    back(page)
    expect(page.get_by_role("heading", level=1).first).to_have_text(at_first)
    assert query(page) == asked
    assert sidebar(page) == boxes
    assert alerts(page) == said
    page.go_forward()
    page.wait_for_timeout(300)
    settled(page)
    expect(page.get_by_role("heading", level=1).first).to_contain_text("ResNet-34")
    assert query(page) == {"model": ["resnet34"]}


def test_one_step_leads_back_from_another_page_that_shows_another_network(
    page: Page, app: str
) -> None:
    visit(page, app, "glossary?model=resnet18&term=bottleneck+b")
    expect(page.get_by_test_id("stSidebar").get_by_role("combobox")).to_have_count(4)
    asked, boxes = query(page), sidebar(page)
    page.get_by_role("button", name="Diagram: layer1.0 of ResNet-50").click()
    expect(page.get_by_role("heading", level=1, name="Diagram")).to_be_visible()
    settled(page)
    there = query(page)
    back(page)
    expect(page.get_by_role("heading", level=1, name="Glossary")).to_be_visible()
    assert query(page) == asked
    assert sidebar(page) == boxes
    page.go_forward()
    expect(page.get_by_role("heading", level=1, name="Diagram")).to_be_visible()
    assert query(page) == there


def test_every_step_back_shows_what_its_link_says(page: Page, app: str) -> None:
    visit(page, app, "?model=resnet18&layer=layer2.1")
    page.wait_for_timeout(500)
    page.get_by_test_id("stSidebarNavLink").get_by_text("Residual", exact=True).click()
    expect(page.get_by_role("heading", level=1).first).to_contain_text("Residual")
    settled(page)
    choose(page, "Network", "resnet34")
    settled(page)  # what is chosen while the page is still being made belongs to the same step
    choose(page, "Selected layer", "layer3.2")
    settled(page)
    assert query(page)["layer"] == ["layer3.2"]
    for model, layer in (("resnet34", "layer2.1"), ("resnet18", "layer2.1")):
        back(page)
        assert query(page) == {"model": [model], "layer": [layer]}
        assert sidebar(page)["Network"] == model
        assert sidebar(page)["Selected layer"] == layer
        assert "does not exist" not in " ".join(alerts(page))
        expect(page.get_by_test_id("stMain")).to_contain_text(layer)
    back(page)
    assert page.url.endswith("/?model=resnet18&layer=layer2.1")


def test_a_step_back_brings_back_what_is_folded_away(page: Page, app: str) -> None:
    visit(page, app, "layers?model=resnet18")
    caption = page.get_by_test_id("stMain").get_by_test_id("stCaptionContainer").first
    expect(caption).to_contain_text("3 × 224 × 224")
    choose(page, "Network", "resnet20")
    expect(caption).to_contain_text("3 × 32 × 32")
    settled(page)
    back(page)
    expect(caption).to_contain_text("3 × 224 × 224")
    page.get_by_test_id("stSidebar").get_by_text("Input and device").click()
    expect(page.get_by_role("spinbutton", name="Input size, pixels")).to_have_value("224")
    settled(page)
    assert query(page) == {"model": ["resnet18"]}
