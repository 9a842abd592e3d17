"""The map of a network in a real browser: clicks and keys reach Python, hover stays where it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from resnet_viz.components.network_map import Station
from tests.browser.serving import ROOT, serving

pytestmark = pytest.mark.browser


# A made-up ResNet-18, a folded deep one and a plain one; the thumbnails get coarser with depth.
SCRIPT = """
import io
import random

import streamlit as st
from PIL import Image, ImageDraw

from resnet_viz.components.network_map import NetworkMap, Station, network_map
from resnet_viz.figures.palette import theme

SIDE = 48
LADDER = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))


def encoded(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def thumbnail(rng, cells):
    image = Image.new("RGB", (cells, cells))
    bright = rng.random() * 2.5
    def level(x, y):
        near = 1 - ((x - cells / 2) ** 2 + (y - cells / 2) ** 2) / cells**2 * 3
        return min(4, max(0, int(near * bright + rng.random() * 2)))
    image.putdata([LADDER[level(i % cells, i // cells)] for i in range(cells * cells)])
    return image.resize((SIDE, SIDE), Image.Resampling.NEAREST)


def picture():
    image = Image.new("RGB", (224, 224), "#86b817")
    star = [(112, 40), (130, 92), (184, 92), (140, 124), (158, 178), (112, 144), (66, 178),
            (84, 124), (40, 92), (94, 92)]
    ImageDraw.Draw(image).polygon(star, fill="#f08020")
    return encoded(image)


def stations(kind):
    depths = (3, 8, 36, 3) if kind == "deep" else (2, 2, 2, 2)
    yield Station("conv1", "stem", 0, "64 × 112 × 112", "9,408 parameters · 118 M MACs",
                  thumbnails=4, channels=(11, 5, 60, 2))
    yield Station("maxpool", "max-pool", 0, "64 × 56 × 56", "no parameters",
                  thumbnails=4, channels=(11, 5, 60, 2))
    for stage, depth in enumerate(depths, start=1):
        side, width = 112 >> stage, 32 << stage
        wide = width * 4 if kind == "deep" else width
        shown = [(0, 1), (1, depth - 1)] if kind == "deep" else [(i, 1) for i in range(depth)]
        for block, repeats in shown:
            projected = block == 0 and (stage > 1 or kind == "deep")
            shortcut = "projection" if projected else "identity"
            last = block + repeats - 1
            yield Station(
                f"layer{stage}.{block}",
                f"layer{stage}.{block}" + (f" … {last}" if repeats > 1 else ""),
                stage,
                f"{wide} × {side} × {side}",
                f"{width * width * 18:,} parameters · 231 M MACs",
                repeats=repeats,
                shortcut="" if kind == "plain" else shortcut,
                shortcut_label=("1×1, /2" if stage > 1 else "1×1")
                if projected and kind != "plain" else "",
                thumbnails=4,
                channels=(3, 11, 40, 7),
            )


def content(kind):
    rng = random.Random(4)
    row = tuple(stations(kind))
    sprite = Image.new("RGB", (SIDE * 4 * len(row), SIDE))
    for i in range(4 * len(row)):
        cells = (48, 28, 16, 14, 7)[row[i // 4].stage]
        sprite.paste(thumbnail(rng, cells), (SIDE * i, 0))
    block = "Bottleneck" if kind == "deep" else "BasicBlock"
    depths = (3, 8, 36, 3) if kind == "deep" else (2, 2, 2, 2)
    return NetworkMap(
        row,
        tuple(f"Stage {i} · {block} × {n}" for i, n in enumerate(depths, start=1)),
        picture(),
        encoded(sprite),
        SIDE,
        "3 × 224 × 224",
        (("star", 0.913), ("arrow", 0.052), ("a rather long name of a class", 0.02),
         ("checker", 0.011), ("square", 0.004)),
        trained=kind != "plain",
        receptive_field=(0.1, 0.05, 0.9, 0.82) if kind == "basic" else None,
    )


st.set_page_config(page_title="map", layout="wide")
kind = st.query_params.get("kind", "basic")
with st.sidebar:
    st.write("Controls")
st.session_state.setdefault("layer", "layer3.17.conv2" if kind == "deep" else "layer2.1.conv1")
light = theme(st.context.theme.type)
network_map(
    content(kind),
    selected=st.session_state.layer,
    stage_colours=light.stages,
    shortcut_colour=light.shortcut,
    alt="A made-up network of four stages",
    on_select=lambda path: st.session_state.update(layer=path),
    key="map",
)
st.write(f"selected: {st.session_state.layer}")
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("map")
    (folder / "page.py").write_text(SCRIPT, "utf-8")
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    with serving("page.py", folder) as address:
        yield address


def _open(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.get_by_text("selected:")).to_be_visible(timeout=60_000)
    expect(page.locator(".station").first).to_be_visible()
    idle = page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')
    expect(idle).to_have_count(1)
    # Drawn, not only laid out: the last thumbnail has the sprite's size.
    page.wait_for_function(
        """() => {
          const root = document.querySelector('.st-key-map [data-testid^=stBidiComponent]');
          const seek = (node) => node.shadowRoot?.querySelectorAll('.thumbs canvas') ?? [];
          const all = [root, ...root.querySelectorAll('*')].flatMap((node) => [...seek(node)]);
          return all.length > 0 && all.at(-1).width === 48;
        }"""
    )


def _station(path: str) -> str:
    return f'.station[data-path="{path}"]'


def test_a_click_on_a_station_reaches_python(page: Page, address: str) -> None:
    _open(page, address)
    expect(page.locator(".station.selected")).to_have_attribute("data-path", "layer2.1")
    page.locator(_station("layer3.0")).click()
    expect(page.get_by_text("selected: layer3.0")).to_be_visible()
    expect(page.locator(".station.selected")).to_have_attribute("data-path", "layer3.0")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_arrows_move_between_stations_and_a_key_selects(page: Page, address: str, key: str) -> None:
    _open(page, address)
    assert page.locator('.station[tabindex="0"]').count() == 1
    page.locator(_station("layer2.1")).focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(_station("layer3.0"))).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(_station("layer4.0"))).to_be_focused()
    expect(page.locator(".says")).to_contain_text("layer4.0 · 512 × 7 × 7")
    page.keyboard.press(key)
    expect(page.get_by_text("selected: layer4.0")).to_be_visible()
    expect(page.locator(_station("layer4.0"))).to_be_focused()


def test_hover_lights_a_column_and_sends_nothing(page: Page, address: str) -> None:
    sent: list[object] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda frame: sent.append(frame)))
    _open(page, address)
    page.wait_for_timeout(500)
    assert sent, "the page talks to its server, so a frame would have been seen"
    sent.clear()
    for path in ("conv1", "layer1.0", "layer4.1", "layer3.1"):
        page.locator(_station(path)).locator("canvas").nth(1).hover()
        expect(page.locator(".station.lit")).to_have_attribute("data-path", path)
    expect(page.locator(".says")).to_have_text(
        "layer3.1 · 256 × 14 × 14 · 1,179,648 parameters · 231 M MACs"
    )
    expect(page.locator(".preview.shown")).to_have_text("channel 11")
    page.mouse.move(1200, 880)
    expect(page.locator(".station.lit")).to_have_count(0)
    expect(page.locator(".preview.shown")).to_have_count(0)
    page.wait_for_timeout(300)
    assert sent == []


@pytest.mark.parametrize(
    ("kind", "identity", "projection", "sums"), [("basic", 5, 3, 8), ("deep", 4, 4, 8)]
)
def test_shortcuts_are_solid_or_dashed(
    page: Page, address: str, kind: str, identity: int, projection: int, sums: int
) -> None:
    _open(page, f"{address}/?kind={kind}")
    dashes = page.locator(".arc").evaluate_all(
        "arcs => arcs.map(arc => getComputedStyle(arc).strokeDasharray)"
    )
    assert dashes.count("none") == identity
    assert len(dashes) - dashes.count("none") == projection
    expect(page.locator(".sum")).to_have_count(sums)
    expect(page.get_by_text("1×1, /2", exact=True)).to_have_count(3)


def test_a_layer_inside_a_folded_run_marks_the_run(page: Page, address: str) -> None:
    _open(page, f"{address}/?kind=deep")
    expect(page.locator(".station.selected .name")).to_have_text("layer3.1 … 35")
    expect(page.locator(".station.selected .times")).to_have_text("×35")


def test_a_plain_untrained_network_has_no_shortcuts_and_says_so(page: Page, address: str) -> None:
    _open(page, f"{address}/?kind=plain")
    expect(page.locator(".arc, .sum, .label")).to_have_count(0)
    expect(page.get_by_text("scores of an untrained network")).to_be_visible()
    expect(page.locator(".field")).to_be_hidden()


def test_a_resnet18_fits_beside_the_sidebar(page: Page, address: str) -> None:
    _open(page, address)
    hidden = page.locator(".scroller").evaluate("row => row.scrollWidth - row.clientWidth")
    assert hidden == 0


def test_on_a_phone_the_row_scrolls_and_the_page_does_not(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    _open(page, address)
    row = page.locator(".scroller")
    assert row.evaluate("row => row.scrollWidth > row.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    above, below = row.bounding_box(), page.locator(".prediction").bounding_box()
    assert above is not None
    assert below is not None
    assert below["y"] >= above["y"] + above["height"]


def test_dark_follows_a_live_switch(page: Page, address: str) -> None:
    ground = "sum => getComputedStyle(sum).backgroundColor"
    _open(page, address)
    sums = page.locator(".sum").first
    assert sums.evaluate(ground) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    expect(sums).to_have_css("background-color", "rgb(18, 22, 28)")


def test_a_station_holds_its_layers_and_no_neighbour() -> None:
    run = Station("layer3.1", "layer3.1 … 35", 3, "", "", repeats=35)
    held = ("layer3.1", "layer3.1.conv1", "layer3.17.conv2", "layer3.35")
    assert [path for path in held if not run.holds(path)] == []
    strange = ("layer3.0", "layer3.36", "layer3", "layer2.1", "conv1", "layer33.2")
    assert [path for path in strange if run.holds(path)] == []
    assert not Station("layer2.1", "layer2.1", 2, "", "").holds("layer2.10.conv1")
