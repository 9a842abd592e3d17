"""The app as it is installed, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import settled
from tests.packaging import ROOT, Installed, built, installed_from

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    wheel = built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))
    home, folder = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("elsewhere")
    return installed_from(wheel, home, folder)


def test_the_first_visitor_of_the_installed_app_opens_a_deep_page(
    page: Page, installed: Installed
) -> None:
    """With the colours that were shipped, and not those of the folder that it was started in."""
    with installed.serving() as address:
        page.goto(f"{address}/layers?model=resnet34&layer=layer2.1")
        settled(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Layers")
        expect(page.get_by_test_id("stMain")).to_contain_text("ResNet-34")
        label = page.get_by_test_id("stSidebar").get_by_text("Selected layer")
        expect(label).to_be_visible(timeout=60_000)  # its script is loaded last
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", "rgb(255, 255, 255)")
        page.close()  # before the server goes: what still loads would complain
