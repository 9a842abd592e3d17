"""Make the screenshots of README and docs anew: `make screenshots`."""

from __future__ import annotations

from typing import NamedTuple

from playwright.sync_api import Browser

from tests.browser.serving import ROOT, running_chromium, serving, settled

FOLDER = ROOT / "docs" / "images"


class Shot(NamedTuple):
    """What of which page to take, in which scheme."""

    path: str
    scheme: str
    width: int
    height: int
    heading: str = ""  # to which the page is scrolled


SHOTS = {
    "overview.png": Shot("?layer=layer2.1", "light", 1400, 1010),
    "feature-maps.png": Shot("feature_maps?layer=layer2.0", "light", 1400, 1010),
    "by-hand.png": Shot(
        "feature_maps?layer=layer2.0.conv2", "light", 1400, 1000, "This cell by hand"
    ),
    "layers-dark.png": Shot("layers?model=resnet50&layer=layer2.1.conv2", "dark", 1400, 1000),
}


def main() -> None:
    """Take every image from a fresh server."""
    FOLDER.mkdir(exist_ok=True)
    with serving() as address, running_chromium() as browser:
        for name, shot in SHOTS.items():
            _shoot(browser, address, shot, name)


def _shoot(browser: Browser, address: str, shot: Shot, name: str) -> None:
    context = browser.new_context(
        color_scheme="dark" if shot.scheme == "dark" else "light",
        viewport={"width": shot.width, "height": shot.height},
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{address}/{shot.path}")
    settled(page)
    page.wait_for_timeout(1500)  # fonts and images
    if shot.heading:
        heading = page.get_by_role("heading", name=shot.heading)
        heading.evaluate("heading => heading.scrollIntoView({ block: 'start' })")
        page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / name)
    context.close()


if __name__ == "__main__":
    main()
