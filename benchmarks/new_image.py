"""From the choice of another image to the landing page that shows what becomes of it."""

from __future__ import annotations

import statistics

from playwright.sync_api import Page

from benchmarks import browser as browsers
from benchmarks import servers
from benchmarks.network_map import DRAWN, REMEMBER, REPLACED
from benchmarks.results import Result
from resnet_viz.images import DEFAULT_SAMPLE, SAMPLES
from tests.browser.serving import running_chromium

TARGET_MS = 1000.0
_NOTE = (
    "ResNet-18 at 224 pixels on the overview, from the click on another sample until the map's image and "
    "thumbnails are drawn anew and the script has ended; each sample for the first time. Where motion "
    "is not reduced the thumbnails then take half a second to fade in."
)


def measure() -> list[Result]:
    """Every sample once, none of them asked for before; then each again."""
    others = [slug for slug in SAMPLES if slug != DEFAULT_SAMPLE]
    with (
        servers.view_state() as address,
        running_chromium() as browser,
        browsers.fresh_page(browser) as (page, traffic),
    ):
        browsers.opened(page, f"{address}/?model=resnet18", DRAWN)
        times, received = [], []
        for slug in [*others, *others]:
            browsers.settle(page)
            traffic.take()
            times.append(_choose(page, slug))
            browsers.settle(page)
            received.append(traffic.take() / 1000)
    first, again = times[: len(others)], times[len(others) :]
    return [
        Result("new image, first time", statistics.median(first), "ms", None, TARGET_MS, _NOTE),
        Result("new image, seen before", statistics.median(again), "ms", None, TARGET_MS),
        Result("new image, received", statistics.median(received), "kB"),
    ]


def _choose(page: Page, slug: str) -> float:
    page.evaluate(REMEMBER)
    box = page.locator(".st-key-picture").get_by_role("combobox")
    box.click()
    box.fill(slug)  # a long list draws only what is in sight
    choice = page.get_by_role("option", name=slug, exact=True)
    browsers.watch(page, REPLACED)
    choice.click()
    return browsers.answered(page)
