"""The layer table in Chromium: what folds here stays here, what is selected reaches Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from resnet_viz.analysis.trace import trace
from resnet_viz.model.presets import PRESETS

pytestmark = pytest.mark.browser


class Visit:
    """One visitor's page with the table on it."""

    def __init__(self, page: Page, components: str) -> None:
        self.page = page
        self.url = f"{components}/?component=layer_table"
        self.errors: list[str] = []
        self.sent = 0
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("websocket", lambda socket: socket.on("framesent", self._count))

    def _count(self, _: object) -> None:
        self.sent += 1

    def open(self, query: str = "") -> Visit:
        self.page.goto(f"{self.url}&{query}")
        expect(self.table).to_be_visible(timeout=60_000)
        self.settled()
        return self

    def settled(self) -> None:
        self.page.wait_for_function(
            "document.querySelector('[data-testid=stApp]')"
            ".getAttribute('data-test-script-state') === 'notRunning'"
        )

    @property
    def table(self) -> Locator:
        return self.page.get_by_role("treegrid", name="Layers of the network")

    def row(self, path: str) -> Locator:
        return self.table.locator(f'tr[data-path="{path}"]')

    def python_holds(self, path: str, after: int) -> None:
        expect(self.page.get_by_text(f"Python holds {path} after {after}")).to_be_visible()

    @property
    def focused(self) -> str | None:
        path: str | None = self.page.evaluate(
            "document.activeElement.shadowRoot?.activeElement?.dataset.path ?? null"
        )
        return path

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


@pytest.fixture
def visit(page: Page, components: str) -> Iterator[Visit]:
    page.set_viewport_size({"width": 1280, "height": 900})
    visit = Visit(page, components)
    yield visit
    assert visit.errors == []


def test_opened_as_far_as_blocks_and_around_the_selection(visit: Visit) -> None:
    visit.open("selected=layer2.0.conv1")
    for path in ("conv1", "layer1", "layer1.0", "layer2.0.conv1", "layer4.1", "fc"):
        expect(visit.row(path)).to_be_visible()
    expect(visit.row("layer1.0.conv1")).to_be_hidden()
    expect(visit.row("layer2.0.conv1")).to_have_attribute("aria-selected", "true")
    expect(visit.row("layer2.0.conv1")).to_have_attribute("aria-level", "3")
    expect(visit.table.get_by_role("row").last).to_contain_text("11,689,512")  # torchvision's


def test_chevron_opens_and_closes_without_a_message(visit: Visit) -> None:
    visit.open()
    sent = visit.sent
    visit.row("layer3.0").locator(".chevron").click()
    expect(visit.row("layer3.0.conv1")).to_be_visible()
    expect(visit.row("layer3.0.downsample.0").get_by_label("on the shortcut")).to_be_visible()
    visit.row("layer3").locator(".chevron").click()
    expect(visit.row("layer3.0.conv1")).to_be_hidden()
    expect(visit.row("layer3.0")).to_be_hidden()
    expect(visit.row("layer3")).to_have_attribute("aria-expanded", "false")
    visit.row("layer3").locator(".chevron").click()
    expect(visit.row("layer3.0.conv1")).to_be_visible()
    assert visit.sent == sent


def test_keys_walk_and_enter_selects(visit: Visit) -> None:
    visit.open("selected=layer1")
    visit.row("layer1").focus()
    sent = visit.sent
    visit.press("ArrowRight", "ArrowRight", "ArrowRight")
    assert visit.focused == "layer1.0.conv1"
    visit.press("ArrowDown", "ArrowLeft", "ArrowLeft")
    assert visit.focused == "layer1.0"
    expect(visit.row("layer1.0.conv1")).to_be_hidden()
    visit.press("End")
    assert visit.focused == "fc"
    visit.press("ArrowDown", "ArrowUp", "Home", "ArrowUp", "ArrowDown")
    assert visit.focused == "bn1"
    assert visit.sent == sent
    visit.press("Enter")
    visit.python_holds("bn1", after=1)
    visit.press("ArrowDown", " ")
    visit.python_holds("relu", after=2)
    expect(visit.table.locator('tr[tabindex="0"]')).to_have_count(1)


