"""The walkthrough's block in Chromium: its drawing scrolls, and its buttons lead on."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import settled

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("button", "title", "query"),
    [
        ("How F(x) came about", "Feature maps", {"layer=layer2.1.bn2", "of=layer2.1.bn2", "cell="}),
        ("Remove layer2.1", "Residual", {"layer=layer2.1"}),
    ],
)
def test_the_block_leads_to_where_it_is_worked_out(
    page: Page, app: str, button: str, title: str, query: set[str]
) -> None:
    page.goto(f"{app}/walkthrough?step=5&picture=star")
    settled(page)
    expect(page.locator(".st-key-block_drawing svg g.graph")).to_be_visible()
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    settled(page)
    for part in query:
        expect(page).to_have_url(re.compile(re.escape(part)))
