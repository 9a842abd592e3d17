"""What is written down is true: README and docs, the theme, the texts, the limits."""

import re
import tomllib

import pytest

from benchmarks import results
from benchmarks.results import Result
from resnet_viz.analysis.trace import trace
from resnet_viz.figures import palette
from resnet_viz.images import MAX_BYTES
from resnet_viz.model.config import SHORTCUTS
from resnet_viz.model.presets import PRESETS, TITLES
from resnet_viz.texts import text
from resnet_viz.ui.state.pages import PAGES
from resnet_viz.weights import uploads
from resnet_viz.weights.bundled import cards
from tests.browser.screenshots import SHOTS
from tests.markdown import DOCS, ROOT, WRITTEN, anchors, links, page, part, spans
from tests.test_architecture import FILES, ORDER, PACKAGE, imports, layer_of

README, CONTRIBUTING = page("README.md"), page("CONTRIBUTING.md")
each_page = pytest.mark.parametrize("name", WRITTEN)


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
        chosen = palette.mixed(
            theme.shortcut, ground, 0.1
        )  # of several buttons the one that is pressed
        assert contrast(theme.shortcut, chosen) >= 4.5


def test_every_kind_of_layer_is_explained_in_words():
    kinds = {row.kind for config in PRESETS.values() for row in trace(config).layers}
    assert all(len(text(kind)) > 80 for kind in kinds)
    assert all(len(text(f"shortcut_{shortcut}")) > 80 for shortcut in SHORTCUTS)


def test_config_keeps_visitors_to_this_host():
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["server"]["fileWatcherType"] == "none"
    assert config["server"]["maxUploadSize"] == uploads.MAX_FILE // 10**6


def test_the_docs_say_how_large_an_upload_may_be():
    limits = f"{uploads.MAX_FILE // 10**6} MB for weights, {MAX_BYTES // 10**6} MB for images"
    assert limits in DOCS["docs/configuration.md"]


# README and docs


def test_every_preset_has_a_title_and_stands_in_the_readme():
    assert set(TITLES) == set(PRESETS)
    for name in PRESETS:
        assert f"`{name}`" in README


@each_page
def test_networks_that_are_named_exist(name):
    family = r"(?:shapes|plain|resnet|resnext|wide_resnet)(?:\d\w*|_(?!viz)\w+)"
    assert {span for span in spans(WRITTEN[name]) if re.fullmatch(family, span)} <= set(PRESETS)


def test_readme_and_the_tour_tell_of_every_page():
    for shown in PAGES:
        assert f"**{shown.title}**" in README
    headings = re.findall(r"^## (.+)$", DOCS["docs/tour.md"], re.M)
    assert headings == [shown.title for shown in PAGES]


@each_page
def test_links_lead_somewhere(name):
    for link in links(WRITTEN[name]):
        if "://" in link:
            continue
        place, _, anchor = link.partition("#")
        target = (ROOT / name).parent / place if place else ROOT / name
        assert target.exists(), link
        assert target.resolve().is_relative_to(ROOT.resolve()), link
        assert not anchor or anchor in anchors(target.read_text("utf-8")), link


def test_readme_leads_to_all_docs():
    assert set(DOCS) - {"README.md"} <= set(links(README))
    assert len(DOCS) >= 9


def test_make_screenshots_takes_the_images_that_are_shown():
    shown = {
        link.rpartition("/")[2] for name in DOCS for link in links(DOCS[name]) if ".png" in link
    }
    assert shown == set(SHOTS) == {file.name for file in (ROOT / "docs/images").iterdir()}


@each_page
def test_an_image_has_words_for_those_who_cannot_see_it(name):
    for words in re.findall(r"!\[([^]]*)\]", WRITTEN[name]):
        assert len(words) > 40


def test_the_docs_say_how_good_the_bundled_networks_are():
    accuracies = {name: f"{100 * card['accuracy']:.1f}" for name, card in cards().items()}
    for written in (README, DOCS["docs/weights.md"]):
        assert set(re.findall(r"([\d.]+) % accuracy", written)) == set(accuracies.values())
        for name in accuracies:
            assert f"`{name}`" in written


