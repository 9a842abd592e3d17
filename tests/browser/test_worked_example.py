"""The working of a cell in Chromium: window and cell move together, and the numbers end in the value."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.worked_example import (
    WorkedConvolution,
    WorkedExample,
    WorkedMaxPool,
    WorkedMean,
    WorkedScore,
    WorkedSum,
)
from tests.analysis.networks import BASIC, CAT, network
from tests.browser.serving import repainted, settled
from tests.components.worked import ASKED, STRONGEST, asked, made

pytestmark = pytest.mark.browser


def convolution(kind: str) -> WorkedConvolution:
    worked = asked(kind)
    assert isinstance(worked, WorkedConvolution)
    return worked


def opened(page: Page, components: str, kind: str) -> None:
    page.goto(f"{components}/?component=worked_example&kind={kind}")
    settled(page)
    expect(page.locator(f'.root[data-shown="{kind}"]')).to_be_visible()


def number_cell(page: Page, channel: int, grid: int, row: int, column: int) -> Locator:
    place = f'[data-row="{row}"][data-column="{column}"]'
    return page.locator(".channel").nth(channel).locator(".grid").nth(grid).locator(place)


def number(text: str) -> float:
    return float(text.replace("−", "-").strip("()"))


def results(page: Page) -> list[float]:
    return [number(text) for text in page.locator(".step .result").all_inner_texts()]


def point_at(board: Locator, row: float, column: float, rows: float, columns: float) -> None:
    """Move over a map, to the middle of one of its cells."""
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    assert box
    x, y = (column + 0.5) / columns * box["width"], (row + 0.5) / rows * box["height"]
    board.hover(position={"x": x, "y": y})


def over_output(page: Page, worked: WorkedExample, row: int, column: int) -> None:
    point_at(page.locator(".output .board"), row, column, *worked.outputs.shape)
    expect(page.locator(".position")).to_contain_text(f"row {row}, column {column}:")


def framed(map_: Locator) -> tuple[float, float, float, float]:
    """Left, top, width and height of a map's frame as fractions of the map."""
    board, frame = (map_.locator(part).bounding_box() for part in (".board", ".frame"))
    assert board
    assert frame
    width, height = board["width"], board["height"]
    left, top = (frame["x"] - board["x"]) / width, (frame["y"] - board["y"]) / height
    return left, top, frame["width"] / width, frame["height"] / height


# ---- moving ----


