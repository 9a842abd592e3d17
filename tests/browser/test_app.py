"""The whole explorer as a visitor meets it."""

from __future__ import annotations

import json
import urllib.parse
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from resnet_viz.ui.state.pages import PAGES
from tests.browser.serving import serving, settled
from tests.images.example_images import saved

pytestmark = pytest.mark.browser

SLUGS = [page.slug for page in PAGES]
WALL = ".st-key-feature_wall"
TABLE = "Layers of the network"


def visit(page: Page, address: str, path: str = "") -> None:
    page.goto(f"{address}/{path}")
    settled(page)


def query(page: Page) -> dict[str, list[str]]:
    return urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)


def choose(page: Page, label: str, option: str) -> None:
    """Pick an option of a selectbox in the sidebar, as a person does: type and press Enter."""
    box = page.get_by_test_id("stSidebar").get_by_role("combobox", name=label)
    box.click()
    box.fill(option)
    page.get_by_role("option", name=option, exact=True).first.click()
    settled(page)


def image(colour: str) -> bytes:
    return saved(Image.new("RGB", (320, 200), colour))


def test_a_fresh_server_whose_first_visitor_opens_a_deep_page(page: Page) -> None:
    """Streamlit would run the file in `pages/` bare; the frame must be there all the same."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    with serving() as address:
        visit(page, address, "predict?model=resnet34&layer=layer2.1")
        expect(page.get_by_test_id("stSidebar").get_by_text("Selected layer")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_test_id("stMain")).to_contain_text("ResNet-34")
        assert query(page) == {"model": ["resnet34"], "layer": ["layer2.1"]}
        page.close()  # before the server goes: what still loads would complain
        foreign = [url for url in requests if not url.startswith((address, "data:", "blob:"))]
        assert foreign == []


@pytest.mark.parametrize("slug", SLUGS)
def test_no_page_asks_another_host_or_misses_a_file(page: Page, app: str, slug: str) -> None:
    foreign: list[str] = []
    missing: list[str] = []
    page.on(
        "request",
        lambda r: foreign.append(r.url) if not r.url.startswith((app, "data:", "blob:")) else None,
    )
    page.on("response", lambda r: missing.append(r.url) if r.status >= 400 else None)
    visit(page, app, slug)
    page.wait_for_timeout(500)
    assert foreign == []
    assert {url.removeprefix(f"{app}/{slug}/") for url in missing} <= {
        "_stcore/health",
        "_stcore/host-config",
    }


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1920, "dark")])
def test_every_page_on_a_phone_and_on_a_projector(
    page: Page, app: str, slug: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme, reduced_motion="no-preference")
    visit(page, app, slug)
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    main = page.get_by_test_id("stMain")
    assert main.evaluate("m => m.scrollWidth <= m.clientWidth + 1")
    expect(page.get_by_test_id("stException")).to_have_count(0)
    dark = page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    assert dark == ("rgb(18, 22, 28)" if scheme == "dark" else "rgb(255, 255, 255)")


def test_a_click_in_the_table_selects_the_layer_everywhere(page: Page, app: str) -> None:
    visit(page, app, "layers?open=layers&model=resnet18")
    row = page.get_by_role("treegrid", name=TABLE).locator('tr[data-path="layer2.0.conv2"]')
    row.scroll_into_view_if_needed()
    row.click()
    expect(page.get_by_role("heading", name="layer2.0.conv2 · Conv2d")).to_be_visible()
    settled(page)
    assert query(page)["layer"] == ["layer2.0.conv2"]
    page.get_by_test_id("stSidebarNavLink").get_by_text("Feature maps").click()
    expect(page.get_by_role("heading", name="Feature maps")).to_be_visible()
    settled(page)
    expect(page.get_by_test_id("stMain")).to_contain_text("layer2.0.conv2 · Conv2d · 128 × 28 × 28")
    assert query(page)["layer"] == ["layer2.0.conv2"]


def test_a_click_on_the_map_selects_the_block_and_escape_its_stage(page: Page, app: str) -> None:
    visit(page, app, "?model=resnet18")
    block = page.locator('.st-key-network_map .node[data-path="layer2.1"]')
    block.click()
    expect(page.get_by_role("heading", name="layer2.1 · BasicBlock")).to_be_visible()
    settled(page)
    assert query(page)["layer"] == ["layer2.1"]
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="layer2 · Stage")).to_be_visible()
    settled(page)
    assert query(page)["layer"] == ["layer2"]
    expect(page.locator(".node.selected")).to_have_count(2)


def test_what_is_unfolded_on_the_map_stands_in_the_link(page: Page, app: str) -> None:
    visit(page, app, "?model=resnet110")
    nodes, pending = page.locator(".node"), page.locator(".pending")
    expect(nodes).to_have_count(6)
    page.get_by_role("button", name="Unfold 17 equal blocks from layer3.1").click()
    expect(nodes).to_have_count(22)
    expect(pending).to_have_count(0)
    expect(page).to_have_url(f"{app}/?model=resnet110&unfolded=layer3.1")
    page.reload()
    settled(page)
    expect(nodes).to_have_count(22)
    expect(pending).to_have_count(0)
    page.get_by_role("button", name="Fold 17 equal blocks from layer3.1").click()
    expect(nodes).to_have_count(6)
    expect(page).to_have_url(f"{app}/?model=resnet110")


def test_hover_and_the_tour_on_the_map_send_nothing(page: Page, app: str) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    visit(page, app, "?model=resnet18")
    page.wait_for_timeout(500)
    before = len(sent)
    assert before
    last = page.locator('.node[data-path="layer4.1"]')
    last.locator("canvas").first.hover()
    expect(page.locator(".figure strong")).to_contain_text("layer4.1 · channel")
    for _ in range(11):
        page.get_by_role("button", name="Step forward").click()
    expect(last).to_have_class("node lit")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".prediction.lit")).to_be_visible(timeout=30_000)
    assert len(sent) == before


def tile(page: Page, position: int) -> tuple[float, float]:
    """Just behind the middle of a tile of the feature wall, on the screen."""
    wall = page.locator(f"{WALL} .wall")
    columns = int(wall.get_attribute("aria-colcount") or 0)
    side = wall.locator(".here").evaluate("mark => parseFloat(mark.style.width)")
    box = wall.locator(".board").bounding_box()
    assert box
    column, row = position % columns, position // columns
    left, top = box["x"] + column * (side + 2), box["y"] + row * (side + 2)
    return left + 0.51 * side, top + 0.51 * side


def test_a_cell_is_pinned_by_click_and_by_key(page: Page, app: str) -> None:
    visit(page, app, "feature_maps?model=resnet18&layer=layer1.0.conv1")
    expect(page.locator(f"{WALL} .root[data-shown]")).to_be_visible()
    page.mouse.click(*tile(page, 12))
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("Channel 12 (of 0–63), row 28, column 28")
    settled(page)
    assert query(page)["channel"] == ["12"]
    assert query(page)["cell"] == ["28-28"]
    wall = page.locator(f"{WALL} .wall")
    wall.press("ArrowRight")
    wall.press("Enter")
    expect(main).to_contain_text("Channel 13 (of 0–63), row 28, column 28")
    settled(page)  # while the page is being made, a key belongs to the step before
    wall.press("Escape")
    settled(page)
    page.wait_for_url(lambda url: "channel" not in url and "cell" not in url)
    page.go_back()  # one step, to the cell that was let go
    expect(main).to_contain_text("Channel 13 (of 0–63), row 28, column 28")


def test_a_bar_leads_to_the_channel_that_adds_it(page: Page, app: str) -> None:
    visit(page, app, "feature_maps?layer=layer3.0.conv1&channel=8&cell=4-4&adds=true")
    bar = page.locator(".js-plotly-plot .bars .point path").nth(18)
    bar.scroll_into_view_if_needed()
    settled(page)
    box = bar.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    # The window of stride 2 lies over rows and columns 7 to 9.
    expect(page.locator(f"{WALL} .position")).to_have_text("channel 18 (of 0–31) · row 8, column 8")
    settled(page)
    assert query(page)["layer"] == ["layer2.1.relu2"]


def test_one_step_back_leads_to_the_layer_and_its_pin(page: Page, app: str) -> None:
    visit(page, app, "feature_maps?layer=layer1.0.conv1&channel=8&cell=30-30&of=layer1.0.conv1")
    place = page.locator(f"{WALL} .position").first  # the former wall may stand there for a moment
    expect(place).to_have_text("channel 8 (of 0–15) · row 30, column 30")
    settled(page)
    chips = page.get_by_test_id("stButtonGroup")
    chips.get_by_role("radio", name="layer3", exact=True).click()
    expect(place).to_have_text("channel 8 (of 0–63) · row 7, column 7")
    chips.get_by_role("radio", name="layer4", exact=True).click()
    expect(place).to_have_text("channel 8 (of 0–127) · row 3, column 3")
    settled(page)
    page.go_back()
    expect(place).to_have_text("channel 8 (of 0–63) · row 7, column 7")
    settled(page)
    page.go_back()
    expect(place).to_have_text("channel 8 (of 0–15) · row 30, column 30")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_a_link_brings_the_wall_back_and_another_layer_keeps_the_place(
    page: Page, app: str
) -> None:
    link = "feature_maps?model=resnet18&layer=layer1.0.conv1&channel=12&cell=40-20&sort=mean"
    visit(page, app, link)
    expect(page.locator(f"{WALL} .position")).to_have_text(
        "channel 12 (of 0–63) · row 40, column 20"
    )
    expect(page.locator(f"{WALL} select").nth(1)).to_have_value("mean")
    expect(page.locator(f"{WALL} .wall .pin")).to_be_visible()
    choose(page, "Selected layer", "layer2.0.conv1")
    expect(page.locator(f"{WALL} .position")).to_have_text(
        "channel 12 (of 0–127) · row 20, column 10"
    )
    expect(page.get_by_test_id("stMain")).to_contain_text(
        "Channel 12 (of 0–127), row 20, column 10"
    )
    page.get_by_test_id("stSidebarNavLink").get_by_text("Layers").click()
    expect(page.get_by_role("heading", name="Layers", exact=True)).to_be_visible()
    settled(page)
    page.get_by_test_id("stSidebarNavLink").get_by_text("Feature maps").click()
    expect(page.locator(f"{WALL} .position")).to_have_text(
        "channel 12 (of 0–127) · row 20, column 10"
    )


def test_the_keyboard_stays_on_the_layers_that_it_chooses(page: Page, app: str) -> None:
    visit(page, app, "feature_maps?model=shapes&layer=layer1.0.conv1")
    for name, chosen in (("bn1", "layer1.0.bn1"), ("layer2", "layer2"), ("relu", "relu")):
        chip = page.get_by_test_id("stButtonGroup").get_by_role("radio", name=name, exact=True).last
        chip.focus()
        page.keyboard.press("Enter")
        expect(page.locator(f'{WALL} .root[data-shown="{chosen}"]')).to_be_visible()
        settled(page)
        expect(chip).to_be_focused()


def test_a_stage_lists_its_blocks_once(page: Page, app: str) -> None:
    visit(page, app, "feature_maps?model=shapes&layer=layer1")
    chips = page.get_by_test_id("stButtonGroup").get_by_text("layer1.0", exact=True)
    expect(chips).to_have_count(1)


def test_an_old_link_to_a_part_of_the_diagram_becomes_a_new_one(page: Page, app: str) -> None:
    visit(page, app, "diagram?of=layer2")
    expect(page.get_by_role("combobox", name="Of")).to_have_value("layer2")
    page.wait_for_url(lambda url: "scope=layer2" in url)
    assert query(page) == {"scope": ["layer2"]}


def test_options_of_the_wall_go_into_the_link(page: Page, app: str) -> None:
    visit(page, app, "feature_maps?model=resnet18&layer=layer2.0.relu1")
    expect(page.locator(f"{WALL} .root[data-shown]")).to_be_visible()
    page.get_by_label("Colour range").select_option("channel")
    page.get_by_label("Sort by").select_option("alike")
    page.wait_for_url(lambda url: "scale=channel" in url and "sort=alike" in url)
    page.get_by_label("Sort by").select_option("index")
    page.wait_for_url(lambda url: "sort" not in url)
    expect(page.get_by_label("Colour range")).to_have_value("channel")


def test_hover_over_the_maps_sends_nothing(page: Page, app: str) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    visit(page, app, "feature_maps?model=resnet18&layer=layer1.0.conv1")
    wall = page.locator(f"{WALL} .wall")
    expect(page.locator(f"{WALL} .root[data-shown]")).to_be_visible()
    page.wait_for_timeout(500)
    before = len(sent)
    box = wall.bounding_box()
    assert box
    for step in range(40):
        page.mouse.move(box["x"] + box["width"] * step / 41, box["y"] + box["height"] / 2)
    page.mouse.move(*tile(page, 3))
    expect(page.locator(f"{WALL} .position")).to_contain_text("channel 3 (of 0–63)")
    assert len(sent) == before


def test_good_and_broken_uploads(page: Page, app: str) -> None:
    visit(page, app, "predict?picture=coffee")
    drop = page.get_by_test_id("stSidebar").get_by_test_id("stFileUploaderDropzoneInput")
    drop.set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": image("teal")})
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("mine.png")
    expect(main).to_contain_text("320 × 200 pixels")
    settled(page)
    assert query(page)["picture"] == ["upload"]
    cut = image("teal")[:90]
    drop.set_input_files({"name": "bad.png", "mimeType": "image/png", "buffer": cut})
    problem = page.get_by_test_id("stSidebar").get_by_test_id("stAlert")
    expect(problem).to_be_visible()
    expect(page.get_by_test_id("stToast")).to_contain_text(problem.inner_text().strip()[:30])
    expect(main).to_contain_text("mine.png")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_walking_with_the_arrow_keys(page: Page, app: str) -> None:
    visit(page, app, "walkthrough?model=walkthrough")
    expect(page.get_by_role("heading", name="1. Convolution")).to_be_visible()
    page.wait_for_timeout(500)  # a key in the first tenth of a second may still go unheard
    page.locator("body").press("ArrowRight")
    expect(page.get_by_role("heading", name="2. BatchNorm and ReLU")).to_be_visible()
    settled(page)
    page.locator("body").press("ArrowRight")
    expect(page.get_by_role("heading", name="3. Max-pooling")).to_be_visible()
    settled(page)
    assert query(page)["step"] == ["3"]
    page.locator("body").press("ArrowLeft")
    expect(page.get_by_role("heading", name="2. BatchNorm and ReLU")).to_be_visible()


def test_the_arrow_keys_go_on_after_a_click_on_a_step(page: Page, app: str) -> None:
    visit(page, app, "walkthrough?model=walkthrough")
    page.wait_for_timeout(500)
    page.get_by_role("button", name="4", exact=True).click()
    expect(page.get_by_role("heading", name="4. Stage 1")).to_be_visible()
    settled(page)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="5. Stage 2")).to_be_visible()


def test_a_wide_diagram_keeps_its_size_and_scrolls_by_itself(page: Page, app: str) -> None:
    visit(page, app, "diagram?direction=across")
    drawing = page.get_by_test_id("stGraphVizChart").locator("svg").last
    expect(drawing).to_be_visible(timeout=30_000)
    box = drawing.bounding_box()
    assert box
    assert box["width"] > 2000
    assert page.evaluate("document.documentElement.scrollWidth") <= 1400


def test_customising_writes_the_link_and_a_new_preset_clears_it(page: Page, app: str) -> None:
    visit(page, app, "layers?model=resnet50&repeats=1-2-3-4&groups=32&width_per_group=4")
    expect(page.get_by_test_id("stMain")).to_contain_text("Custom ResNet-32")
    assert query(page)["repeats"] == ["1-2-3-4"]
    choose(page, "Network", "resnet20")
    expect(page.get_by_test_id("stMain")).to_contain_text("269,722 parameters")
    settled(page)
    assert query(page) == {"model": ["resnet20"]}


def test_the_diagram_can_be_saved_without_dot(page: Page, app: str, tmp_path: Path) -> None:
    visit(page, app, "diagram?model=resnet152&level=blocks")
    expect(page.get_by_test_id("stGraphVizChart").locator("svg g.node").first).to_be_visible(
        timeout=30_000
    )
    files = {}
    for button in ("Save SVG", "Save PNG", "Save DOT"):
        with page.expect_download() as download:
            page.get_by_role("button", name=button).click()
        target = tmp_path / download.value.suggested_filename
        download.value.save_as(target)
        files[button] = target
    svg = files["Save SVG"].read_text("utf-8")
    assert svg.startswith("<svg")
    assert 'xmlns="http://www.w3.org/2000/svg"' in svg
    assert "layer3.1" in svg
    with Image.open(files["Save PNG"]) as png:
        assert png.format == "PNG"
        assert len(png.convert("RGB").getcolors(1 << 24) or ()) > 20  # something is drawn
        assert png.height > png.width
    assert files["Save DOT"].read_text("utf-8").startswith("digraph")
    assert files["Save DOT"].name == "resnet152_224.dot"


def test_the_table_can_be_taken_away(page: Page, app: str) -> None:
    visit(page, app, "layers?model=resnet18")
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    with open(download.value.path(), encoding="utf-8") as file:
        assert json.load(file)["params"] == 11_689_512


def test_two_visitors_with_two_images_see_their_own(browser: Browser, app: str) -> None:
    pages = [browser.new_context().new_page() for _ in range(2)]
    for page, sample in zip(pages, ("coffee", "rocket"), strict=True):
        page.goto(f"{app}/predict?picture={sample}")
    for page, title in zip(pages, ("Cup of coffee", "Rocket on its launch pad"), strict=True):
        settled(page)
        expect(page.get_by_test_id("stMain")).to_contain_text(title)
        chart = page.get_by_test_id("stPlotlyChart")
        expect(chart).to_contain_text("%", timeout=30_000)  # Plotly's script is large
    answers = [page.get_by_test_id("stPlotlyChart").inner_text() for page in pages]
    assert answers[0] != answers[1]
    for page in pages:
        page.context.close()
