"""Who sees a page in another way: axe-core finds nothing of ours, forced colours, a tablet, paper."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Page, expect

from resnet_viz.ui.state.pages import PAGES
from tests.browser.serving import ROOT, settled

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]

# Rules that Streamlit's own elements break, by a word in the HTML of those: nothing else is excused.
STREAMLITS: Final = {
    # The uploader's drop zone says that it is no element, and has a name and a place in the tab order.
    "presentation-role-conflict": "stFileUploaderDropzone",
}
PATHS: Final = [
    *(page.slug for page in PAGES),
    "overview?model=resnet110&weights=random",  # folded blocks, an untrained network
    "walkthrough?step=4",  # a block worked out
]


@cache
def axe() -> str:
    """axe-core's script, as `npm ci` in `tests/js` has it."""
    return (ROOT / "tests/js/node_modules/axe-core/axe.min.js").read_text("utf-8")


def violations(page: Page) -> list[str]:
    """What axe-core finds, a line for each element, without what is Streamlit's."""
    page.evaluate(axe())
    found: dict[str, Any] = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
        if STREAMLITS.get(rule["id"], "\0") not in node["html"]
    ]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_of_ours(page: Page, app: str, path: str, scheme: Scheme) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{app}/{path}")
    settled(page)
    expect(page.get_by_test_id("stSidebar").get_by_text("Selected layer")).to_be_visible()
    page.wait_for_timeout(500)  # components and charts come after the page itself
    assert violations(page) == []


def looks(page: Page, chosen: str, other: str, *properties: str) -> tuple[list[str], list[str]]:
    """What a chosen element and another one of its kind are drawn with."""
    read = "(e, names) => names.map(name => getComputedStyle(e)[name])"
    one, two = page.locator(chosen).first, page.locator(other).first
    expect(one).to_be_visible()
    expect(two).to_be_visible()
    return one.evaluate(read, properties), two.evaluate(read, properties)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_chosen_is_seen_where_the_system_sets_the_colours(
    page: Page, app: str, scheme: Scheme
) -> None:
    page.emulate_media(color_scheme=scheme, forced_colors="active")
    page.goto(f"{app}/overview?layer=layer2.0")
    settled(page)
    thumbs = '.node[data-path="{}"] .thumbs'.format
    ground = ("outlineStyle", "outlineWidth")
    chosen, other = looks(page, thumbs("layer2.0"), thumbs("layer2.1"), *ground)
    assert chosen == ["solid", "3px"]
    assert other[0] == "none"
    page.goto(f"{app}/layers?layer=layer2.0")
    settled(page)
    row, pill = 'tr[data-path="{}"] td', '[data-testid="stMain"] [role=radio][data-{}]'
    pair = [row.format("layer2.0"), row.format("layer2.1")]
    for chosen_one, other_one in (
        pair,
        [pill.format('selected="true"'), pill.format("variant") + ":not([data-selected])"],
    ):
        chosen, other = looks(page, chosen_one, other_one, "backgroundColor", "color")
        assert chosen[0] != other[0], chosen_one
        assert chosen[0] != chosen[1], chosen_one


@pytest.mark.parametrize("path", ["overview?model=resnet50", "layers", "feature_maps", "diagram"])
def test_on_paper_a_page_is_whole_and_alone(page: Page, app: str, path: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{app}/{path}")
    settled(page)
    page.wait_for_timeout(2000)
    page.set_viewport_size({"width": 696, "height": 1000})  # A4 between margins of 13 mm
    page.emulate_media(media="print")
    for gone in ("stSidebar", "stHeader", "stButtonGroup", "stDownloadButton"):
        for each in page.get_by_test_id(gone).all():
            expect(each).to_be_hidden()
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_css("color", "rgb(31, 41, 51)")  # on white paper, in the dark too
    # The page is as tall as what is in it, and nothing of it stands beyond its right edge.
    box = page.get_by_test_id("stMainBlockContainer").bounding_box()
    assert box
    assert page.evaluate("document.documentElement.scrollHeight") >= box["height"] - 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 696
    shown = page.locator(".node, .prediction, [data-slug], .wall .board canvas, svg .node")
    right = shown.evaluate_all("all => all.map((each) => each.getBoundingClientRect().right)")
    assert max(right) <= 697


def test_a_chart_that_was_drawn_for_a_wide_screen_shrinks_to_the_paper(
    page: Page, app: str
) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"{app}/residual")
    settled(page)
    charts = page.locator(".js-plotly-plot svg.main-svg")
    charts.first.wait_for()
    # What printing does: the paper is narrower, and no chart is drawn again for it.
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    drawn = str(charts.first.get_attribute("viewBox")).split()
    assert drawn[:2] == ["0", "0"]
    assert float(drawn[2]) > 1000
    page.emulate_media(media="print")
    page.add_style_tag(content=".stPlotlyChart, .js-plotly-plot { width: 500px !important; }")
    place = charts.first.bounding_box()
    assert place
    assert place["width"] <= 500
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("svg.main-svg[viewBox]")).to_have_count(0)


def test_on_a_tablet_no_class_is_cut(page: Page, app: str) -> None:
    page.set_viewport_size({"width": 820, "height": 1180})
    page.goto(f"{app}/predict")
    settled(page)
    labels = page.locator(".js-plotly-plot .ytick text")
    expect(labels).to_have_count(5, timeout=30_000)
    chart = page.locator(".js-plotly-plot").bounding_box()
    assert chart
    assert chart["width"] >= 300
    for label in labels.all():
        box = label.bounding_box()
        assert box
        assert box["x"] >= chart["x"]
        expect(label).to_have_css("fill", "rgb(82, 96, 109)")  # the palette's, which is 6 : 1


def test_the_layers_page_loads_no_chart_library(page: Page, app: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{app}/layers?model=resnet18")
    settled(page)
    plot = page.get_by_role("group", name="multiply-adds of 21 layers in the order of execution")
    expect(plot.locator(".column")).to_have_count(21)
    plot.focus()
    page.keyboard.press("ArrowRight")
    said = page.locator(".says")
    expect(said).to_have_text("conv1: 118,013,952 multiply-adds")
    plot.locator(".column").last.hover()
    expect(said).to_have_text("fc: 512,000 multiply-adds")
    assert not [url for url in asked if "lotly" in url]
