"""Heat maps in a browser: places under the cursor and the keys, switches, and the way from Predict."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import settled
from tests.browser.test_accessibility import violations

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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_was_measured_of_faithfulness_can_be_read(
    page: Page, app: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{app}/why?picture=star")
    settled(page)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_role("button", name="Ask all 11 methods about 36 images")).to_be_visible()
    page.wait_for_timeout(500)
    for label in ("Measure this map", "Randomise, and ask Grad-CAM at each step"):
        button = main.get_by_role("button", name=label)
        if button.count():  # else kept from the other scheme's visit
            button.focus()
            page.keyboard.press("Enter")
    row = page.locator(".panels.small")
    expect(row.locator("figure")).to_have_count(7, timeout=60_000)
    expect(main.get_by_text("probability of the class")).to_have_count(2, timeout=60_000)
    expect(main.get_by_role("cell", name="Random map · layer4")).to_be_visible()
    settled(page)
    expect(main.get_by_role("button", name="Measure this map")).to_have_count(0)
    tops = row.locator("figure").evaluate_all("all => all.map(one => one.offsetTop)")
    assert len(set(tops)) == 1  # a row
    page.wait_for_timeout(500)
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    wider = "e => e.scrollWidth - e.clientWidth"
    assert main.evaluate(wider) <= 0