@pytest.mark.parametrize("kind", ["3", "7", "1", "strided"])
def test_over_the_output_the_window_follows_and_the_numbers_end_in_the_value(
    page: Page, components: str, kind: str
) -> None:
    opened(page, components, kind)
    pinned = convolution(kind)
    rows, columns = pinned.outputs.shape
    height, width = pinned.maps.shape[1:]
    for row, column in ((rows - 1, columns - 1), (rows // 2, columns // 3)):
        over_output(page, pinned, row, column)
        worked = pinned.at(row, column)
        sums = page.locator(".product > b" if kind in ("1", "strided") else ".sum b")
        shown = [number(text) for text in sums.all_inner_texts()]
        expected = [part.total for part in worked.strongest]
        assert shown == pytest.approx(expected, rel=1e-3)
        values = results(page)
        assert values[0] == pytest.approx(sum(expected), rel=1e-5)
        assert number(page.locator(".marked .result").inner_text()) == pytest.approx(
            worked.value, rel=1e-6
        )
        if worked.rest_channels:
            assert values[1] == pytest.approx(worked.rest, rel=1e-4, abs=1e-6)
            assert values[0] + values[1] == pytest.approx(worked.value, abs=1e-4)
        for step in worked.after:  # the layer's name stands before its own value
            name = page.get_by_text(step.path, exact=True)
            line = page.locator(".step", has=name).locator(".result")
            assert number(line.inner_text()) == pytest.approx(step.value, rel=1e-6)
        stride, size = worked.window.stride, worked.window.size
        left, top, across, down = framed(page.locator(".map.input").first)
        assert left == pytest.approx(column * stride[1] / width, abs=0.03)
        assert top == pytest.approx(row * stride[0] / height, abs=0.03)
        assert across == pytest.approx(size[1] / width, abs=0.06)
        assert down == pytest.approx(size[0] / height, abs=0.06)
    page.mouse.move(2, 2)
    expect(page.locator(".position")).to_contain_text(
        "row 0, column 2:" if kind != "strided" else "row 2"
    )


@pytest.mark.parametrize("kind", ["3", "7", "1", "strided", "pool", "add"])
def test_over_the_input_the_cell_follows(page: Page, components: str, kind: str) -> None:
    opened(page, components, kind)
    worked = made(kind)
    (height, width), (kh, kw) = worked.facts["map_size"], worked.facts["window"]["size"]
    (down, right), (rows, columns) = worked.facts["window"]["stride"], worked.facts["extent"]
    board = page.locator(".map.input .board").last
    for row, column in ((rows - 2, columns - 3), (1, 4)):
        middle = row * down + (kh - 1) / 2, column * right + (kw - 1) / 2
        point_at(board, *middle, height, width)
        expect(page.locator(".position")).to_contain_text(f"row {row}, column {column}:")
        result = number(page.locator(".marked .result").inner_text())
        assert result == pytest.approx(asked(kind).at(row, column).value, rel=1e-6)


def test_a_patch_is_what_the_network_reads_there(page: Page, components: str) -> None:
    """Against torch's own windows, digit by digit as far as there is room."""
    opened(page, components, "3")
    worked = convolution("3")
    over_output(page, worked, 9, 5)
    for channel, part in enumerate(worked.at(9, 5).strongest):
        for grid, values in enumerate((part.patch, part.kernel, part.products)):
            for row in range(3):
                for column in range(3):
                    text = number_cell(page, channel, grid, row, column).inner_text()
                    assert number(text) == pytest.approx(values[row, column], rel=0.06, abs=6e-4)


def test_the_winner_of_a_max_pool_moves(page: Page, components: str) -> None:
    opened(page, components, "pool")
    worked = asked("pool")
    assert isinstance(worked, WorkedMaxPool)
    for row, column in ((0, 2), (7, 7), (12, 3)):
        over_output(page, worked, row, column)
        moved = worked.at(row, column)
        winner = page.locator(".winner")
        place = [winner.get_attribute(f"data-{name}") for name in ("row", "column")]
        assert place == [str(at) for at in moved.winner]
        at = f"row {moved.top + moved.winner[0]}, column {moved.left + moved.winner[1]}"
        expect(page.locator(".step .how")).to_have_text(f"the winner stands at {at}")
    page.mouse.move(2, 2)
    page.locator(".padded").first.hover()
    expect(page.locator(".says")).to_contain_text("padding, which never wins")


def test_branch_and_shortcut_are_added_wherever_one_looks(page: Page, components: str) -> None:
    opened(page, components, "add")
    worked = asked("add")
    assert isinstance(worked, WorkedSum)
    over_output(page, worked, 5, 6)
    moved = worked.at(5, 6)
    assert results(page)[:3] == pytest.approx([moved.branch, moved.shortcut, moved.value], rel=1e-6)
    assert page.locator(".map.input").count() == 2


def test_of_a_block_the_sum_and_what_the_relu_leaves_of_it(page: Page, components: str) -> None:
    opened(page, components, "block")
    worked = asked("block")
    assert isinstance(worked, WorkedSum)
    for row, column in ((5, 6), (0, 0), (7, 3)):
        over_output(page, worked, row, column)
        moved = worked.at(row, column)
        left = moved.after[0].value
        assert results(page) == pytest.approx(
            [moved.branch, moved.shortcut, moved.value, left], rel=1e-6
        )
        assert number(page.locator(".marked .result").inner_text()) == pytest.approx(left, rel=1e-6)
        assert number(page.locator(".position").inner_text().partition(": ")[2]) == pytest.approx(
            left
        )


def test_the_keyboard_moves_pins_and_goes_back(page: Page, components: str) -> None:
    opened(page, components, "3")
    board = page.locator(".output .board")
    board.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        board.press(key)
    expect(page.locator(".position")).to_contain_text("row 2, column 3:")
    for _ in range(3):
        board.press("ArrowUp")  # the edge holds
    expect(page.locator(".position")).to_contain_text("row 0, column 3:")
    board.press("Escape")
    expect(page.locator(".position")).to_contain_text("row 0, column 2:")
    board.press("ArrowDown")
    board.press("Enter")
    expect(page.get_by_text("'row': 1")).to_be_visible()
    expect(page.get_by_text("'column': 2")).to_be_visible()


def test_a_click_on_either_map_tells_the_cell(page: Page, components: str) -> None:
    opened(page, components, "3")
    worked = convolution("3")
    over_output(page, worked, 6, 7)
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_text("{'row': 6, 'column': 7}")).to_be_visible()
    height, width = worked.maps.shape[1:]
    point_at(page.locator(".map.input .board").first, 5 + 1, 4 + 1, height, width)
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_text("{'row': 5, 'column': 4}")).to_be_visible()


