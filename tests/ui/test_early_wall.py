"""The wall that a browser asks for by itself: the page's own, and only of what the visitor looks at."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn

import pytest

from resnet_viz import jobs
from resnet_viz.components.feature_wall import unpinned
from resnet_viz.errors import ConfigError
from resnet_viz.store import STORE
from resnet_viz.ui.feature_maps import early_wall, wall_state
from resnet_viz.ui.feature_maps.early_wall import Chosen
from resnet_viz.ui.state import ahead, cache
from resnet_viz.ui.state.ahead import Shown
from resnet_viz.ui.state.answers import Visitor
from tests.components.node import evaluated
from tests.ui.test_ahead import CAT, LAYER, NETWORK, VIEW, held_back
from tests.waiting import BOUND, until


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    """What a visitor looks at whose network is at hand, with no answer kept."""
    STORE.clear()
    cache.model(NETWORK)
    shown = Shown(VIEW, Visitor("", None), "cat in resnet20")
    monkeypatch.setitem(ahead._SHOWN, "a visit", shown)
    monkeypatch.setattr(ahead, "visit_name", lambda: "a visit")
    yield shown
    until(lambda: not jobs._RUNNING)
    STORE.clear()


@pytest.fixture(autouse=True)
def long_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_MOST_S", 1.0)


def choose(layer: str = LAYER) -> Chosen:
    chosen = early_wall.choose("a visit", "cat in resnet20", layer)
    assert chosen
    return chosen


def content(layer: str = LAYER) -> bytes:
    chosen = choose(layer)
    until(lambda: not chosen.request.waits)
    sent = chosen.content()
    chosen.end(is_sent=True)
    assert sent
    return sent


def has_this(layer: str = LAYER) -> bool:
    source = early_wall.source(replace(VIEW, layer=layer))
    assert source
    return source.has_this


@pytest.mark.parametrize("layer", [LAYER, "layer3.0", "fc"])
def test_the_browser_gets_what_the_layer_puts_out(shown: Shown, layer: str) -> None:
    """Without a pin, and on the cell that the page would open with."""
    read = evaluated(
        "(({ name, wall, initialView }) => ({ name, ...wall, view: initialView }))(readWall(bytes))",
        "feature_wall/wall.js",
        blob=content(layer),
    )
    values = cache.capture(NETWORK, CAT, (layer,))[layer].values
    assert read["name"] == layer
    assert read["values"].reshape(values.shape) == pytest.approx(values, abs=1e-6)
    assert read["view"] == unpinned(wall_state.default_position(values))["initial_view"]


def test_a_page_need_not_bring_what_the_browser_has_asked_for(shown: Shown) -> None:
    assert not has_this()
    chosen = choose()
    assert has_this()  # though nothing has been sent yet
    assert not has_this("layer3.0")
    chosen.end(is_sent=True)
    assert has_this()
    source = early_wall.source(replace(VIEW, layer=LAYER))
    assert source
    source.on_lost()  # the browser did not get it after all
    assert not has_this()


def test_another_image_or_network_is_another_subject(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose()
    assert early_wall.choose("a visit", "another", LAYER) is None
    assert early_wall.choose("another visit", "cat in resnet20", LAYER) is None
    assert early_wall.choose("a visit", "cat in resnet20", "layer9") is None
    ahead.look_at(VIEW)
    subject = ahead._SHOWN["a visit"].subject
    assert subject != shown.subject
    assert not has_this()
    assert early_wall.choose("a visit", subject, LAYER)
    ahead.look_at(VIEW)
    assert ahead._SHOWN["a visit"].subject == subject
    assert has_this()  # the next run of the same page still knows


def test_what_is_too_large_is_left_to_the_page_that_says_so(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise ConfigError("Too large.")

    monkeypatch.setattr("resnet_viz.analysis.price.check", refuse)
    chosen = choose()
    assert chosen.content() is None
    chosen.end(is_sent=False)
    assert not has_this()


def test_a_newer_choice_of_a_visitor_ends_the_one_before(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = cache._outputs
    begun, go = held_back(monkeypatch)
    before = choose()
    job = before.request.job
    assert job
    assert begun.wait(BOUND)
    monkeypatch.setattr(cache, "_outputs", outputs)
    content("layer3.0")
    go.set()
    assert job.wait(BOUND).state == "cancelled"
    assert before.content() is None
    again = choose()
    before.end(is_sent=False)
    assert has_this()  # by the second time
    again.end(is_sent=False)
    assert not has_this()


def test_the_page_waits_until_its_wall_has_left_and_no_longer(shown: Shown) -> None:
    chosen, passed = choose(), threading.Event()
    ahead.let_pass(None)
    ahead.let_pass("layer3.0")  # nobody asked for it

    def page() -> None:
        ahead.let_pass(LAYER)
        passed.set()

    threading.Thread(target=page, daemon=True).start()
    assert not passed.wait(0.05)
    chosen.end(is_sent=True)
    assert passed.wait(BOUND)
    choose()
    ahead.let_pass(LAYER)  # an answer that takes long holds the page up for a moment only
