"""What is computed while a cursor rests: a click's own answer, cheaply, and in nobody's way."""

import threading
from collections.abc import Iterator
from typing import NoReturn

import numpy as np
import pytest

from resnet_viz import jobs
from resnet_viz.analysis.records import Outputs
from resnet_viz.errors import ConfigError
from resnet_viz.figures.palette import LIGHT
from resnet_viz.images import read_sample
from resnet_viz.jobs import Job
from resnet_viz.line import LINE, Turn
from resnet_viz.model.presets import PRESETS
from resnet_viz.store import STORE
from resnet_viz.ui.state import ahead, cache
from resnet_viz.ui.state.ahead import Request, Shown
from resnet_viz.ui.state.answers import Visitor
from resnet_viz.ui.state.view_state import ViewState
from resnet_viz.weights.sources import describe
from tests.waiting import BOUND, until

CONFIG = PRESETS["resnet20"]
CAT = read_sample("cat")
LAYER = "layer2.1.bn1"
VIEW = ViewState(CONFIG, 32, describe(CONFIG, "bundled", 32), "cat", CAT, "cpu", LIGHT, "layer1.0")
NETWORK = VIEW.network


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A visitor who looks at a network that is there, with no answer kept."""
    STORE.clear()
    cache.model(NETWORK)
    monkeypatch.setitem(ahead._SHOWN, "a visit", Shown(VIEW, Visitor("", None), "a subject"))
    yield "a visit"
    STORE.clear()


def held_back(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Let answers begin, which is told, and go on when they may."""
    begun, go = threading.Event(), threading.Event()
    outputs = cache._outputs

    def slow(*asked: object) -> object:
        begun.set()
        go.wait(BOUND)
        jobs.check()
        return outputs(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "_outputs", slow)
    return begun, go


def ended(request: Request) -> Job[Outputs]:
    job = request.job
    assert job
    assert job.wait(BOUND).state == "done"
    return job


def test_a_click_finds_what_was_computed_while_the_cursor_rested(visit: str) -> None:
    job = ended(ahead.rest(visit, LAYER))
    assert cache.example_outputs(NETWORK, CAT, LAYER) is job.result
    assert ahead.rest(visit, LAYER).job is None
    alone = np.array(cache.example_outputs(NETWORK, CAT, LAYER)[LAYER].values)
    STORE.clear()
    np.testing.assert_array_equal(cache.example_outputs(NETWORK, CAT, LAYER)[LAYER].values, alone)


@pytest.mark.parametrize("path", ["", "layer9", "input"])
def test_what_is_no_layer_begins_nothing(visit: str, path: str) -> None:
    assert ahead.rest(visit, path).job is None


def test_who_is_not_known_begins_nothing(visit: str) -> None:
    assert ahead.rest("another visit", LAYER).job is None
    assert ahead.rest("", LAYER).job is None


def test_what_takes_long_is_left_to_a_click(visit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "MOST_MACS", 1_000_000)
    assert ahead.rest(visit, LAYER).job is None


def test_what_is_too_large_is_left_to_a_click_that_says_so(
    visit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise ConfigError("Too large.")

    monkeypatch.setattr("resnet_viz.analysis.price.check", refuse)
    assert ahead.rest(visit, LAYER).job is None


def test_a_network_is_not_built_for_a_cursor(visit: str) -> None:
    STORE.forget(("model", NETWORK))
    assert ahead.rest(visit, LAYER).job is None


def test_while_anybody_computes_nothing_is_begun(visit: str) -> None:
    with LINE.turn(Turn(0, is_long=False)):
        assert ahead.rest(visit, LAYER).job is None
    ended(ahead.rest(visit, LAYER))


def test_what_the_cursor_has_left_ends_unless_a_click_waits_for_it(
    visit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = held_back(monkeypatch)
    left = ahead.rest(visit, LAYER)
    assert begun.wait(BOUND)
    job = left.job
    assert job
    left.leave()
    go.set()
    assert job.wait(BOUND).state == "cancelled"
    until(lambda: LINE.is_idle)

    begun.clear()
    go.clear()
    clicked = ahead.rest(visit, LAYER)
    assert begun.wait(BOUND)
    seen: list[object] = []
    click = threading.Thread(
        target=lambda: seen.append(cache.example_outputs(NETWORK, CAT, LAYER)), daemon=True
    )
    click.start()
    job = clicked.job
    assert job
    until(lambda: len(job._followers) == 2)
    clicked.leave()
    go.set()
    click.join(BOUND)
    assert seen == [job.result]
