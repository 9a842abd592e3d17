"""How smoothly the page follows the cursor over what answers under it."""

from __future__ import annotations

from playwright.sync_api import Page

from benchmarks import browser as browsers
from benchmarks import servers
from benchmarks.results import Result
from benchmarks.timing import percentile
from tests.browser.serving import running_chromium

STEPS = 240  # movements of the cursor
TARGET_MS = 17.5  # a screen of 60 Hz: 16.7, and a little for the clock
_NOTE = (
    "Milliseconds between frames while the cursor travels over the component; a screen of 60 Hz has "
    "16.7. Chromium without a GPU."
)
_PLACES = {
    "wall of resnet18's conv1": (
        "feature_maps?model=resnet18&layer=conv1",
        ".st-key-feature_wall canvas",
    ),
    "wall of resnet50's layer4.2": (
        "feature_maps?model=resnet50&layer=layer4.2",
        ".st-key-feature_wall canvas",
    ),
    "kernel of resnet18's conv1, by hand": (
        "feature_maps?model=resnet18&layer=conv1",
        ".st-key-worked_example .output canvas",
    ),
    "kernel of resnet18's layer1.0.conv1, by hand": (
        "feature_maps?model=resnet18&layer=layer1.0.conv1",
        ".st-key-worked_example .output canvas",
    ),
    "network map of resnet18": ("?model=resnet18", ".st-key-network_map .grid"),
}
_COUNT = """
() => {
  bench.frames = [];
  const tick = (time) => { bench.frames.push(time); bench.counting = requestAnimationFrame(tick); };
  bench.counting = requestAnimationFrame(tick);
}
"""
_GAPS = """
() => {
  cancelAnimationFrame(bench.counting);
  return bench.frames.slice(1).map((time, i) => time - bench.frames[i]);
}
"""


def measure() -> list[Result]:
    """Frame after frame over the feature wall and the network map; and what it sends: nothing."""
    with servers.view_state() as address, running_chromium() as browser:
        results = []
        for name, (path, where) in _PLACES.items():
            with browsers.fresh_page(browser) as (page, traffic):
                page.goto(f"{address}/{path}")
                page.locator(where).first.scroll_into_view_if_needed()
                browsers.settle(page)
                traffic.take()
                gaps = _travel(page, where)
                received = traffic.take() / 1000
            slow = percentile(gaps, 95)
            results += [
                Result(f"hover over the {name}, frame, p95", slow, "ms", None, TARGET_MS, _NOTE),
                Result(f"hover over the {name}, received", received, "kB"),
            ]
    return results


def _travel(page: Page, where: str) -> list[float]:
    """Milliseconds between frames while the cursor crosses in wide zigzags."""
    box = page.locator(where).first.bounding_box()
    assert box
    page.evaluate(_COUNT)
    for step in range(STEPS):
        across, down = (step * 7 % 100) / 100, step / STEPS
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
    gaps: list[float] = page.evaluate(_GAPS)
    return gaps
