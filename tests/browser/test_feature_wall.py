"""The feature wall in Chromium: what Python encodes is what is shown and told back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from resnet_viz.analysis.receptive_field import Field, field_box
from tests.browser.serving import repainted, settled
from tests.components.walls import SHAPES, made

pytestmark = pytest.mark.browser


def opened(page: Page, components: str, kind: str) -> None:
    page.goto(f"{components}/?component=feature_wall&kind={kind}")
    settled(page)
    expect(page.locator(f'.root[data-shown="{kind}"]')).to_be_visible()
    repainted(page)  # Streamlit may mount a component anew in the moment after


def over_tile(page: Page, position: int, across: float, down: float) -> tuple[float, float]:
    """The point of the screen at a share of a tile of the wall, in rows as they are drawn."""
    wall_ = page.locator(".wall")
    columns = int(wall_.get_attribute("aria-colcount") or 0)
    board, mark = page.locator(".wall .board").bounding_box(), page.locator(".wall .here")
    assert board
    side = mark.evaluate("m => [parseFloat(m.style.width), parseFloat(m.style.height)]")
    column, row = position % columns, position // columns
    return (
        board["x"] + column * (side[0] + 2) + across * side[0],
        board["y"] + row * (side[1] + 2) + down * side[1],
    )


def read_value(page: Page) -> float:
    text = page.locator(".value").inner_text().replace("−", "-")
    return float(text.removeprefix("≈ ").removesuffix(" on average"))


@pytest.mark.parametrize(("kind", "tolerance"), [("stem", 0.02), ("deep", 1e-5), ("signed", 1e-5)])
def test_hover_reads_the_value_that_numpy_has(
    page: Page, components: str, kind: str, tolerance: float
) -> None:
    opened(page, components, kind)
    values = made(kind)
    for position, across, down in ((5, 0.3, 0.8), (9, 0.62, 0.1), (3, 0.99, 0.99)):
        page.mouse.move(*over_tile(page, position, across, down))
        row, column = int(down * values.shape[1]), int(across * values.shape[2])
        expect(page.locator(".position")).to_have_text(
            f"channel {position} (of 0–{len(values) - 1}) · row {row}, column {column}"
        )
        assert read_value(page) == pytest.approx(values[position, row, column], abs=tolerance)
        low = f"{values[position].min():.4g}".replace("-", "−")
        if "e" not in low:
            expect(page.locator(".facts")).to_contain_text(f"min {low} ·")


def test_hover_sends_nothing_and_blocks_nothing(page: Page, components: str) -> None:
    sent: list[object] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda frame: sent.append(frame)))
    opened(page, components, "deep")
    page.wait_for_timeout(500)
    assert sent, "the page talks to its server, so a frame would have been seen"
    sent.clear()
    page.evaluate(COUNTS_DRAWING)
    board, large = page.locator(".wall").bounding_box(), page.locator(".map").bounding_box()
    assert board
    assert large
    for step in range(60):
        y = board["y"] + board["height"] * step / 61
        page.mouse.move(board["x"] + board["width"] * step / 61, y)
    for step in range(20):
        page.mouse.move(large["x"] + 5 + 10 * step, large["y"] + 5 + 10 * step)
    page.wait_for_timeout(300)
    assert sent == []
    # In no frame more than the large map is drawn, and never one of the 2,048 tiles.
    assert page.evaluate("drawing") == {"now": 0, "most": 1, "coloured": 0}


# How many images are drawn from one frame to the next, and how many are coloured anew.
COUNTS_DRAWING = """() => {
  window.drawing = { now: 0, most: 0, coloured: 0 };
  const { drawImage, putImageData } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.drawImage = function (...how) {
    drawing.now += 1;
    return drawImage.apply(this, how);
  };
  CanvasRenderingContext2D.prototype.putImageData = function (...how) {
    drawing.coloured += 1;
    return putImageData.apply(this, how);
  };
  const frame = () => {
    drawing.most = Math.max(drawing.most, drawing.now);
    drawing.now = 0;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


def test_map_and_image_move_the_same_cell(page: Page, components: str) -> None:
    opened(page, components, "signed")
    page.mouse.move(*over_tile(page, 5, 0.52, 0.52))
    expect(page.locator(".position")).to_have_text("channel 5 (of 0–23) · row 14, column 14")
    large, seen = page.locator(".map").bounding_box(), page.locator(".image").bounding_box()
    assert large
    assert seen
    page.mouse.move(large["x"] + large["width"] * 0.26, large["y"] + large["height"] * 0.9)
    expect(page.locator(".position")).to_have_text("channel 5 (of 0–23) · row 25, column 7")
    page.mouse.move(seen["x"] + seen["width"] * 0.9, seen["y"] + seen["height"] * 0.26)
    expect(page.locator(".position")).to_have_text("channel 5 (of 0–23) · row 7, column 25")
    field, frame = Field(17, 8, 3.5), page.locator(".field").bounding_box()
    assert frame
    left, top, right, bottom = field_box(field, 7, 25, 224)
    scale = seen["width"] / 224
    assert frame["x"] - seen["x"] == pytest.approx(left * scale, abs=1)
    assert frame["y"] - seen["y"] == pytest.approx(top * scale, abs=1)
    assert frame["width"] == pytest.approx((right - left) * scale, abs=1)
    assert frame["height"] == pytest.approx((bottom - top) * scale, abs=1)


def test_a_click_pins_and_escape_lets_go(page: Page, components: str) -> None:
    opened(page, components, "signed")
    expect(page.locator(".wall .pin")).to_be_hidden()
    page.mouse.click(*over_tile(page, 3, 0.52, 0.27))
    expect(page.get_by_text("pin: 3 7-14", exact=True)).to_be_visible()
    expect(page.locator(".wall .pin")).to_be_visible()
    page.mouse.move(*over_tile(page, 8, 0.5, 0.5))
    expect(page.locator(".position")).to_contain_text("channel 8 (of 0–23)")
    page.mouse.move(2, 2)  # what is pinned comes back
    expect(page.locator(".position")).to_have_text("channel 3 (of 0–23) · row 7, column 14")
    page.locator(".wall").press("Escape")
    expect(page.get_by_text("pin: none", exact=True)).to_be_visible()
    expect(page.locator(".wall .pin")).to_be_hidden()
    expect(page.get_by_text("run 0", exact=True)).to_be_visible()  # the page around did not run


def test_a_pin_does_not_send_the_values_again(page: Page, components: str) -> None:
    received: list[int] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda f: received.append(len(f))))
    opened(page, components, "stem")
    assert 800_000 < sum(received) < 1_000_000
    received.clear()
    page.mouse.click(*over_tile(page, 3, 0.504, 0.504))
    expect(page.get_by_text("pin: 3 56-56", exact=True)).to_be_visible()
    assert sum(received) < 10_000


