"""Ablation in the browser: what is changed stands in the URL, and a reset takes it back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import settled
from tests.browser.test_app import query, visit
from tests.browser.test_selecting import Runs

pytestmark = pytest.mark.browser


def test_what_is_done_to_a_block_can_be_sent_as_a_link_and_taken_back(page: Page, app: str) -> None:
    visit(page, app, "residual?picture=star&layer=layer3.1")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("Nothing is changed yet")
    page.get_by_role("slider").press("ArrowLeft")
    settled(page)
    expect(main).to_contain_text("star goes from 95.9 %")
    settled(page)
    assert query(page)["alpha"] == ["0.95"]
    sentence = main.get_by_text("star goes from")
    weakened = sentence.inner_text()
    main.get_by_role("radio", name="cut its shortcut").click()
    expect(sentence).not_to_have_text(weakened)
    settled(page)
    assert query(page)["operation"] == ["cut its shortcut"]
    said = sentence.inner_text()
    link = page.url
    main.get_by_role("button", name="Reset").click()
    expect(main).to_contain_text("Nothing is changed yet")
    settled(page)
    assert not {"alpha", "operation"} & query(page).keys()
    page.goto(link)
    settled(page)
    expect(main.get_by_text("star goes from")).to_have_text(said)


def test_the_lesion_study_says_how_much_it_asks_and_shows_its_bars(page: Page, app: str) -> None:
    visit(page, app, "residual?picture=star")
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name="Remove each block in turn: 9 forward passes").click()
    expect(main).to_contain_text("Without one block the answer is still star in 4 of 8 cases")
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(3)


@pytest.mark.parametrize(("chart", "row"), [(0, 3), (2, 5)], ids=["ratios", "lesions"])
def test_a_click_on_a_bar_selects_its_block(page: Page, app: str, chart: int, row: int) -> None:
    blocks = [f"layer{stage}.{place}" for stage in (1, 2, 3, 4) for place in (0, 1)]
    runs = Runs(page)
    visit(page, app, "residual?picture=star")
    page.get_by_role("button", name="Remove each block in turn").click()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(3)
    settled(page)
    bar = page.get_by_test_id("stPlotlyChart").nth(chart).locator(".barlayer .point path").nth(row)
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box
    runs.take()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 4)
    expect(page.get_by_role("heading", name=f"Ablation of {blocks[row]}")).to_be_visible()
    settled(page)
    assert query(page)["layer"] == [blocks[row]]
    assert [] not in runs.take()  # the page ran, or a part of it, and never everything
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(3)


def test_the_answers_on_a_phone_leave_no_word_outside(page: Page, app: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, app, "residual?picture=star&operation=remove")
    chart = page.get_by_test_id("stPlotlyChart").nth(1)
    chart.scroll_into_view_if_needed()
    frame = chart.bounding_box()
    assert frame
    words = chart.locator("svg text").all()
    assert len(words) > 15
    for word in words:
        box = word.bounding_box()
        assert box
        assert frame["x"] <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"]


def test_the_maps_that_are_compared_stand_in_the_link(page: Page, app: str) -> None:
    visit(page, app, "residual?picture=star&layer=layer2.1&operation=remove")
    box = page.get_by_test_id("stMain").get_by_role("combobox", name="Maps of")
    # A list closes when the page scrolls under it: by then the charts must have their height.
    expect(page.locator(".barlayer .point path")).to_have_count(8 + 2 * 8)
    box.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box.click()
    box.fill("layer3.0")
    box.press("Enter")
    expect(page.get_by_test_id("stMain")).to_contain_text("one scale for all · layer3.0, channels")
    settled(page)
    assert query(page)["later"] == ["layer3.0"]
