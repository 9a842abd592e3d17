"""Make README's pictures anew: `make screenshots`."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser.serving import ROOT, running_chromium, serving, settled

FOLDER = ROOT / ".github"
SHOTS = {
    "overview.png": ("?layer=layer2.1", "light", 1400, 1010),
    "feature-maps.png": ("feature_maps?layer=layer2.0", "light", 1400, 1010),
    "layers-dark.png": ("layers?model=resnet50&layer=layer2.1.conv2", "dark", 1400, 1000),
}


def main() -> None:
    """Take every picture from a fresh server."""
    FOLDER.mkdir(exist_ok=True)
    with serving() as address, running_chromium() as browser:
        for name, (path, scheme, width, height) in SHOTS.items():
            _shoot(browser, f"{address}/{path}", scheme, (width, height), name)


def _shoot(browser: Browser, url: str, scheme: str, size: tuple[int, int], name: str) -> None:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    settled(page)
    page.wait_for_timeout(1500)  # fonts and pictures
    page.screenshot(path=FOLDER / name)
    context.close()


if __name__ == "__main__":
    main()
