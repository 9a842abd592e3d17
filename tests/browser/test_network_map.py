"""The map of a network in a real browser: a selection reaches Python, all else stays where it is."""

from __future__ import annotations

import io
import re
from urllib.parse import urlencode

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from resnet_viz.figures.palette import DARK, LIGHT
from tests.components.maps import content

pytestmark = pytest.mark.browser


def _open(page: Page, components: str, **query: str) -> None:
    page.goto(f"{components}/?{urlencode({'component': 'network_map', **query})}")
    expect(page.get_by_text("selected:")).to_be_visible(timeout=60_000)
    expect(page.locator(".node").first).to_be_visible()
    idle = page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')
    expect(idle).to_have_count(1)
    expect(page.locator(".thumbs canvas").last).to_have_js_property("width", 48)  # it is drawn


def _node(page: Page, path: str) -> Locator:
    return page.locator(f'.node[data-path="{path}"]')


def _paths(page: Page, cls: str) -> list[str]:
    stops = page.locator(f"[data-node].{cls}")
    paths: list[str] = stops.evaluate_all("all => all.map(e => e.dataset.path)")
    return paths


def _lit_arcs(page: Page) -> list[int]:
    lit: list[int] = page.locator(".arc").evaluate_all(
        "arcs => arcs.flatMap((arc, i) => arc.matches('.lit') ? [i] : [])"
    )
    return lit


@pytest.fixture
def sent(page: Page) -> list[object]:
    """What the page sends to its server from now on."""
    frames: list[object] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda frame: frames.append(frame)))
    return frames


def _quiet(page: Page, sent: list[object]) -> None:
    """From here on nothing may be sent; the page does talk to its server, so that it would be seen."""
    page.wait_for_timeout(500)
    assert sent
    sent.clear()


# ---- selection ----


def test_a_click_on_a_node_reaches_python(page: Page, components: str) -> None:
    _open(page, components)
    assert _paths(page, "selected") == ["layer2.1"]
    _node(page, "layer3.0").click()
    expect(page.get_by_text("selected: layer3.0")).to_be_visible()
    expect(_node(page, "layer3.0")).to_have_attribute("aria-pressed", "true")
    assert _paths(page, "selected") == ["layer3.0"]


def test_a_click_on_the_prediction_selects_the_classifier(page: Page, components: str) -> None:
    _open(page, components)
    page.locator(".prediction").click()
    expect(page.get_by_text("selected: fc")).to_be_visible()
    expect(page.locator(".prediction.selected")).to_be_visible()


def test_a_click_on_the_name_of_a_stage_selects_all_of_it(page: Page, components: str) -> None:
    _open(page, components)
    page.get_by_role("button", name="Stage 3").click()
    expect(page.get_by_text("selected: layer3")).to_be_visible()
    expect(page.locator(".stage.selected")).to_have_count(1)
    assert _paths(page, "selected") == ["layer3.0", "layer3.1"]
    expect(page.locator(".says")).to_contain_text("layer3")


@pytest.mark.parametrize(
    ("layer", "held_by"),
    [
        ("relu", ["conv1"]),
        ("layer4.0.downsample.0", ["layer4.0"]),
        ("layer1", ["layer1.0", "layer1.1"]),
        ("avgpool", ["fc"]),
    ],
)
def test_any_layer_marks_where_it_belongs(
    page: Page, components: str, layer: str, held_by: list[str]
) -> None:
    _open(page, components, layer=layer)
    assert _paths(page, "selected") == held_by


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_arrows_move_between_nodes_and_a_key_selects(page: Page, components: str, key: str) -> None:
    _open(page, components)
    expect(page.locator('[data-node][tabindex="0"]')).to_have_count(1)
    _node(page, "layer2.1").focus()
    page.keyboard.press("ArrowRight")
    expect(_node(page, "layer3.0")).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(".prediction")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(_node(page, "layer4.0")).to_be_focused()
    expect(page.locator('[data-node][tabindex="0"]')).to_have_attribute("data-path", "layer4.0")
    ring = "box => getComputedStyle(box.querySelector('.thumbs')).outlineColor"
    assert _node(page, "layer4.0").evaluate(ring) == _rgb(LIGHT.text)
    expect(page.locator(".says")).to_contain_text("layer4.0")
    page.keyboard.press(key)
    expect(page.get_by_text("selected: layer4.0")).to_be_visible()
    expect(_node(page, "layer4.0")).to_be_focused()


