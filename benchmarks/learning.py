"""From a click to what it shows on the two pages that explain: gradients, and heat maps."""

from __future__ import annotations

import statistics

from playwright.sync_api import Page

from benchmarks import browser as browsers
from benchmarks import servers
from benchmarks.results import Result
from resnet_viz.images import PHOTOGRAPHS
from tests.browser.serving import running_chromium

GRADIENT_MS = 400.0
MAP_MS = 300.0
_LAYERS = ("layer1.1", "layer2.0", "layer2.1", "layer3.0", "layer3.1", "layer4.0", "layer4.1")
_GRADIENT_NOTE = (
    "Part 3 of Why shortcuts, untrained ResNet-18 at 224 pixels, from the click on another sample until its "
    "loss stands there and the script has ended; each sample for the first time."
)
_MAP_NOTE = (
    "Why this class, untrained ResNet-18 at 224 pixels, from the click on another selected layer until the "
    "Grad-CAM map of that layer is there and the script has ended."
)
# Whether the sentence with the loss is another one than before.
_LOSS = """[...document.querySelectorAll('[data-testid="stCaptionContainer"]')]
  .map((caption) => caption.textContent).find((text) => text.startsWith("Loss:"))"""
_OTHER_LOSS = f"() => bench.idle() && {_LOSS} && {_LOSS} !== bench.loss ? [] : null"


def measure() -> list[Result]:
    """Medians of all samples, and of all blocks."""
    with (
        servers.view_state() as address,
        running_chromium() as browser,
        browsers.fresh_page(browser) as (page, _),
    ):
        return [
            Result(
                "gradients, new image",
                _gradients(page, address),
                "ms",
                None,
                GRADIENT_MS,
                _GRADIENT_NOTE,
            ),
            Result("heat map, new layer", _maps(page, address), "ms", None, MAP_MS, _MAP_NOTE),
        ]


def _gradients(page: Page, address: str) -> float:
    query = "part=3&reveal=true&model=resnet18&weights=random&picture=star"
    browsers.opened(page, f"{address}/why_shortcuts?{query}", _OTHER_LOSS)
    times = []
    for slug in PHOTOGRAPHS:
        browsers.settle(page)
        page.evaluate(f"() => void (bench.loss = {_LOSS})")
        _choose(page, "picture", slug, _OTHER_LOSS)
        times.append(browsers.answered(page))
    return statistics.median(times)


def _maps(page: Page, address: str) -> float:
    query = "model=resnet18&weights=random&picture=cat&where=selected+layer"
    browsers.opened(page, f"{address}/why?{query}", _of("layer1.0"))
    times = []
    for layer in _LAYERS:
        browsers.settle(page)
        _choose(page, "layer", layer, _of(layer))
        times.append(browsers.answered(page))
    return statistics.median(times)


def _of(layer: str) -> str:
    """Whether the map of a layer is there: JavaScript."""
    return (
        f"() => bench.idle() && bench.all('.subtitle', document)"
        f".some((line) => line.textContent.includes(' {layer} ')) ? [] : null"
    )


def _choose(page: Page, key: str, option: str, shown: str) -> None:
    """Choose an option of a box in the sidebar, and look out for what it leads to."""
    box = page.locator(f".st-key-{key}").get_by_role("combobox")
    box.click()
    box.fill(option)  # a long list draws only what is in sight
    choice = page.get_by_role("option", name=option, exact=True)
    browsers.watch(page, shown)
    choice.click()
