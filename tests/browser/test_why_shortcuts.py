"""The argument for shortcuts in a browser: predict, see, go on by keys, select a block by a click."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import settled

pytestmark = pytest.mark.browser


def test_a_prediction_opens_the_figures_and_the_keys_lead_on(page: Page, app: str) -> None:
    page.goto(f"{app}/why_shortcuts")
    settled(page)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_test_id("stPlotlyChart")).to_have_count(0)
    main.get_by_text("plain-56", exact=True).first.click()
    expect(main.get_by_test_id("stPlotlyChart")).to_have_count(2)
    expect(main.get_by_test_id("stAlert").first).to_contain_text("ResNet-56")
    page.get_by_role("heading", name="Why shortcuts?").click()  # away from the options
    page.keyboard.press("ArrowRight")
    expect(main).to_contain_text("2. It is not overfitting")
    expect(page).to_have_url(f"{app}/why_shortcuts?part=2")
    expect(main.get_by_test_id("stPlotlyChart")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    expect(main.get_by_test_id("stPlotlyChart")).to_have_count(2)  # what was predicted is kept


def test_a_click_on_a_bar_selects_its_block_on_every_page(page: Page, app: str) -> None:
    page.goto(f"{app}/why_shortcuts?part=3&reveal=true")
    settled(page)
    chart = page.get_by_test_id("stPlotlyChart").nth(2)
    expect(chart.locator(".barlayer .point")).to_have_count(16)  # two ways at each of eight blocks
    chart.locator(".barlayer .trace").first.locator(".point").nth(3).locator("path").click(
        force=True
    )
    expect(page).to_have_url(f"{app}/why_shortcuts?part=3&reveal=true&layer=layer2.1")


def test_walkthrough_and_residual_lead_to_the_argument(page: Page, app: str) -> None:
    page.goto(f"{app}/residual")
    settled(page)
    page.get_by_role("button", name="See where it does").click()
    expect(page.get_by_role("heading", name="1. Degradation")).to_be_visible()
    page.goto(f"{app}/walkthrough?step=4")
    settled(page)
    page.get_by_role("button", name="Why shortcuts? The evidence").click()
    expect(page.get_by_role("heading", name="1. Degradation")).to_be_visible()


def test_the_blocks_of_the_deep_network_can_be_removed_by_oneself(page: Page, app: str) -> None:
    page.goto(f"{app}/why_shortcuts?part=5&reveal=true&picture=rocket")
    settled(page)
    page.get_by_role("button", name="Remove blocks of ResNet-56 yourself").click()
    expect(page.get_by_role("heading", name="Ablation of layer1.0")).to_be_visible()
    expect(page.get_by_test_id("stMain")).to_contain_text("ResNet-56 (32 × 32) · Bundled weights")
    settled(page)
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["model"] == ["resnet56"]
    assert asked["picture"] == ["rocket"]
    assert "part" not in asked