def test_keys_go_on_from_a_click_though_the_pointer_rests(page: Page, components: str) -> None:
    _open(page, components)
    box = _node(page, "layer2.0").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + 6
    page.mouse.click(x, y)
    expect(page.get_by_text("selected: layer2.0")).to_be_visible()
    assert _paths(page, "lit") == ["layer2.0"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert _paths(page, "lit") == ["layer3.0"]
    expect(page.locator(".says")).to_contain_text("layer3.0")
    expect(page.locator(".input strong")).to_contain_text("layer3.0 · channel")
    page.mouse.move(x + 2, y)  # within the same block: the pointer speaks again
    expect(page.locator(".says")).to_contain_text("layer2.0")
    assert _paths(page, "lit") == ["layer2.0"]


def test_escape_goes_up_to_the_stage_and_no_further(page: Page, components: str) -> None:
    _open(page, components)
    _node(page, "layer2.1").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_text("selected: layer2.1", exact=True)).to_be_visible()
    page.keyboard.press("Escape")  # at once: the page may not have answered the first one yet
    expect(page.get_by_text("selected: layer2", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    expect(page.get_by_text("selected: layer2", exact=True)).to_be_visible()


def test_the_names_of_the_stages_are_reached_with_the_keyboard(page: Page, components: str) -> None:
    _open(page, components)
    _node(page, "layer2.1").focus()
    page.keyboard.press("ArrowUp")
    stage = page.get_by_role("button", name="Stage 2")
    expect(stage).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Stage 3")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_text("selected: layer2", exact=True)).to_be_visible()
    expect(page.locator(".says")).to_contain_text("layer2Stage 2")
    stage.focus()
    page.keyboard.press("ArrowDown")
    expect(_node(page, "layer2.0")).to_be_focused()


def test_up_and_down_walk_through_the_thumbnails(
    page: Page, components: str, sent: list[object]
) -> None:
    _open(page, components)
    _quiet(page, sent)
    heading, spoken = page.locator(".figure strong"), page.locator(".spoken")
    _node(page, "layer2.1").focus()
    page.keyboard.press("ArrowDown")
    expect(heading).to_have_text("layer2.1 · channel 3")
    page.keyboard.press("ArrowDown")
    expect(heading).to_have_text("layer2.1 · channel 11")
    expect(spoken).to_have_text("layer2.1 · channel 11")
    page.keyboard.press("ArrowLeft")
    expect(heading).to_have_text("layer2.0 · channel 11")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(heading).to_have_text("input image")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(heading).to_have_text("input image")
    assert sent == []


# ---- hover ----


def test_hover_lights_a_block_with_what_feeds_it_and_sends_nothing(
    page: Page, components: str, sent: list[object]
) -> None:
    _open(page, components)
    _quiet(page, sent)
    fed_by = {"conv1": None, "layer1.0": "maxpool", "layer3.1": "layer3.0", "layer4.0": "layer3.1"}
    for path, before in fed_by.items():
        _node(page, path).locator("canvas").nth(1).hover()
        expect(_node(page, path)).to_have_class("node lit")
        assert _paths(page, "lit") == [path]
        assert _paths(page, "feeds") == ([before] if before else [])
        expect(page.locator(".input.feeds")).to_have_count(0 if before else 1)
        expect(page.locator(".wire.lit")).to_have_count(1)
        arc = {"conv1": [], "layer1.0": [0], "layer3.1": [5], "layer4.0": [6]}[path]
        assert _lit_arcs(page) == arc
    expect(page.locator(".says")).to_have_text("layer4.0Out 512 × 7 × 7Parameters 4,718,592")
    expect(_node(page, "layer2.0")).to_have_css("opacity", "0.35")
    expect(_node(page, "layer3.1")).to_have_css("opacity", "1")
    page.locator(".prediction").hover()
    expect(page.locator(".prediction.lit")).to_be_visible()
    expect(page.locator(".says")).to_contain_text("Likeliest star 91.3 %")
    expect(page.locator(".field")).to_be_visible()
    assert _paths(page, "feeds") == ["layer4.1"]
    page.mouse.move(1200, 880)
    expect(page.locator(".lit, .feeds, .some")).to_have_count(0)
    page.wait_for_timeout(300)
    assert sent == []


def test_the_frame_on_the_image_follows_the_cursor(page: Page, components: str) -> None:
    _open(page, components)
    note, image = page.locator(".note"), page.locator(".frame img")
    expect(note).to_have_text("receptive field 99 px")
    _node(page, "layer3.0").hover()
    expect(note).to_have_text("receptive field 120 px")
    whole, edge = image.bounding_box(), page.locator(".edge").bounding_box()
    assert whole
    assert edge
    line = 3
    assert edge["width"] / whole["width"] == pytest.approx(120 / 224, abs=line / whole["width"])
    assert edge["x"] - whole["x"] == pytest.approx(whole["width"] * 52 / 224, abs=line)
    page.mouse.move(1200, 880)
    expect(note).to_have_text("receptive field 99 px")
    # Over a channel that is shown large it would speak of pixels that are not there.
    _node(page, "layer3.0").locator("canvas").first.hover()
    expect(note).to_be_hidden()
    page.mouse.move(1200, 880)
    expect(note).to_be_visible()


@pytest.mark.parametrize("width", [820, 1400])
def test_no_label_is_smaller_than_twelve_pixels(page: Page, components: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    _open(page, components)
    sizes: list[float] = page.locator(".root").first.evaluate(
        """(root) => [...root.querySelectorAll("*")]
          .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
          .map((e) => parseFloat(getComputedStyle(e).fontSize))"""
    )
    assert len(sizes) > 20
    assert min(sizes) >= 12


def test_the_large_thumbnail_is_the_tile_of_the_sprite(page: Page, components: str) -> None:
    _open(page, components)
    large = page.locator(".large")
    pixels = """canvas => Array.from(
        canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).join()"""
    seen = []
    for path, number in (("conv1", 0), ("layer2.1", 2), ("layer4.1", 3)):
        small = _node(page, path).locator("canvas").nth(number)
        small.hover()
        channel = 11 if path == "conv1" else (3, 11, 40, 7)[number]
        expect(page.locator(".figure strong")).to_have_text(f"{path} · channel {channel}")
        expect(page.locator(".figure > span").first).to_have_text(re.compile(r"^\d+ × \d+$"))
        expect(large).to_have_css("opacity", "1")
        seen.append(large.evaluate(pixels))
        assert seen[-1] == small.evaluate(pixels)
        tile = 4 * _node(page, path).evaluate("box => Number(box.dataset.node)") + number
        assert seen[-1] == _tile_of_the_sprite(page, tile)
    assert len(set(seen)) == 3
    expect(large).to_have_css("image-rendering", "pixelated")
    over, image = large.bounding_box(), page.locator(".frame img").bounding_box()
    assert over == image
    page.mouse.move(1200, 880)
    expect(large).to_have_css("opacity", "0")


def _tile_of_the_sprite(page: Page, number: int) -> str:
    """The tile drawn anew and decoded by Pillow."""
    sprite = Image.open(io.BytesIO(content("basic", []).sprite)).convert("RGBA")
    data = sprite.crop((48 * number, 0, 48 * number + 48, 48)).tobytes()
    return ",".join(map(str, data))


# ---- shortcuts and repeat groups ----


@pytest.mark.parametrize(
    ("kind", "identity", "projection", "sums"), [("basic", 5, 3, 8), ("deep", 4, 4, 8)]
)
def test_shortcuts_are_solid_or_dashed(
    page: Page, components: str, kind: str, identity: int, projection: int, sums: int
) -> None:
    _open(page, components, kind=kind)
    dashes = page.locator(".arc").evaluate_all(
        "arcs => arcs.map(arc => getComputedStyle(arc).strokeDasharray)"
    )
    assert dashes.count("none") == identity
    assert len(dashes) - dashes.count("none") == projection
    expect(page.locator(".sum")).to_have_count(sums)
    expect(page.get_by_text("1×1, /2", exact=True)).to_have_count(3)


def test_a_plain_untrained_network_has_no_shortcuts_and_says_so(
    page: Page, components: str
) -> None:
    _open(page, components, kind="plain")
    expect(page.locator(".arc, .sum, .label")).to_have_count(0)
    expect(page.get_by_text("scores of an untrained network")).to_be_visible()


def test_a_run_unfolds_in_place_and_folds_again(page: Page, components: str) -> None:
    _open(page, components, kind="deep")
    assert _paths(page, "selected") == ["layer3.1"]  # which stands for the selected layer3.17
    expect(page.locator(".node.selected .name")).to_have_text("layer3.1–3.35")
    expect(page.locator(".says")).to_contain_text("Equal blocks 35")
    badge = page.get_by_role("button", name="Unfold 35 equal blocks from layer3.1")
    expect(badge).to_have_text("×35")
    badge.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".node")).to_have_count(2 + 3 * 2 + 36)
    fold = page.get_by_role("button", name="Fold 35 equal blocks from layer3.1")
    expect(fold).to_be_focused()
    assert _paths(page, "selected") == ["layer3.17"]
    expect(page.get_by_text("unfolded: layer3.1")).to_be_visible()
    expect(page.locator(".pending")).to_have_count(0)
    drawn = _node(page, "layer3.35").locator("canvas")
    expect(drawn.last).to_have_js_property("width", 48)
    _the_row_scrolls_and_the_page_does_not(page)
    page.keyboard.press("Enter")
    expect(page.locator(".node")).to_have_count(10)
    expect(page.get_by_text("unfolded: none")).to_be_visible()


def test_the_selected_block_stays_in_sight_when_the_window_shrinks(
    page: Page, components: str
) -> None:
    page.set_viewport_size({"width": 1900, "height": 900})
    _open(page, components, kind="deep")
    page.locator(".badge").nth(2).click()
    expect(page.get_by_text("unfolded: layer3.1")).to_be_visible()
    selected, frame = page.locator(".node.selected"), page.locator(".frame")
    for width in (800, 390):
        page.set_viewport_size({"width": width, "height": 900})
        expect(selected).to_be_in_viewport(ratio=1)
        box, image = selected.bounding_box(), frame.bounding_box()
        assert box
        assert image
        assert box["x"] >= image["x"] + image["width"]
    scroller = page.locator(".scroller")
    expect(scroller).to_have_class(re.compile("more"))  # its edge says that it goes on
    scroller.evaluate("row => { row.scrollLeft = row.scrollWidth; }")
    expect(scroller).not_to_have_class(re.compile("more"))


def test_the_image_stays_in_sight_when_the_columns_scroll(page: Page, components: str) -> None:
    _open(page, components, kind="deep")
    page.locator(".badge").nth(2).click()
    expect(page.get_by_text("unfolded: layer3.1")).to_be_visible()
    before = page.locator(".frame").bounding_box()
    _node(page, "layer3.0").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(_node(page, "layer4.1")).to_be_in_viewport()
    assert page.locator(".frame").bounding_box() == before
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    box = page.locator(".node:focus").bounding_box()
    assert box
    assert before
    assert box["x"] >= before["x"] + before["width"], "the focused column is not behind the image"


# ---- the tour ----


def _button(page: Page, name: str) -> Locator:
    return page.locator(".controls").get_by_role("button", name=name, exact=True)


def test_steps_show_place_after_place(page: Page, components: str, sent: list[object]) -> None:
    _open(page, components)
    _quiet(page, sent)
    forward, back = _button(page, "Step forward"), _button(page, "Step back")
    forward.click()
    expect(page.locator(".node.ahead")).to_have_count(10)
    expect(page.locator(".says")).to_contain_text("input image3 × 224 × 224")
    expect(page.locator(".field")).to_be_hidden()
    expect(page.locator(".prediction.ahead ol")).to_have_css("opacity", "0")
    expect(back).to_have_attribute("aria-disabled", "true")
    for _ in range(3):
        forward.click()
    assert _paths(page, "lit") == ["layer1.0"]
    expect(page.locator(".node.ahead")).to_have_count(7)
    expect(_node(page, "layer1.1").locator(".thumbs")).to_have_css("opacity", "0")
    expect(page.locator(".note")).to_have_text("receptive field 40 px")
    back.click()
    assert _paths(page, "lit") == ["maxpool"]
    expect(page.locator(".spoken")).to_contain_text("max-pool")
    _button(page, "Show everything").click()
    expect(page.locator(".ahead, .lit")).to_have_count(0)
    back.click()  # from the end
    assert _paths(page, "ahead") == ["fc"]
    forward.click()
    expect(page.locator(".ahead, .some")).to_have_count(0)
    expect(forward).to_have_attribute("aria-disabled", "true")
    expect(page.locator(".spoken")).to_contain_text("star 91.3 %")
    page.keyboard.press("Escape")
    expect(page.locator(".lit")).to_have_count(0)
    assert sent == []


def test_play_with_reduced_motion_jumps_and_stops_at_the_classes(
    page: Page, components: str, sent: list[object]
) -> None:
    _open(page, components, kind="tiny", layer="layer1.0")
    _quiet(page, sent)
    _button(page, "Play").click()
    expect(page.locator(".node.ahead")).to_have_count(4)
    _watch_pulses(page)
    expect(_button(page, "Pause")).to_be_visible()
    expect(page.locator(".prediction.lit")).to_be_visible(timeout=30_000)
    expect(_button(page, "Play")).to_be_visible()
    expect(page.locator(".ahead")).to_have_count(0)
    assert page.evaluate("window.pulses") == 0
    assert sent == []


def test_play_sends_pulses_along_line_and_arc_and_can_be_paused(
    browser: Browser, components: str
) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    sent: list[object] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda frame: sent.append(frame)))
    page.clock.install()
    _open(page, components, kind="tiny", layer="layer1.0")
    _quiet(page, sent)
    _watch_pulses(page)
    _button(page, "Play").click()
    expect(_node(page, "maxpool")).not_to_have_class("node ahead", timeout=30_000)
    _button(page, "Pause").click()
    ahead = page.locator(".node.ahead").count()
    page.clock.run_for(10_000)
    expect(page.locator(".node.ahead")).to_have_count(ahead)
    _button(page, "Play").click()
    expect(page.locator(".prediction.lit")).to_be_visible(timeout=30_000)
    expect(page.locator(".ahead")).to_have_count(0)
    # Five wires and the arcs of two blocks; a hop that was paused is sent anew.
    assert page.evaluate("window.pulses") >= 5 + 2
    assert sent == []
    context.close()