@pytest.mark.parametrize("kind", ["3", "pool"])
def test_the_window_slides_over_the_input_and_leaves_the_output_behind(
    page: Page, components: str, kind: str
) -> None:
    opened(page, components, kind)
    rows, columns = asked(kind).outputs.shape
    button, place = page.locator(".slide"), page.locator(".position")
    button.click()
    expect(button).to_have_text("Pause")
    expect(place).to_contain_text("row 1,")  # it has come around the first corner
    button.click()
    expect(button).to_have_text("Slide the window")
    repainted(page)
    now = place.inner_text()
    row, column = (int(number) for number in re.findall(r"\d+", now)[:2])
    opaque = page.locator(".output canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
        ".filter((_, i) => i % 4 === 3 && _ === 255).length"
    )
    assert opaque == row * columns + column + 1
    page.wait_for_timeout(200)
    assert place.inner_text() == now  # paused
    button.click()
    expect(place).to_contain_text(f"row {rows - 1},", timeout=30_000)
    expect(button).to_have_text("Slide the window", timeout=30_000)
    expect(place).to_contain_text("row 0, column 2:")


def test_whoever_takes_over_ends_the_slide(page: Page, components: str) -> None:
    opened(page, components, "3")
    page.locator(".slide").click()
    over_output(page, asked("3"), 9, 9)
    expect(page.locator(".slide")).to_have_text("Slide the window")
    page.wait_for_timeout(200)
    expect(page.locator(".position")).to_contain_text("row 9, column 9:")


def test_moving_sends_nothing(page: Page, components: str) -> None:
    sent: list[object] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda frame: sent.append(frame)))
    opened(page, components, "7")
    assert sent
    sent.clear()
    for at in range(7):
        number_cell(page, 0, 1, at, at).hover()
        over_output(page, convolution("7"), at + 3, 2 * at)
    assert sent == []


# ---- reading one number ----


@pytest.mark.parametrize("kind", ["3", "7"])
def test_three_cells_light_up_and_the_product_is_said(
    page: Page, components: str, kind: str
) -> None:
    opened(page, components, kind)
    worked = convolution(kind)
    part = worked.strongest[2]
    row = worked.window.size[0] - 1
    for grid, column in enumerate((2, 0, 1)):  # over the patch, the kernel, the products
        number_cell(page, 2, grid, row, column).hover()
        expect(page.locator(".cell.lit")).to_have_count(3)
        for each in range(3):
            assert "lit" in (number_cell(page, 2, each, row, column).get_attribute("class") or "")
        place, _, said = page.locator(".says").inner_text().partition(": ")
        name = f"channel {part.channel}" if kind == "3" else ("red", "green", "blue")[part.channel]
        at = f"row {worked.top + row}, column {worked.left + column}".replace("-", "−")
        assert place in (f"{name}, {at}", f"channel {part.channel}, {at}")
        factors, _, product = said.partition(" = ")
        patch, _, weight = factors.partition(" × ")
        assert number(patch) == pytest.approx(part.patch[row, column], rel=1e-3)
        assert number(weight) == pytest.approx(part.kernel[row, column], rel=1e-3)
        assert number(product) == pytest.approx(part.products[row, column], rel=1e-3)
    page.mouse.move(2, 2)
    expect(page.locator(".cell.lit")).to_have_count(0)


def test_padding_is_hatched_and_said(page: Page, components: str) -> None:
    opened(page, components, "3")
    expect(page.locator(".padded")).to_have_count(3 * STRONGEST)
    number_cell(page, 0, 1, 0, 1).hover()
    expect(page.locator(".says")).to_contain_text("row −1, column 2 (padding): 0 ×")
    over_output(page, convolution("3"), 4, 4)
    expect(page.locator(".padded")).to_have_count(0)


