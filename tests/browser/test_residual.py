"""Surgery in the browser: what is changed stands in the URL, and a reset takes it back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import settled
from tests.browser.test_app import query, visit

pytestmark = pytest.mark.browser


def test_what_is_done_to_a_block_can_be_sent_as_a_link_and_taken_back(page: Page, app):
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


def test_the_lesion_study_says_how_much_it_asks_and_shows_its_bars(page: Page, app):
    visit(page, app, "residual?picture=star")
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name="Remove each block in turn: 9 forward passes").click()
    expect(main).to_contain_text("Without one block the answer is still star in 4 of 8 cases")
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(4)
