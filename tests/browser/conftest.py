from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.serving import running_chromium, serving

expect.set_options(timeout=15_000)  # two processes share two cores with their servers


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_chromium("--process-per-site") as browser:
        yield browser


@pytest.fixture(scope="session")
def app() -> Iterator[str]:
    """A server of the explorer; what its visitors choose stays in their sessions."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def components() -> Iterator[str]:
    """A server of the scripts in `scripts/`, each of which shows one component by itself."""
    with serving("tests/browser/scripts/component.py") as address:
        yield address


@pytest.fixture(scope="session")
def visitors(browser: Browser) -> Iterator[BrowserContext]:
    """Where every test opens its page.

    Half of the work of a first page is to compile Streamlit's scripts. The process that has done it
    lives on as long as any page of this host is open in it, so that one stays open, an empty one.
    """
    context = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    kept = context.new_page()
    kept.route("**/*", lambda route: route.fulfill(body=""))
    kept.goto("http://127.0.0.1/")
    yield context
    context.close()


@pytest.fixture
def page(visitors: BrowserContext) -> Iterator[Page]:
    """A page of 1400 × 900 that must not have complained by the end of the test."""
    page = visitors.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    # On a deep link Streamlit's client looks for its server below the page's path first: two 404s
    # that Chromium logs by itself. Which they are is checked in test_app.py.
    assert [c for c in complaints if "status of 404" not in c] == []