def test_keys_walk_channels_and_cells(page: Page, components: str) -> None:
    opened(page, components, "signed")
    tiles, large = page.locator(".wall"), page.locator(".map")
    columns = int(tiles.get_attribute("aria-colcount") or 0)
    tiles.press("ArrowLeft")
    tiles.press("ArrowUp")
    last = 23 - 1 - columns
    expect(page.locator(".position")).to_contain_text(f"channel {last} (of 0–23)")
    large.press("ArrowRight")
    large.press("ArrowDown")
    expect(page.locator(".position")).to_contain_text("row 15, column 15")
    expect(page.get_by_text("pin: none", exact=True)).to_be_visible()
    large.press("Enter")
    expect(page.get_by_text(f"pin: {last} 15-15", exact=True)).to_be_visible()
    expect(page.locator(".spoken")).to_contain_text(f"channel {last} (of 0–23)")
    expect(large.get_by_role("gridcell")).to_have_attribute(
        "aria-label", re.compile(rf"^channel {last} \(of 0–23\) · row 15, column 15, ")
    )


def test_options_are_told_once_and_change_the_wall(page: Page, components: str) -> None:
    opened(page, components, "signed")
    page.get_by_label("Sort by").select_option("variance")
    page.get_by_label("Show").select_option("dead")
    expect(page.locator(".foot")).to_contain_text("4 of 24 channels are dead")
    page.get_by_label("Colour range").select_option("fixed")
    page.get_by_label("From", exact=True).fill("-0.5")
    page.get_by_label("To", exact=True).fill("2")
    page.get_by_label("To", exact=True).press("Tab")
    expect(page.locator(".bar .low")).to_have_text("−0.5")
    expect(page.locator(".bar .zero")).to_be_visible()
    expect(page.get_by_text("options: variance fixed dead -0.5 2", exact=True)).to_be_visible()


