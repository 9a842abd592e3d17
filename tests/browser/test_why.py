"""Heat maps in a browser: places under the cursor and the keys, switches, and the way from Predict."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import settled

pytestmark = pytest.mark.browser


def test_the_pointer_and_the_keys_say_every_maps_value_at_one_place(page: Page, app: str) -> None:
    page.goto(f"{app}/why?picture=star&methods=grad_cam&methods=layer_cam")
    settled(page)
    boards = page.locator(".board")
    expect(boards).to_have_count(3)  # two maps, and the positions of the logit
    says = page.locator(".says")
    expect(says.nth(0)).to_contain_text("values from")
    boards.nth(0).scroll_into_view_if_needed()
    box = boards.nth(0).bounding_box()
    assert box
    # 4 × 4 values whose centres lie at 0, 32, 64 and 96 of 128 pixels.
    page.mouse.move(box["x"] + box["width"] * 0.52, box["y"] + box["height"] * 0.26)
    for i in (0, 1):
        expect(says.nth(i)).to_contain_text("row 1, column 2")
    cell = page.locator(".cell").nth(0)
    frame = cell.bounding_box()
    assert frame
    assert (frame["x"] - box["x"]) / box["width"] == pytest.approx(48.5 / 128, abs=0.01)
    assert frame["width"] / box["width"] == pytest.approx(0.25, abs=0.01)
    boards.nth(0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(says.nth(1)).to_contain_text("row 2, column 3")  # one to the right and one down
    boards.nth(0).blur()
    page.mouse.move(0, 0)
    expect(says.nth(0)).to_contain_text("values from")


def painted(page: Page) -> list[int]:
    """How many points of each map have a colour."""
    counts: list[int] = page.locator(".board canvas").evaluate_all(
        """canvases => canvases.map((canvas) => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.filter((value, at) => at % 4 === 3 && value > 0).length;
        })"""
    )
    return counts


def test_switches_change_what_is_painted_without_the_server(page: Page, app: str) -> None:
    page.goto(f"{app}/why?picture=star&methods=grad_cam&classes=cross")
    settled(page)
    expect(page.locator(".board canvas")).to_have_count(2)
    positive = painted(page)[0]
    controls = page.locator(".controls").first
    controls.get_by_label("values below zero").check()
    assert painted(page)[0] > positive
    controls.get_by_label("values below zero").uncheck()
    assert painted(page)[0] == positive
    controls.get_by_role("slider").fill("0")
    assert painted(page)[0] == 0
    controls.get_by_label("contours").check()
    assert painted(page)[0] > 0


def test_predict_leads_to_why_with_the_same_image(page: Page, app: str) -> None:
    page.goto(f"{app}/predict?picture=heart")
    settled(page)
    page.get_by_role("button", name="Why this class?").click()
    expect(page.get_by_role("heading", name="The logit of heart, split")).to_be_visible()
