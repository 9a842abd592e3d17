from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.serving import running_chromium, serving

expect.set_options(timeout=15_000)  # two processes share two cores with their servers


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def app() -> Iterator[str]:
    """A fresh server of the explorer, one for each module."""
    with serving() as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of 1400 × 900 that must not have complained by the end of the test."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    # On a deep link Streamlit's client looks for its server below the page's path first: two 404s
    # that Chromium logs by itself. Which they are is checked in test_app.py.
    assert [c for c in complaints if "status of 404" not in c] == []
