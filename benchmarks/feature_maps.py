"""From a click on a layer to its feature maps on the screen."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from benchmarks import browser as browsers
from benchmarks import servers
from benchmarks.results import Result
from benchmarks.timing import percentile
from tests.browser.serving import running_chromium

NETWORKS = ("resnet18", "resnet50")
BLOCKS = ("layer1.0", "layer2.0", "layer3.0", "layer4.0")
# Each once for the first time, each once again, in turn; no two neighbours have the same maps.
CLICKS = ("conv1", "bn1", "conv1", "conv2", "bn1", "bn2", "conv2", "relu1", "bn2", "relu1")
TARGET_MS = 400.0
# By network, and whether it is the first time.
TARGETS_MS = {("resnet18", True): 160.0, ("resnet18", False): 110.0}
_NOTE = (
    "At 224 pixels, from the click event until the wall of all channels is drawn, the input image, where "
    "it is another one, is decoded, and a frame has passed; p95 over all clicks of the kind."
)
_CHANGES = (
    "How often elements outside of components are changed from the click until nothing follows, all that "
    "change at once being one time; p50."
)
_FINISHED = "From the click until elements outside of components are changed for the last time."
_ROOT = "bench.all('.root', document.querySelector('.st-key-feature_wall'))[0]"
_IMAGE = f"[{_ROOT}.querySelector('img')]"
_DRAWN = f"() => {_ROOT}?.dataset.shown ? {_IMAGE} : null"
_CHANGED = (
    f"() => {{ const shown = {_ROOT}?.dataset.shown;"
    f" return shown && shown !== bench.before && {_IMAGE}; }}"
)


@dataclass(frozen=True, slots=True)
class Click:
    """A click and its answer."""

    first: bool  # whether nobody had asked for that layer before
    milliseconds: float  # until the maps are there
    finished: float  # until nothing of the page is changed any more, milliseconds
    received: int  # bytes, by Streamlit's connection and by requests
    changes: int  # of the page's elements, those at once being one


def measure() -> list[Result]:
    """Layers that were not asked for before, and the same ones again."""
    with servers.view_state() as address, running_chromium() as browser:
        clicks = {
            network: [
                click
                for block in BLOCKS
                for click in _visit(browser, f"{address}/feature_maps?model={network}", block)
            ]
            for network in NETWORKS
        }
    return [
        row
        for network in NETWORKS
        for first in (True, False)
        for row in _rows(network, clicks[network], first)
    ]


def _rows(network: str, clicks: list[Click], first: bool) -> list[Result]:
    asked = [click for click in clicks if click.first is first]
    times = [click.milliseconds for click in asked]
    name = f"click to maps, {network}, {'first time' if first else 'seen before'}"
    kilobytes = percentile([click.received / 1000 for click in asked], 50)
    changes = percentile([float(click.changes) for click in asked], 50)
    finished = percentile([click.finished for click in asked], 50)
    note = f"{_NOTE} {len(asked)} clicks."
    target = TARGETS_MS.get((network, first), TARGET_MS)
    return [
        Result(f"{name}, p50", percentile(times, 50), "ms", target=target, note=note),
        Result(f"{name}, p95", percentile(times, 95), "ms", note=note),
        Result(f"{name}, whole page, p50", finished, "ms", note=_FINISHED),
        Result(f"{name}, received", kilobytes, "kB"),
        Result(f"{name}, changes of the page", changes, "times", note=_CHANGES),
    ]


def _visit(browser: Browser, page_address: str, block: str) -> list[Click]:
    clicks: list[Click] = []
    seen: set[str] = set()
    with browsers.fresh_page(browser) as (page, traffic):
        browsers.opened(page, f"{page_address}&layer={block}", _DRAWN)
        for layer in CLICKS:
            browsers.settle(page)
            traffic.take()
            browsers.fetched(page)
            milliseconds = _click(page, layer)
            browsers.settle(page)
            finished, changes = browsers.finished(page), browsers.changes(page)
            first, received = layer not in seen, traffic.take() + browsers.fetched(page)
            clicks.append(Click(first, milliseconds, finished, received, changes))
            seen.add(layer)
    return clicks


def _click(page: Page, layer: str) -> float:
    """Click a layer among those of its block; milliseconds until its maps are there."""
    name = re.compile(rf"(^|\.){layer}$")  # with or without the block's own path before it
    pill = page.get_by_role("radiogroup", name="Layers").get_by_role("radio", name=name)
    page.evaluate(f"() => {{ bench.before = {_ROOT}.dataset.shown; }}")
    browsers.watch(page, _CHANGED)
    pill.click()
    return browsers.answered(page)
