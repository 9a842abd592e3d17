"""What is written down is true: README's commands, the theme, the texts, the pins."""

import re
import tomllib
from pathlib import Path

import pytest

from resnet_viz.analysis.trace import trace
from resnet_viz.figures import palette
from resnet_viz.model.config import SHORTCUTS
from resnet_viz.model.presets import PRESETS, TITLES
from resnet_viz.texts import text
from resnet_viz.ui.state.pages import PAGES
from resnet_viz.weights import uploads
from resnet_viz.weights.bundled import cards

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK], ids=lambda theme: theme.name)
def test_streamlits_theme_agrees_with_the_palette(theme):
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))
    colours = config["theme"][theme.name]
    assert colours["backgroundColor"] == theme.background
    assert colours["secondaryBackgroundColor"] == theme.surface
    assert colours["textColor"] == theme.text
    assert colours["primaryColor"] == theme.shortcut
    assert colours["chartCategoricalColors"] == [*theme.stages[1:], theme.stages[0]]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK], ids=lambda theme: theme.name)
def test_text_and_marks_can_be_read_on_their_ground(theme):
    for ground in (theme.background, theme.surface):
        assert contrast(theme.text, ground) >= 7
        assert contrast(theme.muted, ground) >= 4.5
        for hue in (*theme.stages, theme.shortcut):
            assert contrast(hue, ground) >= 3


def test_every_kind_of_layer_is_explained_in_words():
    kinds = {row.kind for config in PRESETS.values() for row in trace(config).layers}
    assert all(len(text(kind)) > 80 for kind in kinds)
    assert all(len(text(f"shortcut_{shortcut}")) > 80 for shortcut in SHORTCUTS)


def test_every_preset_has_a_title_and_stands_in_the_readme():
    assert set(TITLES) == set(PRESETS)
    for name in PRESETS:
        assert f"`{name}`" in README


def test_readme_tells_of_every_page_and_command():
    for page in PAGES:
        assert f"**{page.title}**" in README
    for command in ("make app", "make test", "make bench", "streamlit run app.py"):
        assert command in README
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert set(re.findall(r"make ([a-z]+)\b", README)) <= targets


def test_files_that_readme_links_to_are_there():
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link


def test_config_keeps_visitors_to_this_host():
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["server"]["fileWatcherType"] == "none"
    assert config["server"]["maxUploadSize"] == uploads.MAX_FILE // 10**6


def test_places_that_contributing_names_are_there():
    places = re.findall(
        r"`((?:resnet_viz|pages|tests|ui|figures|analysis|training|components)/[^`<]+)`",
        CONTRIBUTING,
    )
    assert len(places) >= 12
    for place in places:
        homes = (ROOT / place, ROOT / "resnet_viz" / place)
        assert any(home.exists() for home in homes), place


def test_names_that_contributing_tells_to_use_are_used():
    sources = "".join(file.read_text("utf-8") for file in (ROOT / "resnet_viz").rglob("*.py"))
    table = CONTRIBUTING.split("## Words")[1].split("## Recipes")[0]
    names = re.findall(r"`(\w+)(?:\([^`]*)?`", table)
    assert len(names) >= 15
    for name in names:
        assert re.search(rf"\b{name}\b", sources), name


def test_readme_says_how_good_the_bundled_networks_are():
    for name, card in cards().items():
        assert f"`{name}`" in README
        assert f"{100 * card['accuracy']:.1f} %" in README, name