def test_click_selects_and_what_was_opened_stays_open(visit: Visit) -> None:
    visit.open()
    visit.row("layer2.1").locator(".chevron").click()
    visit.row("layer1").locator(".chevron").click()
    visit.row("layer2.1.conv2").click()
    visit.python_holds("layer2.1.conv2", after=1)
    expect(visit.row("layer2.1.conv2")).to_have_attribute("aria-selected", "true")
    expect(visit.row("layer1.0")).to_be_hidden()
    expect(visit.table.locator('[aria-selected="true"]')).to_have_count(1)


def test_selection_from_outside_comes_into_view_inside_the_table(visit: Visit) -> None:
    visit.open("selected=conv1")
    expect(visit.row("layer4.1.conv2")).to_be_hidden()
    visit.page.get_by_role("button", name="Elsewhere").click()
    expect(visit.row("layer4.1.conv2")).to_have_attribute("aria-selected", "true")
    expect(visit.row("layer4.1.conv2")).to_be_in_viewport(ratio=1)
    assert visit.table.evaluate("table => table.parentElement.scrollTop") > 0


def test_a_search_lists_flat_and_its_end_brings_the_tree_back(visit: Visit) -> None:
    visit.open()
    visit.row("layer3.1").locator(".chevron").click()
    search = visit.page.get_by_label("Search")
    search.fill("downsample.0")
    search.press("Enter")
    expect(visit.table.locator("tbody tr")).to_have_count(3)
    expect(visit.row("layer2.0.downsample.0")).to_contain_text("layer2.0.downsample.0")
    expect(visit.row("layer2.0.downsample.0")).to_have_attribute("aria-level", "1")
    search.fill("<b>nothing")
    search.press("Enter")
    expect(visit.table).to_contain_text("No layer matches.")
    search.fill("")
    search.press("Enter")
    expect(visit.row("layer3.1.conv1")).to_be_visible()
    expect(visit.row("layer2.0.downsample.0")).to_be_hidden()


def test_other_numbers_in_the_same_rows_move_nothing(visit: Visit) -> None:
    visit.open("selected=layer1.0")
    visit.row("layer2.0").locator(".chevron").click()
    visit.row("layer1").locator(".chevron").click()
    visit.page.get_by_text("Short numbers").click()
    expect(visit.row("layer2.0.conv1")).to_contain_text("57.80 M")
    expect(visit.row("layer2.0.conv1")).to_be_visible()
    expect(visit.row("layer1.0")).to_be_hidden()


def test_opened_as_far_as_layers_shows_every_row_of_resnet152(visit: Visit) -> None:
    visit.open("network=resnet152")
    visit.page.get_by_role("combobox", name="Open").click()
    visit.page.get_by_role("option", name="layers").click()
    expect(visit.row("layer3.35.relu3")).to_be_visible()
    every = len(trace(PRESETS["resnet152"]).layers)
    expect(visit.table.locator("tbody tr")).to_have_count(every)
    expect(visit.table.locator("tbody tr[hidden]")).to_have_count(0)


@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(
    visit: Visit, appearance: Literal["light", "dark"]
) -> None:
    visit.page.emulate_media(color_scheme=appearance)
    visit.open()
    for cell in (
        visit.table.locator("thead th").first,
        visit.row("layer1").locator("th"),
        visit.row("layer1.0").locator('[data-slug="kind"]'),  # the selected row
        visit.row("layer2.0").locator('[data-slug="kind"]'),
        visit.table.locator("tfoot td").nth(4),
    ):
        assert cell.evaluate(CONTRAST) >= 4.5  # WCAG 2.2, 1.4.3


# A canvas turns whatever CSS says, `color-mix` included, into three numbers.
CONTRAST = """cell => {
  const light = (colour) => {
    const paint = new OffscreenCanvas(1, 1).getContext("2d");
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...paint.getImageData(0, 0, 1, 1).data].map((v) =>
      v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const { color, backgroundColor } = getComputedStyle(cell);
  const pair = [light(color), light(backgroundColor)];
  return Math.max(...pair) / Math.min(...pair);
}"""


def test_a_narrow_window_scrolls_the_table_and_not_the_page(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.open("selected=layer1.0.conv1")
    page_width = "document.documentElement.scrollWidth <= window.innerWidth"
    assert visit.page.evaluate(page_width)
    names = visit.row("layer1.0.conv1").locator("th")
    before = names.bounding_box()
    visit.table.evaluate("table => (table.parentElement.scrollLeft = 200)")
    assert visit.table.evaluate("table => table.parentElement.scrollLeft") == 200
    assert names.bounding_box() == before
    assert visit.page.evaluate(page_width)