def test_an_option_outlives_a_layer_that_comes_before_it_is_told(
    page: Page, components: str
) -> None:
    opened(page, components, "signed")
    sort = page.get_by_label("Sort by")
    sort.select_option("variance")
    expect(sort).to_have_value("variance")
    page.get_by_role("button", name="Another layer").click()
    expect(page.locator('.root[data-shown="single"]')).to_be_visible()
    expect(sort).to_have_value("variance")
    expect(page.get_by_text("options: variance layer all 0 3", exact=True)).to_be_visible()
    # What comes after Python has heard of it is another wish, and holds.
    page.get_by_role("button", name="As a link says").click()
    expect(sort).to_have_value("mean")
    sort.select_option("strongest")
    page.get_by_role("button", name="Another layer").click()
    expect(page.locator('.root[data-shown="signed"]')).to_be_visible()
    expect(sort).to_have_value("strongest")
    expect(page.get_by_text("options: strongest layer all 0 3", exact=True)).to_be_visible()


def test_a_wall_taller_than_any_canvas_is_painted_where_it_is_looked_at(
    page: Page, components: str
) -> None:
    opened(page, components, "classes")
    grid = page.locator(".wall")
    # Whether anything is painted where the first and the last tile are that can be seen.
    seen = """wall => {
      const canvas = wall.querySelector("canvas");
      const { left, top } = canvas.getBoundingClientRect();
      const box = wall.getBoundingClientRect();
      const ratio = window.devicePixelRatio;
      const painted = (y) => canvas.getContext("2d").getImageData(
        Math.round((box.left + 12 - left) * ratio), Math.round((y - top) * ratio), 1, 8,
      ).data.some((level) => level);
      return [painted(box.top + 12), painted(box.bottom - 12)];
    }"""
    assert grid.evaluate("wall => wall.scrollHeight") > 65_535
    for place in (0, 40_000, 10**9, 30_000):
        grid.evaluate("(wall, top) => { wall.scrollTop = top; }", place)
        repainted(page)
        assert grid.evaluate(seen) == [True, True], place
    assert grid.evaluate("wall => wall.querySelector('canvas').height") < 16_384
    page.mouse.move(*over_tile(page, 0, 0.5, 0.5))
    grid.evaluate("wall => { wall.scrollTop = wall.scrollHeight; }")
    grid.press("Tab")
    page.get_by_label("Class", exact=True).fill("99999")
    page.get_by_label("Class", exact=True).press("Enter")
    expect(page.get_by_text("pin: 99999 0-0", exact=True)).to_be_visible()


def test_classes_are_called_so_and_have_their_names_on_their_tiles(
    page: Page, components: str
) -> None:
    opened(page, components, "named")
    drawn = page.evaluate_handle("() => { const all = []; window.drawn = all; return all; }")
    page.evaluate(
        """() => {
          const { fillText } = CanvasRenderingContext2D.prototype;
          CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
            window.drawn.push(text);
            const { width } = this.measureText(text);
            if (width > 128) window.drawn.push(`too wide: ${text}`);
            return fillText.call(this, text, x, y);
          };
        }"""
    )
    page.get_by_label("Sort by").select_option("mean")
    texts = drawn.json_value()
    assert texts.count("star") == 1
    assert next(text for text in texts if text.startswith("a name that")).endswith("…")
    assert not [text for text in texts if text.startswith("too wide")]
    page.mouse.move(2, 2)
    find = page.get_by_label("Class", exact=True)
    find.fill("0")
    find.press("Enter")
    expect(page.locator(".position")).to_have_text("class 0 · star")
    opened(page, components, "classes")  # nobody knows their names
    expect(page.locator(".position")).to_have_text("class 99999 (of 0–99999)")


def test_away_from_the_wall_it_shows_what_the_page_speaks_of(page: Page, components: str) -> None:
    """The channel that it opened with, until one is pinned; then that one."""
    opened(page, components, "signed")
    place = page.locator(".position")
    home = "channel 23 (of 0–23) · row 14, column 14"
    expect(place).to_have_text(home)
    page.mouse.move(*over_tile(page, 5, 0.5, 0.5))
    expect(place).to_contain_text("channel 5 ")
    page.mouse.move(2, 2)
    expect(place).to_have_text(home)
    page.mouse.click(*over_tile(page, 5, 0.52, 0.52))
    page.mouse.move(*over_tile(page, 6, 0.5, 0.5))
    page.mouse.move(2, 2)
    expect(place).to_have_text("channel 5 (of 0–23) · row 14, column 14")
    page.locator(".wall").press("Escape")
    expect(page.get_by_text("pin: none", exact=True)).to_be_visible()
    expect(place).to_have_text(home)