def test_the_arrow_keys_walk_a_channel(page: Page, components: str) -> None:
    opened(page, components, "3")
    channel = page.locator(".channel").nth(1)
    channel.press("ArrowRight")
    channel.press("ArrowDown")
    channel.press("ArrowDown")
    channel.press("ArrowDown")  # the edge holds
    expect(page.locator(".says")).to_contain_text("row 1, column 2: ")
    expect(page.locator(".cell.lit")).to_have_count(3)


def test_a_mean_is_read_cell_by_cell(page: Page, components: str) -> None:
    opened(page, components, "mean")
    worked = asked("mean")
    assert isinstance(worked, WorkedMean)
    before = worked.map
    page.locator('[data-row="1"][data-column="0"]').hover()
    said = page.locator(".says").inner_text()
    assert said.startswith("row 1, column 0: ")
    assert number(said.partition(": ")[2]) == pytest.approx(before[1, 0], rel=1e-6)
    assert results(page)[-1] == pytest.approx(before.mean(), rel=1e-6)


# ---- the classifier ----


def test_channels_speak_of_the_class_under_the_cursor(page: Page, components: str) -> None:
    opened(page, components, "fc")
    worked = asked("fc")
    assert isinstance(worked, WorkedScore)
    for at in (0, len(worked.classes) - 1):
        page.locator(".classes button").nth(at).hover()
        expect(page.locator(".intro")).to_have_text(
            re.compile(f"contributions to {'abcdefg'[at]}:$")
        )
        other = worked.of(worked.classes[at])
        terms = (*other.positive, *other.negative)
        names = page.locator(".product .name").all_inner_texts()
        assert names == [f"channel {term.channel}" for term in terms]
        shown = [number(text) for text in page.locator(".product > b").all_inner_texts()]
        assert shown == pytest.approx([term.product for term in terms], rel=1e-3)
        parts = results(page)
        assert parts[-2] == pytest.approx(other.value, rel=1e-6)
        assert sum(parts[:-2]) == pytest.approx(other.value, abs=1e-4)
        logits = torch.from_numpy(capture(network(BASIC), CAT).logits.copy())
        assert parts[-1] == pytest.approx(float(logits.softmax(0)[other.channel]), rel=1e-5)
    page.mouse.move(2, 2)
    pressed = page.locator('.classes [aria-pressed="true"]')
    expect(pressed).to_contain_text("abcdefg"[worked.classes.index(3)])
    page.locator(".classes button").first.click()
    expect(page.get_by_text(f"'channel': {worked.classes[0]}")).to_be_visible()


def test_bars_point_to_what_they_speak_for(page: Page, components: str) -> None:
    opened(page, components, "fc")
    worked = asked("fc")
    assert isinstance(worked, WorkedScore)
    middle = page.locator(".track").first.bounding_box()
    assert middle
    zero = middle["x"] + middle["width"] / 2
    bars = [bar.bounding_box() for bar in page.locator(".bar").all()]
    for term, bar in zip((*worked.positive, *worked.negative), bars, strict=True):
        assert bar
        edge = bar["x"] if term.product > 0 else bar["x"] + bar["width"]
        assert edge == pytest.approx(zero, abs=1.5)
    page.locator(".product").first.hover()
    term = worked.positive[0]
    said = page.locator(".says").inner_text()
    assert said.startswith(f"channel {term.channel}: ")
    assert number(said.partition(" = ")[2]) == pytest.approx(term.product, rel=1e-3)


# ---- everywhere ----


