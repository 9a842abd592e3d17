"""Work over many images, in the browser: the lesion study on a set, and the images that a channel likes.

On a server of its own: what was found stays there, and stands on the pages of whoever comes next.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import serving, settled
from tests.browser.test_accessibility import violations
from tests.browser.test_app import query, visit

pytestmark = pytest.mark.browser

LONG = 120_000  # milliseconds, on a machine that does much else
SMALL = "feature_maps?picture=star&size=32"  # images of 32 × 32 pixels are soon looked through


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as address:
        yield address


def test_the_study_is_made_once_and_a_bar_selects_its_block(page: Page, server: str) -> None:
    visit(page, server, "residual?picture=star")
    page.get_by_role("button", name="Remove blocks of both networks").click()
    expect(page.get_by_role("heading", name="Two blocks exchanged")).to_be_visible(timeout=LONG)
    settled(page)
    assert violations(page) == []
    bar = page.get_by_test_id("stPlotlyChart").nth(2).locator(".barlayer .point path").nth(4)
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 4)
    expect(page.get_by_role("heading", name="Ablation of layer3.0")).to_be_visible()
    settled(page)
    assert query(page)["layer"] == ["layer3.0"]
    # The partner's page shows the same study without a click.
    visit(page, server, "residual?model=shapes_plain&picture=star")
    expect(page.get_by_role("heading", name="Two blocks exchanged")).to_be_visible()
    expect(page.get_by_role("button", name="Remove blocks of both networks")).to_have_count(0)


def test_the_images_of_a_channel_fit_a_phone_and_another_channel_needs_no_search(
    page: Page, server: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, server, f"{SMALL}&layer=layer1.1&channel=2&cell=1-1")
    page.get_by_role("button", name="Look through 3,000 images").click()
    finding = page.get_by_test_id("stMain").get_by_text("The 12 of 3,000 images")
    expect(finding).to_contain_text("channel 2 of layer1.1", timeout=LONG)
    settled(page)
    images = page.get_by_role("img", name="its receptive field, and where it lies")
    expect(images).to_have_count(12)
    boxes = [image.bounding_box() for image in images.all()]
    tops = [box["y"] for box in boxes if box]
    assert tops.count(tops[0]) == 3  # in a row
    assert max(box["x"] + box["width"] for box in boxes if box) <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    visit(page, server, f"{SMALL}&layer=layer1.1&channel=9&cell=1-1")
    expect(finding).to_contain_text("channel 9 of layer1.1")


def test_a_search_can_be_cancelled(page: Page, server: str) -> None:
    visit(page, server, "feature_maps?picture=star&layer=layer4.1")
    look = page.get_by_role("button", name="Look through 3,000 images")
    look.click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(look).to_be_visible()
    settled(page)
    expect(page.get_by_text("The 12 of 3,000")).to_have_count(0)


def test_the_argument_leads_to_the_study(page: Page, server: str) -> None:
    visit(page, server, "why_shortcuts?model=resnet56&picture=rocket&part=5&reveal=true")
    page.get_by_role("button", name="Measure it on ResNet-18 for shapes").click()
    expect(page.get_by_role("heading", name="Lesion study on 500 images")).to_be_visible()
