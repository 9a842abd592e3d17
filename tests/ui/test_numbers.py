"""Numbers that are none, in every number parameter of every page and in what a browser sends."""

import math
from collections.abc import Iterable

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.model.config import INPUT_SIZES, LIMITS
from resnet_viz.model.presets import PRESETS
from resnet_viz.ui.shared.whole_numbers import decimal, is_whole
from resnet_viz.ui.state import url
from resnet_viz.ui.state.pages import PAGES
from resnet_viz.weights.random import MAX_SEED
from tests.ui.test_controls import warnings

NUMBERS = [parameter for parameter in url.PARAMETERS if parameter.kind == "number"]
LINKED = ("Infinity", "nan", "1e309", "-0", "1_000", "٣٢", "9" * 400)
NONE = (*LINKED, "-inf", "+5", " 5", "5.", "0x40", "1e2e3", "５", "²", "-" + "9" * 400, "five")
# What makes the widget of a parameter appear on its page.
SHOWN_WITH = {
    url.SEED: {"weights": "random"},
    url.FILTER: {"layer": "layer1.0.conv1"},
    url.DRAW: {"part": "3", "reveal": "true"},
}
SENT = (math.inf, -math.inf, math.nan, -1e300, 4.5)


def of_page(slug: str) -> list[url.Parameter]:
    """The number parameters to be tried on a page: its own, and on the first the sidebar's."""
    return [p for p in NUMBERS if slug in p.pages or (not p.pages and slug == PAGES[0].slug)]


def shown(parameters: Iterable[url.Parameter]) -> dict[str, str]:
    """What else a link says so that all their widgets are drawn."""
    extra: dict[str, str] = {}
    for parameter in parameters:
        extra |= SHOWN_WITH.get(parameter, {})
    return extra


def values(app: AppTest) -> dict[str, object]:
    """What all widgets for numbers hold."""
    return {str(widget.key): widget.value for widget in (*app.number_input, *app.slider)}


def folded(parameters: Iterable[url.Parameter]) -> dict[str, object]:
    """What those of the sidebar hold that are drawn only where a link names them: the preset's."""
    preset = PRESETS["shapes"]
    fields = {each.key: getattr(preset, each.name) for each in parameters if each in url.FIELDS}
    return fields | ({url.SIZE.key: preset.input_size} if url.SIZE in parameters else {})


WITH_NUMBERS = [page.slug for page in PAGES if of_page(page.slug)]


def test_every_number_of_the_table_is_tried() -> None:
    tried = [parameter for slug in WITH_NUMBERS for parameter in of_page(slug)]
    assert sorted(p.name for p in tried) == sorted(p.name for p in NUMBERS)
    assert len(tried) >= 12


@pytest.mark.parametrize("slug", WITH_NUMBERS)
def test_numbers_that_are_none_are_one_sentence_each_and_the_default(open_page, slug):
    parameters = of_page(slug)
    usual = values(open_page(slug, **shown(parameters)))
    for value in LINKED:
        app = open_page(slug, **shown(parameters), **{p.name: value for p in parameters})
        assert not app.exception
        assert not app.error
        said = warnings(app)
        for parameter in parameters:
            name = parameter.spoken or parameter.name
            assert said.count(f"asks for {name} “{value[:20]}”") == 1
        assert len(app.warning) == len(parameters)
        assert values(app) == usual | folded(parameters)
        left = {p.name for p in parameters} & set(app.query_params)
        assert left <= {url.STEP.name}
    assert warnings(app.run()) == "" or slug == "walkthrough"  # said once


@pytest.mark.parametrize("slug", WITH_NUMBERS)
def test_what_a_browser_sends_that_is_none_is_one_sentence_and_the_default(open_page, slug):
    app = open_page(slug, **shown(of_page(slug)))
    own = [p.key for p in of_page(slug) if p.key in values(app)]
    usual = values(app)
    for key in own:
        for sent in SENT:
            widget = next(w for w in (*app.number_input, *app.slider) if w.key == key)
            app = widget.set_value(sent).run()
            assert not app.exception, (key, sent)
            assert not app.error, (key, sent)
            assert len(app.warning) == 1, (key, sent)
            assert values(app) == usual


def test_a_number_that_is_one_is_taken(open_page):
    app = open_page(weights="random", seed=str(MAX_SEED), size=str(INPUT_SIZES[0]), width="0016")
    assert warnings(app) == ""
    taken = values(app)
    assert taken["seed"] == MAX_SEED
    assert taken["size"] == INPUT_SIZES[0]
    assert taken["width"] == 16


@pytest.mark.parametrize("limits", [*LIMITS.values(), INPUT_SIZES, (0, MAX_SEED)])
def test_whole_numbers_are_what_python_writes(limits):
    low, high = limits
    for number in {low - 1, low, low + 1, (low + high) // 2, high - 1, high, high + 1}:
        assert is_whole(str(number), low, high) == (low <= number <= high)
        for text in (f" {number}", f"+{number}", f"{number}.0", f"{number:_}_", f"{number}e0"):
            assert not is_whole(text, low, high)


@pytest.mark.parametrize("number", [0.0, 3.0, -2.5, 1e-5, 123456789.0, 1e6, 2.5e-7])
def test_decimals_are_read_as_the_wall_writes_them(number):
    assert decimal(f"{number:g}") == float(f"{number:g}")


@pytest.mark.parametrize("text", [*NONE, "", ".", "-", "e5", "1e400", "1e-999", "--1"])
def test_a_decimal_that_is_none_is_none(text):
    assert decimal(text) is None