def test_a_fixed_scale_of_signed_values_opens_on_both_sides_of_zero(
    page: Page, components: str
) -> None:
    opened(page, components, "signed")
    page.get_by_label("Colour range").select_option("fixed")
    expect(page.get_by_label("From", exact=True)).to_have_value("-3")
    expect(page.get_by_text("options: index fixed all -3 3", exact=True)).to_be_visible()


def test_a_channel_that_is_not_there_is_not_pinned(page: Page, components: str) -> None:
    opened(page, components, "signed")
    find = page.get_by_label("Channel", exact=True)
    find.fill("99")
    find.press("Enter")
    assert find.evaluate("field => field.matches(':invalid')")
    expect(page.get_by_text("pin: none", exact=True)).to_be_visible()
    expect(page.locator(".position")).to_contain_text("channel 23 ")


def test_a_channel_is_found_by_its_number(page: Page, components: str) -> None:
    opened(page, components, "deep")
    find = page.get_by_label("Channel", exact=True)
    find.fill("1777")
    find.press("Enter")
    expect(page.get_by_text("pin: 1777 3-3", exact=True)).to_be_visible()
    expect(page.locator(".wall .pin")).to_be_in_viewport()


@pytest.mark.parametrize("kind", ["vector", "single", "zeros", "constant", "large"])
def test_unusual_layers_are_shown(page: Page, components: str, kind: str) -> None:
    opened(page, components, kind)
    page.mouse.move(*over_tile(page, 0, 0.5, 0.5))
    expect(page.locator(".position")).to_contain_text(f"channel 0 (of 0–{SHAPES[kind][0] - 1})")
    assert "NaN" not in page.locator(".root").inner_text()
    cell = made(kind)[0, made(kind).shape[1] // 2, made(kind).shape[2] // 2]
    squares = made("large")[0, 150:153, 150:153]  # a large layer shows means over 3 × 3
    expected = squares.mean() if kind == "large" else cell
    assert read_value(page) == pytest.approx(float(expected), rel=1e-3, abs=5e-3)
    expect(page.locator(".map")).to_be_visible(visible=kind != "vector")


def test_on_a_phone_all_stands_in_one_column(page: Page, components: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, components, "stem")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    above, below = page.locator(".wall").bounding_box(), page.locator(".closeup").bounding_box()
    assert above
    assert below
    assert below["y"] >= above["y"] + above["height"]
    for control in page.locator(".tools").locator("select:visible, input:visible").all():
        box = control.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 24


def test_a_tap_pins(browser: Browser, components: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    opened(page, components, "signed")
    page.touchscreen.tap(*over_tile(page, 5, 0.52, 0.52))
    expect(page.get_by_text("pin: 5 14-14", exact=True)).to_be_visible()
    context.close()


def test_a_dead_channel_is_told_from_a_quiet_one(page: Page, components: str) -> None:
    """Both are as dark as zero; only the dead ones have a line through them, and the foot says so."""
    opened(page, components, "quiet")
    middles: list[bool] = page.locator(".wall").evaluate(
        """(wall) => {
          const context = wall.querySelector("canvas").getContext("2d");
          const side = parseFloat(wall.querySelector(".here").style.width);
          const columns = Number(wall.getAttribute("aria-colcount"));
          const at = (x, y) => context.getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1);
          return Array.from({ length: 8 }, (_, tile) => {
            const [x, y] = [(tile % columns) * (side + 2), Math.floor(tile / columns) * (side + 2)];
            const [middle, aside] = [at(x + side / 2, y + side / 2), at(x + side / 4, y + side / 4)];
            return middle.data.join() !== aside.data.join();
          });
        }"""
    )
    assert middles == [not channel.any() for channel in made("quiet")]
    expect(page.locator(".foot")).to_contain_text("A tile with a line through it is dead")
    page.get_by_label("Show").select_option("alive")
    expect(page.locator(".foot")).not_to_contain_text("line through it")