def test_colours_are_true_to_the_sign(page: Page, components: str) -> None:
    """The map's pixels themselves: white at zero, red above, blue below, as the grids are."""
    opened(page, components, "add")
    worked = asked("add")
    assert isinstance(worked, WorkedSum)
    pixels = page.locator(".output canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    seen = np.array(pixels).reshape(*worked.outputs.shape, 4)[..., :3].astype(int)
    redder = seen[..., 0] - seen[..., 2]
    strong = np.abs(worked.outputs) > 0.2 * np.abs(worked.outputs).max()
    assert (np.sign(redder)[strong] == np.sign(worked.outputs)[strong]).all()
    said = page.locator(".scale").inner_text()
    ends = [float(end.rstrip(".")) for end in re.findall(r"±([0-9.]+)", said)]
    largest = [np.abs(values).max() for values in (worked.maps, worked.outputs)]
    assert ends == pytest.approx(largest, rel=5e-3)


@pytest.mark.parametrize("kind", ASKED)
def test_a_phone_holds_it_all(page: Page, components: str, kind: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, components, kind)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    root = page.locator(".root").bounding_box()
    assert root
    for part in page.locator(".grid, .product, .step, .board").all():
        if box := part.bounding_box():
            assert box["x"] + box["width"] <= root["x"] + root["width"] + 1


def test_a_click_on_the_wall_works_out_another_cell(page: Page, app: str) -> None:
    page.goto(f"{app}/feature_maps?model=resnet18&layer=layer2.0&size=64&channel=1&cell=2-3")
    settled(page)
    expect(
        page.locator('[data-shown*="layer2.0.relu2, channel 1, row 2, column 3"]')
    ).to_be_visible()
    page.locator(".wall ~ * .map, .closeup .map").first.press("ArrowRight")
    page.locator(".closeup .map").first.press("Enter")
    worked = page.locator('[data-shown*="layer2.0.relu2, channel 1, row 2, column 4"]')
    expect(worked).to_be_visible()
    held = page.get_by_text("row 2, column 4 holds").locator("strong").last
    expect(worked.locator(".marked .result")).to_have_text(held.inner_text())
    page.get_by_role("button", name="Back to layer2.0.bn2").click()
    place = '[data-shown*="layer2.0.bn2, channel 1, row 2, column 4"]'
    expect(page.locator(place)).to_be_visible()  # and the whole page follows
    expect(page.get_by_text("layer2.0.bn2 · BatchNorm2d")).to_be_visible()


def test_a_click_by_hand_moves_the_walls_pin(page: Page, app: str) -> None:
    page.goto(f"{app}/feature_maps?model=resnet18&layer=layer2.0.conv2&size=64&channel=1&cell=2-3")
    settled(page)
    board = page.locator(".output .board")
    board.press("ArrowDown")
    board.press("Enter")
    expect(page.get_by_text("row 3, column 3 holds")).to_be_visible()
    expect(page.locator(".readout .position")).to_have_text(
        "channel 1 (of 0–127) · row 3, column 3"
    )
    assert "cell=3-3" in page.url


def test_a_pin_by_key_keeps_the_keyboard_where_it_is(page: Page, app: str) -> None:
    page.goto(f"{app}/feature_maps?model=resnet18&layer=layer2.0.conv2&size=64&channel=1&cell=2-3")
    settled(page)
    board = page.locator(".map.output .board")
    board.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(
        page.locator('[data-shown*="layer2.0.conv2, channel 1, row 2, column 4"]')
    ).to_be_visible()
    expect(board).to_be_focused()


def test_every_line_of_products_says_its_channel(page: Page, components: str) -> None:
    opened(page, components, "1")
    labels = page.locator(".product").evaluate_all("rows => rows.map(r => r.ariaLabel)")
    assert labels
    assert all(label.startswith("channel ") for label in labels)


def test_back_is_to_the_cell_that_was_read_whatever_the_layers_shape(page: Page, app: str) -> None:
    page.goto(f"{app}/feature_maps?model=shapes&layer=layer2.0.conv1&channel=3&cell=8-12")
    settled(page)
    page.get_by_role("button", name="Back to layer1.1.relu2").click()
    place = page.locator(".readout .position")
    expect(place).to_contain_text("row 16, column 24")  # of stride 2, the window's middle
    expect(page.get_by_text("layer1.1.relu2 · ReLU")).to_be_visible()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    page.wait_for_url(lambda url: "cell=16-24" in url)


@pytest.mark.parametrize("width", [390, 820, 1400])
def test_what_is_said_covers_no_kernel_and_no_button(
    page: Page, components: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 600})  # lower than what there is to see
    opened(page, components, "3")
    said = page.locator(".says").bounding_box()
    assert said
    for other in page.locator(".channel, .slide, .output .board, .position").all():
        box = other.bounding_box()
        assert box
        beside = box["x"] >= said["x"] + said["width"] or said["x"] >= box["x"] + box["width"]
        apart = box["y"] >= said["y"] + said["height"] or said["y"] >= box["y"] + box["height"]
        assert beside or apart
