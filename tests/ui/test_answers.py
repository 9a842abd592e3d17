"""Answers for several visitors at once: computed once, let go of by whoever leaves, shared unchanged."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequests,
    ScriptRequestType,
)

from resnet_viz import jobs
from resnet_viz.analysis import capture as questions
from resnet_viz.analysis import price as prices
from resnet_viz.analysis.ablation import Ablation
from resnet_viz.analysis.records import Capture
from resnet_viz.budget import Budget
from resnet_viz.errors import ConfigError
from resnet_viz.images import read_sample
from resnet_viz.model.presets import PRESETS
from resnet_viz.store import STORE
from resnet_viz.ui.state import answers, cache
from resnet_viz.ui.state.answers import AnswerJob, Task, ask
from resnet_viz.ui.state.cache import ModelKey
from tests.waiting import BOUND, until

NETWORK = ModelKey(PRESETS["resnet20"], "bundled", 32, "cpu")
CAT = read_sample("cat")


class Gone(BaseException):
    """As Streamlit ends a run whose visitor has gone on."""


class Visitor:
    """One who asks, in a thread of his own."""

    def __init__(self, question: Callable[[], object]) -> None:
        self.answer: object = None
        self.error: BaseException | None = None
        self.leaves = threading.Event()
        self._question = question
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        here.visitor = self
        try:
            self.answer = self._question()
        except BaseException as error:
            self.error = error

    def end(self) -> None:
        self._thread.join(BOUND)
        assert not self._thread.is_alive()


here = threading.local()


def look() -> None:
    visitor = getattr(here, "visitor", None)
    if visitor and visitor.leaves.is_set():
        raise Gone


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(answers, "_look", look)
    monkeypatch.setattr(AnswerJob, "linger_s", 0.0)
    STORE.clear()
    yield
    STORE.clear()


class Work:
    """A task that counts how often it is done, and checks whether it is wanted until it is let go."""

    def __init__(self) -> None:
        self.times, self.ended = 0, 0
        self.begun, self.let_go = threading.Event(), threading.Event()

    def __call__(self) -> np.ndarray:
        self.times += 1
        self.begun.set()
        try:
            while not self.let_go.wait(0.01):
                jobs.check()
        finally:
            self.ended += 1
        return np.arange(5)

    def ask(self) -> object:
        return ask("question", lambda: Task(self))


def test_who_asks_the_same_at_the_same_time_gets_the_same():
    work = Work()
    visitors = [Visitor(work.ask) for _ in range(5)]
    assert work.begun.wait(BOUND)
    work.let_go.set()
    for visitor in visitors:
        visitor.end()
    assert work.times == 1
    assert all(visitor.answer is visitors[0].answer is not None for visitor in visitors)
    assert ask("question", lambda: pytest.fail("it is kept")) is visitors[0].answer


def test_an_answer_that_came_while_it_was_asked_for_is_not_computed_again():
    """The other job ends between the look at what is kept and the start of one's own."""
    work = Work()

    def prepare() -> Task[np.ndarray]:
        STORE.put("question", np.arange(3))
        return Task(work)

    np.testing.assert_array_equal(ask("question", prepare), np.arange(3))
    assert work.times == 0


def test_of_two_visitors_one_can_leave():
    work = Work()
    first = Visitor(work.ask)
    assert work.begun.wait(BOUND)
    second = Visitor(work.ask)
    first.leaves.set()
    first.end()
    assert isinstance(first.error, Gone)
    assert not work.ended
    work.let_go.set()
    second.end()
    assert second.answer is not None
    assert work.times == 1


def test_what_everybody_has_left_stops_and_is_computed_anew_for_the_next():
    work = Work()
    visitors = [Visitor(work.ask) for _ in range(3)]
    assert work.begun.wait(BOUND)
    for visitor in visitors:
        visitor.leaves.set()
        visitor.end()
    until(lambda: work.ended == work.times)
    assert STORE.get("question") is None
    work.let_go.set()
    later = Visitor(work.ask)
    later.end()
    assert later.answer is not None


def test_an_error_reaches_all_who_ask_and_is_not_kept():
    def refuse() -> object:
        raise ConfigError("Not this one.")

    visitors = [Visitor(lambda: ask("refused", lambda: Task(refuse))) for _ in range(2)]
    for visitor in visitors:
        visitor.end()
        assert isinstance(visitor.error, ConfigError)
    assert STORE.get("refused") is None