def _watch_pulses(page: Page) -> None:
    page.evaluate(
        """() => {
          window.pulses = 0;
          const animate = Element.prototype.animate;
          Element.prototype.animate = function (...how) {
            if (this.matches('.pulse')) window.pulses += 1;
            return animate.apply(this, how);
          };
        }"""
    )


# ---- sizes and colours ----


@pytest.mark.parametrize("width", [1400, 1920])
@pytest.mark.parametrize("kind", ["basic", "deep"])
def test_a_network_fits_beside_the_sidebar(
    page: Page, components: str, width: int, kind: str
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    _open(page, components, kind=kind)
    hidden = page.locator(".scroller").evaluate("row => row.scrollWidth - row.clientWidth")
    assert hidden == 0


def _the_row_scrolls_and_the_page_does_not(page: Page) -> None:
    row, main = page.locator(".scroller"), page.get_by_test_id("stMain")
    assert row.evaluate("row => row.scrollWidth > row.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")


def test_on_a_phone_the_row_scrolls_and_a_touch_enlarges(browser: Browser, components: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    _open(page, components)
    _the_row_scrolls_and_the_page_does_not(page)
    above, below = (
        page.locator(".scroller").bounding_box(),
        page.locator(".prediction").bounding_box(),
    )
    assert above
    assert below
    assert below["y"] >= above["y"] + above["height"]
    _node(page, "maxpool").locator("canvas").nth(1).tap()
    expect(page.get_by_text("selected: maxpool")).to_be_visible()
    expect(page.locator(".large.shown")).to_be_in_viewport()
    expect(page.locator(".lit")).to_have_count(0)
    page.locator(".frame").tap()
    expect(page.locator(".large.shown")).to_have_count(0)
    context.close()


def test_hues_follow_a_live_switch_of_the_theme(
    page: Page, components: str, sent: list[object]
) -> None:
    _open(page, components)
    total = _node(page, "layer1.0").locator(".sum")
    arc = page.locator(".arc").first
    expect(total).to_have_css("border-top-color", _rgb(LIGHT.stage(1)))
    expect(arc).to_have_css("stroke", _rgb(LIGHT.shortcut))
    _quiet(page, sent)
    page.emulate_media(color_scheme="dark")
    expect(total).to_have_css("background-color", _rgb(DARK.background))
    expect(total).to_have_css("border-top-color", _rgb(DARK.stage(1)))
    expect(arc).to_have_css("stroke", _rgb(DARK.shortcut))
    assert sent == []


def _rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"
