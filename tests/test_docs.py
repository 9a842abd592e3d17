"""What is written down is true: README's commands, the theme, the texts, the pins."""

import re
import tomllib
from pathlib import Path

import pytest

from resnet_viz.analysis.trace import trace
from resnet_viz.figures import palette
from resnet_viz.model.config import SHORTCUTS
from resnet_viz.model.presets import PRESETS, TITLES
from resnet_viz.ui.shell import PAGES
from resnet_viz.ui.texts import text
from resnet_viz.weights import uploads

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


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
