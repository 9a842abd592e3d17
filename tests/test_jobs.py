"""Work that nobody wants any more stops, and leaves nothing behind."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from resnet_viz import jobs
from resnet_viz.analysis.capture import capture
from resnet_viz.analysis.effective_field import effective_field
from resnet_viz.analysis.trace import trace_anew
from resnet_viz.jobs import Job
from resnet_viz.weights.random import RandomSource
from tests.analysis.networks import BASIC, CAT, SIZES, network, snapshot, unchanged
from tests.waiting import BOUND, until


class Calling(Job[object]):
    """A job that calls a function."""

    def __init__(self, task: Callable[[], object]) -> None:
        super().__init__("")
        self._task = task

    def work(self) -> tuple[object, str]:
        return self._task(), "done"


class Going(Job[int]):
    """A job that goes on until nobody wants it."""

    def __init__(self, linger_s: float = 0.0) -> None:
        super().__init__("")
        self.linger_s = linger_s
        self.begun = threading.Event()

    def work(self) -> tuple[int, str]:
        while True:
            self.begun.set()
            self.check()
            time.sleep(0.01)


def test_a_job_whose_followers_are_gone_is_cancelled():
    there = {"first": True, "second": True}
    job = jobs.start("a", Going, lambda: there["first"])
    assert jobs.start("a", Going, lambda: there["second"]) is job
    there["first"] = False
    assert not job.wait(1.5).has_ended
    there["second"] = False
    assert job.wait(BOUND).state == "cancelled"
    assert jobs.running("a") is None


def test_one_who_comes_back_in_time_finds_it_still_running():
    job = jobs.start("b", lambda: Going(linger_s=BOUND))
    job.leave()
    assert not job.wait(0.2).has_ended
    assert jobs.start("b", Going) is job
    job.cancel()
    assert job.wait(BOUND).state == "cancelled"


def test_after_lingering_it_is_cancelled():
    job = jobs.start("c", lambda: Going(linger_s=0.3))
    assert job.begun.wait(BOUND)
    job.leave()
    assert job.wait(BOUND).state == "cancelled"


def test_leaving_twice_takes_no_other_follower_away():
    here, gone = (lambda: True), (lambda: True)
    job = jobs.start("d", Going, here)
    job.join(gone)
    job.leave(gone)
    job.leave(gone)
    assert not job.wait(0.7).has_ended
    job.leave(here)
    assert job.wait(BOUND).state == "cancelled"


def test_outside_of_a_job_nothing_is_checked():
    jobs.check()
    assert not jobs.in_job()


def test_what_went_wrong_is_kept_and_logged(monkeypatch):
    logged: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda fault: logged.append(fault.exc_type))

    def fail() -> None:
        raise ZeroDivisionError

    job = jobs.start("e", lambda: Calling(fail))
    assert job.wait(BOUND).state == "failed"
    assert isinstance(job.error, ZeroDivisionError)
    until(lambda: logged == [ZeroDivisionError])


@pytest.mark.parametrize("backward", [False, True])
def test_a_cancelled_forward_pass_leaves_the_network_as_it_was(backward):
    """Between two layers, on the way forward or back; the next answer is the same bit for bit."""
    loaded = network(BASIC)
    before, logits = snapshot(loaded), capture(loaded, CAT).logits
    ran, started = list[str](), threading.Event()

    def cancel(_: object, inputs: object, output: torch.Tensor) -> None:
        ran.append("layer2.0")
        started.wait(BOUND)
        if backward:
            output.register_hook(lambda _: job.cancel())  # type: ignore[no-untyped-call]
        else:
            job.cancel()

    def later(_: object, inputs: object, output: object) -> None:
        ran.append("layer4.0")

    modes = []

    def work() -> object:
        try:
            if backward:
                return effective_field(loaded, CAT, "layer4.0", None, 0, 0)
            return capture(loaded, CAT, ("layer1.0", "layer4.0"))
        finally:
            modes.append((torch.is_grad_enabled(), torch.is_inference_mode_enabled()))

    handles = [
        loaded.module.get_submodule("layer2.0").register_forward_hook(cancel),
        loaded.module.get_submodule("layer4.0").register_forward_hook(later),
    ]
    try:
        job = jobs.start("f", lambda: Calling(work))
        started.set()
        assert job.wait(BOUND).state == "cancelled"
    finally:
        for handle in handles:
            handle.remove()
    assert ran == ["layer2.0", "layer4.0"] if backward else ["layer2.0"]
    assert modes == [(True, False)]
    assert unchanged(loaded, before)
    np.testing.assert_array_equal(capture(loaded, CAT).logits, logits)


@pytest.mark.parametrize(
    "task",
    [lambda: trace_anew(BASIC, SIZES[BASIC]), lambda: RandomSource().build(BASIC, "0")],
    ids=["trace", "random weights"],
)
def test_tracing_and_drawing_a_network_stop_too(task):
    gate = threading.Event()

    def work() -> object:
        gate.wait(BOUND)
        return task()

    job = jobs.start("g", lambda: Calling(work))
    job.cancel()
    gate.set()
    assert job.wait(BOUND).state == "cancelled"
    assert trace_anew(BASIC, SIZES[BASIC]) == trace_anew(BASIC, SIZES[BASIC])


def test_one_who_waits_for_a_busy_network_stops_waiting():
    loaded = network(BASIC)
    with loaded.lock:
        job = jobs.start("h", lambda: Calling(lambda: capture(loaded, CAT)))
        job.leave()
        assert job.wait(BOUND).state == "cancelled"
    capture(loaded, CAT)
