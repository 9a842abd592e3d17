"""The working of a cell in Chromium: three positions light up as one, and the numbers end in the value."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from resnet_viz.analysis.by_hand.records import (
    ChannelSum,
    Term,
    WorkedConvolution,
    WorkedMaxPool,
    WorkedScore,
)
from resnet_viz.figures.working import working
from resnet_viz.figures.working_records import Names, Working
from tests.browser.serving import ROOT, serving, settled

pytestmark = pytest.mark.browser

SCRIPT = """
import streamlit as st

from resnet_viz.components.by_hand import by_hand
from tests.browser.test_by_hand import made

st.set_page_config(page_title="by hand", layout="wide")
kind = st.query_params.get("kind", "3")
by_hand(kind, made(kind), key="by_hand")
st.write("below")
"""
PLACE = {"path": "layer9", "channel": 3, "row": 0, "column": 2}


def convolution(side: int) -> WorkedConvolution:
    """Four channels shown of ten, from a fixed seed; the window hangs over the upper border."""
    chance = np.random.default_rng(side)
    padded = np.zeros((side, side), bool)
    padded[0] = side > 1
    patches = chance.normal(size=(4, side, side)).astype(np.float32) * ~padded
    kernels = chance.normal(size=(4, side, side)).astype(np.float32)
    total = float((patches.astype(np.float64) * kernels).sum()) + 0.25
    return WorkedConvolution(
        **PLACE,
        kind="Conv2d",
        value=total,
        total=total,
        top=-1,
        left=4,
        padded=padded,
        strongest=tuple(ChannelSum(i, patches[i], kernels[i]) for i in range(4)),
        rest=0.25,
        rest_channels=6,
        groups=1,
        inputs=range(10),
    )


def made(kind: str) -> Working:
    """The side of a kernel, "fc" or "pool"."""
    names = Names("layer1", "“cat”")
    if kind == "fc":
        terms = (Term(7, 2, 0.75),), (Term(9, 1, -0.5),)
        return working(
            WorkedScore(
                **PLACE,
                kind="Linear",
                value=1.25,
                total=1.25,
                positive=terms[0],
                negative=terms[1],
                rest=0.25,
                rest_channels=8,
                bias=0,
            ),
            names,
        )
    if kind == "pool":
        window = np.array([[-math.inf] * 3, [0, 1.25, 3], [1, 2, 0]], np.float32)
        return working(
            WorkedMaxPool(
                **PLACE,
                kind="MaxPool2d",
                value=3,
                total=3,
                top=-1,
                left=4,
                padded=np.isinf(window),
                window=window,
                winner=(1, 2),
            ),
            names,
        )
    return working(convolution(int(kind)), names)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("by_hand")
    (folder / "page.py").write_text(SCRIPT, "utf-8")
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    with serving("page.py", folder) as address:
        yield address


def opened(page: Page, address: str, kind: str) -> None:
    page.goto(f"{address}/?kind={kind}")
    settled(page)
    expect(page.locator(f'.root[data-shown="{kind}"]')).to_be_visible()


def cell(page: Page, channel: int, grid: int, row: int, column: int) -> Locator:
    place = f'[data-row="{row}"][data-column="{column}"]'
    return page.locator(".trio").nth(channel).locator(".grid").nth(grid).locator(place)


def number(text: str) -> float:
    return float(text.replace("−", "-").strip("()"))


@pytest.mark.parametrize("side", [3, 7])
def test_three_cells_light_up_and_the_product_is_said(page: Page, address: str, side: int) -> None:
    opened(page, address, str(side))
    part = convolution(side).strongest[2]
    for grid, column in enumerate((2, 0, 1)):  # over the patch, the kernel, the products
        cell(page, 2, grid, 1, column).hover()
        expect(page.locator(".cell.lit")).to_have_count(3)
        for each in range(3):
            assert "lit" in (cell(page, 2, each, 1, column).get_attribute("class") or "")
        place, _, said = page.locator(".says").inner_text().partition(": ")
        assert place == f"channel 2, row 0, column {4 + column}"
        factors, _, product = said.partition(" = ")
        patch, _, weight = factors.partition(" × ")
        assert number(patch) == pytest.approx(part.patch[1, column], rel=1e-3)
        assert number(weight) == pytest.approx(part.kernel[1, column], rel=1e-3)
        assert number(product) == pytest.approx(part.products[1, column], rel=1e-3)
    page.mouse.move(2, 2)
    expect(page.locator(".cell.lit")).to_have_count(0)


def test_padding_is_hatched_and_said(page: Page, address: str) -> None:
    opened(page, address, "3")
    expect(page.locator(".padded")).to_have_count(3 * 4)
    cell(page, 0, 1, 0, 1).hover()
    expect(page.locator(".says")).to_contain_text("row −1, column 5 (padding): 0 ×")


def test_the_arrow_keys_walk_a_channel(page: Page, address: str) -> None:
    opened(page, address, "3")
    trio = page.locator(".trio").nth(1)
    trio.press("ArrowRight")
    trio.press("ArrowDown")
    trio.press("ArrowDown")
    trio.press("ArrowDown")  # the edge holds
    expect(page.locator(".says")).to_contain_text("channel 1, row 1, column 5: ")
    expect(page.locator(".cell.lit")).to_have_count(3)


@pytest.mark.parametrize("kind", ["1", "3", "7"])
def test_the_parts_that_are_shown_end_in_the_value(page: Page, address: str, kind: str) -> None:
    opened(page, address, kind)
    results = [number(text) for text in page.locator(".step .result").all_inner_texts()]
    value = convolution(int(kind)).value
    assert number(page.locator(".marked .result").inner_text()) == pytest.approx(value, rel=1e-6)
    assert results[0] + results[1] == pytest.approx(value, rel=1e-5)
    shown = ".product > b" if kind == "1" else ".sum b"
    sums = [number(text) for text in page.locator(shown).all_inner_texts()]
    assert len(sums) == 4
    assert sum(sums) == pytest.approx(results[0], abs=0.01)


def test_hovering_sends_nothing(page: Page, address: str) -> None:
    sent: list[object] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda frame: sent.append(frame)))
    opened(page, address, "7")
    assert sent
    sent.clear()
    for row in range(7):
        cell(page, 0, 1, row, row).hover()
    assert sent == []


def test_what_speaks_for_and_against_a_class(page: Page, address: str) -> None:
    opened(page, address, "fc")
    page.locator(".product").nth(1).hover()
    expect(page.locator(".says")).to_have_text("channel 9: 1 × (−0.5) = −0.5")
    middle = page.locator(".track").first.bounding_box()
    bars = [bar.bounding_box() for bar in page.locator(".bar").all()]
    assert middle
    assert bars[0]
    assert bars[1]
    zero = middle["x"] + middle["width"] / 2
    assert bars[0]["x"] == pytest.approx(zero, abs=1)  # to the right for
    assert bars[1]["x"] + bars[1]["width"] == pytest.approx(zero, abs=1)  # to the left against


def test_the_winner_of_a_max_pool_is_marked(page: Page, address: str) -> None:
    opened(page, address, "pool")
    expect(page.locator(".winner")).to_have_text("3")
    page.locator(".winner").hover()
    expect(page.locator(".says")).to_have_text("row 0, column 6: 3, the largest")
    page.locator(".padded").first.hover()
    expect(page.locator(".says")).to_contain_text("padding, which never wins")


@pytest.mark.parametrize("kind", ["3", "7", "fc"])
def test_a_phone_holds_it_all(page: Page, address: str, kind: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, address, kind)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    root = page.locator(".root").bounding_box()
    assert root
    for part in page.locator(".grid, .product, .step").all():
        box = part.bounding_box()
        assert box
        assert box["x"] + box["width"] <= root["x"] + root["width"] + 1


def test_a_click_on_the_wall_works_out_another_cell(page: Page, app: str) -> None:
    page.goto(f"{app}/feature_maps?model=resnet18&layer=layer2.0&size=64&channel=1&cell=2-3")
    settled(page)
    expect(
        page.locator('[data-shown*="layer2.0.relu2, channel 1, row 2, column 3"]')
    ).to_be_visible()
    page.locator(".map").press("ArrowRight")
    page.locator(".map").press("Enter")
    worked = page.locator('[data-shown*="layer2.0.relu2, channel 1, row 2, column 4"]')
    expect(worked).to_be_visible()
    held = page.get_by_text("row 2, column 4 holds").locator("strong").last
    expect(worked.locator(".marked .result")).to_have_text(held.inner_text())
    page.get_by_role("button", name="Back to layer2.0.add").click()
    place = '[data-shown*="layer2.0.add, channel 1, row 2, column 4"]'
    expect(page.locator(place)).to_be_visible()  # and the whole page follows
    expect(page.get_by_text("layer2.0.add · Add")).to_be_visible()
