"""The glossary in the explorer: what its buttons open, from whichever network is shown."""

from typing import Any

import pytest
import streamlit as st

from resnet_viz.analysis.trace import trace
from resnet_viz.model.config import ResNetConfig
from resnet_viz.model.presets import PRESETS
from resnet_viz.texts.glossary import Term, glossary
from resnet_viz.ui.glossary.destination import Destination, destination
from resnet_viz.ui.state import cache, pages
from tests.ui.test_pages import problems, texts

FAMILIES = ("shapes", "resnet50", "resnext50_32x4d", "plain18", "resnet20", "plain20")
SMALLEST = ResNetConfig("custom", repeats=(1, 1, 1), stem="cifar", shortcut="none", width=4)
TITLES = {
    "overview": "feature maps of “",
    "walkthrough": "Walkthrough",
    "layers": "Layers",
    "diagram": "Diagram",
    "feature_maps": "Feature maps",
    "residual": "Residual",
    "filters": "Filters",
    "predict": "Predict",
    "why_shortcuts": "Why shortcuts?",
    "why": "Why this class?",
}


@pytest.fixture
def leads_to(monkeypatch):
    """Where a term leads from a network, with traces that no visitor waits for."""

    def place(term: Term, here: ResNetConfig) -> Destination:
        with monkeypatch.context() as patched:
            patched.setattr(cache, "trace", trace)
            return destination(term, trace(here))

    return place


@pytest.mark.parametrize(
    "config", [*(PRESETS[name] for name in FAMILIES), SMALLEST], ids=lambda config: config.name
)
def test_each_term_is_shown_by_what_it_leads_to(leads_to, config):
    for term in glossary().values():
        to = leads_to(term, config)
        there = trace(PRESETS[to.preset] if to.preset else config)
        for name, value in term.network.items():
            assert getattr(there.config, name) == value, term.slug
        if not term.layer:
            assert to.layer == ""
            continue
        for name, value in term.layer.items():
            shown = getattr(there[to.layer], name)
            assert (list(shown) if isinstance(value, list) else shown) == value, term.slug


@pytest.mark.parametrize("name", FAMILIES)
def test_another_network_is_opened_only_where_this_one_has_no_such_thing(leads_to, name):
    opened = {
        term.slug: to.preset
        for term in glossary().values()
        if (to := leads_to(term, PRESETS[name])).preset
    }
    plain = PRESETS[name].shortcut == "none"
    assert ("plain-network" not in opened) == plain
    assert ("shortcut" in opened) == ("sum" in opened) == plain
    assert ("bottleneck" in opened) == (PRESETS[name].block == "basic")
    assert ("zero-padding" in opened) == (name != "resnet20")
    assert ("groups" in opened) == (PRESETS[name].groups == 1)
    assert not {"convolution", "stride", "feature-map", "receptive-field", "class"} & set(opened)


def test_the_page_lists_every_term_and_finds_one(open_page):
    app = open_page("glossary")
    assert problems(app) == []
    said = texts(app)
    for term in glossary().values():
        assert term.sentence in said
    app = open_page("glossary", term="why bottle 1 ×")
    assert "No term has" in texts(app)
    app = open_page("glossary", term="costly bottle")
    assert [b.key for b in app.main.button] == ["_see_bottleneck"]
    assert problems(app) == []


def one_for_each_place() -> list[str]:
    """Terms that lead to all places that there are; others that lead to the same are left out."""
    places = {
        str((term.page, term.layer, term.network, term.preset, term.query)): slug
        for slug, term in glossary().items()
    }
    return list(places.values())


@pytest.mark.slow
@pytest.mark.parametrize("slug", one_for_each_place())
def test_a_button_opens_what_it_names(open_page, leads_to, monkeypatch, slug):
    """AppTest knows no pages while a callback runs; that the step is taken is seen in the browser."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(st, "switch_page", lambda page, **rest: asked.update(rest, page=page))
    to = leads_to(glossary()[slug], PRESETS["shapes"])
    app = open_page("glossary", term=glossary()[slug].name.partition(",")[0], picture="heart")
    app.button(key=f"_see_{slug}").click().run()
    assert asked["page"] == pages.page_path(to.page)
    app.switch_page(str(asked["page"]))
    for name, value in asked["query_params"].items():
        app.query_params[name] = value
    app = app.run()
    assert problems(app) == []
    assert TITLES[to.page] in app.title[0].value
    chosen = app.sidebar.selectbox
    assert chosen(key="model").value == (to.preset or "shapes")
    assert to.layer in ("", chosen(key="layer").value)
    if not to.preset:
        assert chosen(key="picture").value == "heart"
    for name, value in to.query.items():
        if name in ("step", "part"):
            assert app.header[0].value.startswith(f"{value}. ")
        elif value == "true":
            assert app.toggle(key=name).value is True
        else:
            assert app.session_state[name] == value


def test_a_term_that_is_called_so_comes_before_those_that_mention_it(open_page):
    app = open_page("glossary", term="batchnorm")
    said = [each.value for each in app.main.markdown if each.value.startswith("**")]
    assert said[0].startswith("**batch normalisation, BatchNorm**")
    assert len(said) > 1
