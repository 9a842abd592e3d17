"""The landing page for a visitor with an empty cache, beside a hello-world app."""

from __future__ import annotations

import statistics

from playwright.sync_api import Browser

from benchmarks import browser as browsers
from benchmarks import servers
from benchmarks.network_map import DRAWN
from benchmarks.results import Result
from tests.browser.serving import running_chromium

VISITS = 5
RATIO = 1.45
_HEADING = "() => document.querySelector('h1') && []"
_NOTE = (
    "From the start of the navigation, with an empty cache: ours until the heading stands and image "
    "and thumbnails of the network map are drawn, the peer until its heading stands. The peer is an "
    "app of a title and a line of text under the same server options."
)


def measure() -> list[Result]:
    """The very first visit of each server, then visits in turn."""
    with servers.view_state() as ours, servers.hello_world() as peer, running_chromium() as browser:
        first = [_visit(browser, peer, _HEADING), _visit(browser, ours, DRAWN)]
        times: dict[str, list[float]] = {ours: [], peer: []}
        for number in range(VISITS):
            visits = [(ours, DRAWN), (peer, _HEADING)]
            for url, shown in visits if number % 2 else reversed(visits):
                times[url].append(_visit(browser, url, shown))
    medians = [statistics.median(times[url]) for url in (ours, peer)]
    return [
        Result("first page", medians[0], "ms", medians[1], RATIO, _NOTE),
        Result("first page, first visitor of a server", first[1], "ms", first[0], note=_NOTE),
    ]


def _visit(browser: Browser, url: str, shown: str) -> float:
    with browsers.fresh_page(browser) as (page, _):
        milliseconds = browsers.opened(page, url, shown)
        browsers.settle(page)  # so that the next visit has the machine to itself
    return milliseconds