def test_the_table_of_speeds_judges_by_its_own_figures():
    table = part(r"<!-- bench -->\n(.*)<!-- /bench -->", DOCS["docs/speed.md"])
    head, *rows = re.findall(r"^\| (.*) \|$", table, re.M)
    assert head == results.table([Result("", 0, "")]).splitlines()[0].strip("| ")
    assert len(rows) >= 30
    for row in rows:
        what, *cells, verdict = row.split(" | ")
        ours, peer, ratio, target = (number(cell) for cell in cells)
        assert ours is not None
        if peer is not None:
            assert ratio == pytest.approx(ours / peer, abs=0.02, rel=0.01), (
                what
            )  # of three digits each
        measured = ours if ratio is None else ratio
        judged = "–" if target is None else "met" if measured <= target else "missed"
        assert verdict == judged, what


def number(cell: str) -> float | None:
    """`≤ 1,000 ms` as 1000.0; `–` as None."""
    found = re.search(r"\d[\d,.]*", cell)
    return float(found[0].replace(",", "")) if found else None


# Contributing


PLACE = r"(?:resnet_viz|pages|tests|docs|ui|figures|analysis|training|components|\.\w+)/[^<* ]+"


def test_places_that_are_named_are_there():
    named = {name: [s for s in spans(WRITTEN[name]) if re.fullmatch(PLACE, s)] for name in WRITTEN}
    assert len(named["CONTRIBUTING.md"]) >= 12
    for name, places in named.items():
        for place in places:
            assert any((home / place).exists() for home in (ROOT, PACKAGE)), (name, place)


def test_names_that_contributing_tells_to_use_are_used():
    sources = "".join(file.read_text("utf-8") for file in (ROOT / "resnet_viz").rglob("*.py"))
    table = CONTRIBUTING.split("## Words")[1].split("## Recipes")[0]
    names = re.findall(r"`(\w+)(?:\([^`]*)?`", table)
    assert len(names) >= 15
    for name in names:
        assert re.search(rf"\b{name}\b", sources), name


def test_the_image_of_the_house_has_the_imports_and_no_others():
    """Each arrow is an import, and each import follows one arrow or several."""
    drawing = part(r"```mermaid\n(.*?)```", CONTRIBUTING)
    arrows = re.findall(r"^ *(\w+)(?:\[.*?\])? --> (\w+)", drawing, re.M)
    assert len(arrows) == drawing.count("-->") >= 8
    packages = {name for name in ORDER if (PACKAGE / name).is_dir()}
    pages = {name for file in (ROOT / "pages").glob("*.py") for name in imports(file)}
    found = {("pages", name.split(".")[1]) for name in pages if name.startswith("resnet_viz.")}
    found |= {
        (layer_of(file), name.split(".")[1])
        for file in FILES
        for name in imports(file)
        if name.startswith("resnet_viz.") and layer_of(file) in packages
    }
    found = {(a, b) for a, b in found if a != b and b in packages}
    assert set(arrows) <= found

    def below(package: str) -> set[str]:
        direct = {to for of, to in arrows if of == package}
        return direct.union(*map(below, direct))

    for package, needed in found:
        assert needed in below(package), f"{package} imports {needed}"


def test_github_runs_the_tests_on_every_python_that_is_supported():
    workflow = page(".github/workflows/test.yml")
    versions = re.findall(r"3\.\d+", part(r"python: \[(.*?)\]", workflow))
    project = tomllib.loads(page("pyproject.toml"))["project"]
    assert project["requires-python"] == f">={versions[0]}"
    assert f"Python {versions[0]} or newer" in README
    assert f"Python {versions[0]} to {versions[-1]}" in CONTRIBUTING
    (command,) = re.findall(r"run: (make .*)", workflow)
    assert command.split()[1] == "test"
    assert "timeout-minutes:" in workflow
    assert re.search(r"^permissions:\n  contents: read$", workflow, re.M)
    assert "cancel-in-progress: true" in workflow