def test_who_waits_is_told_how_many_are_before_him():
    assert answers._sentence("Running …", 0) == "Running …"
    assert answers._sentence("Running …", 1) == "Waiting: 1 computation ahead of you …"
    assert answers._sentence("Running …", 2) == "Waiting: 2 computations ahead of you …"


ASKED = (
    lambda: cache.capture(NETWORK, CAT, ("layer1.0", "fc")),
    lambda: cache.block_view(NETWORK, CAT, "layer2.0"),
    lambda: cache.residual_ratios(NETWORK, CAT),
    lambda: cache.capture_ablated(NETWORK, CAT, Ablation(removed=("layer1.1",)), ("layer2.0",)),
    lambda: cache.effective_field(NETWORK, CAT, "layer1.0", (0, 3, 3)),
    lambda: cache.example_outputs(NETWORK, CAT, "layer1.0.conv1"),
    lambda: cache.worked_example(NETWORK, CAT, "layer1.0.conv1", (0, 3, 3), 6),
    lambda: cache.contributions(NETWORK, CAT, "layer1.0.conv1", (0, 3, 3)),
    lambda: cache.weight_statistics(NETWORK),
    lambda: cache.weight_histogram(NETWORK, "layer1.0.conv1"),
)


@pytest.mark.parametrize("question", ASKED)
def test_what_all_visitors_share_cannot_be_changed(question):
    visitor = Visitor(question)
    visitor.end()
    assert visitor.error is None
    for array in arrays(visitor.answer):
        assert not array.flags.writeable


def arrays(value: object) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from arrays(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from arrays(getattr(value, field.name))


def test_answers_are_those_of_the_network_itself_bit_for_bit():
    visitor = Visitor(lambda: cache.capture(NETWORK, CAT, ("layer1.0",)))
    visitor.end()
    model = Visitor(lambda: cache.model(NETWORK))
    model.end()
    expected = questions.capture(model.answer, CAT, ("layer1.0",))  # type: ignore[arg-type]
    assert isinstance(visitor.answer, Capture)
    np.testing.assert_array_equal(visitor.answer.logits, expected.logits)
    np.testing.assert_array_equal(visitor.answer["layer1.0"].values, expected["layer1.0"].values)


def test_groups_that_cannot_all_be_kept_stay_folded_and_that_is_said(open_page, monkeypatch):
    query = {"model": "resnet56", "unfolded": ["layer1.0", "layer2.1"], "weights": "random"}
    whole = open_page(**query)
    assert not whole.main.warning
    found = prices.price(PRESETS["resnet56"], 32)
    allowed = Budget((found.memory + 500_000) * 20 // 9, 10**12)
    monkeypatch.setattr(prices, "budget", lambda: allowed)
    tight = open_page(**query)
    assert not tight.exception
    assert not tight.main.error
    assert "stay folded" in tight.main.warning[0].value


def clicked(fragment: str, *, by_itself: bool = False) -> RerunData:
    """What the browser asks for after a choice in a fragment, or when a timer of its own has run out."""
    held = WidgetStates(widgets=[WidgetState(id="box", string_value=f"chosen in {fragment}")])
    return RerunData(widget_states=held, fragment_id=fragment, is_auto_rerun=by_itself)


@pytest.mark.parametrize(
    ("running", "then"), [([], []), (["page"], ["page"]), (["wall"], ["page", "wall"])]
)
def test_a_click_on_the_page_ends_a_run_that_waits_for_another_answer(running, then):
    requests = ScriptRequests()
    requests.request_rerun(clicked("page"))
    assert requests.on_scriptrunner_yield() is None  # Streamlit alone lets it wait
    answers.overtake(requests, running)
    asked = requests.on_scriptrunner_yield()
    assert asked
    assert asked.type is ScriptRequestType.RERUN
    assert sorted(asked.rerun_data.fragment_id_queue) == then
    assert asked.rerun_data.widget_states == clicked("page").widget_states


def test_a_look_at_a_job_ends_no_run():
    requests = ScriptRequests()
    requests.request_rerun(clicked("progress", by_itself=True))
    answers.overtake(requests, ["page"])
    assert requests.on_scriptrunner_yield() is None


def test_nothing_that_waits_ends_no_run():
    requests = ScriptRequests()
    requests.request_rerun(RerunData())
    requests.on_scriptrunner_ready()
    answers.overtake(requests, ["page"])
    assert requests.on_scriptrunner_yield() is None
