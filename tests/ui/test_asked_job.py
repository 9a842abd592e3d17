"""Work that is asked for: what it needs is made ready outside of the gate that all jobs share."""

from __future__ import annotations

import threading
from typing import Any

from resnet_viz import jobs
from resnet_viz.jobs import Job
from resnet_viz.ui.shared import job_progress
from resnet_viz.ui.shared.asked_job import AskedJob
from tests.waiting import BOUND


class Held:
    """A slot of a session, without one."""

    key = "_held"

    def __init__(self) -> None:
        self.value: Any = None

    def get(self, default):
        return self.value or default

    def set(self, value):
        self.value = value

    def pop(self, default):
        value, self.value = self.value, None
        return value or default


class Counted(Job[int]):
    def work(self):
        self.check()
        return 7, "Seven."


def test_what_a_job_needs_may_be_waited_for(monkeypatch):
    """A network is loaded in a job of its own: under the gate, it would wait for itself."""
    monkeypatch.setattr(job_progress, "follow", lambda *args, **more: None)
    work = AskedJob[int](Held())  # type: ignore[arg-type]
    found = []

    def prepare():
        first = jobs.start("needed", lambda: Counted(""))
        assert first.wait(BOUND).state == "done"
        return lambda: Counted("")

    thread = threading.Thread(target=lambda: found.append(work.at_once("it", prepare).wait(BOUND)))
    thread.start()
    thread.join(BOUND)
    assert [progress.state for progress in found] == ["done"]


def test_another_subject_lets_go_of_what_runs(monkeypatch):
    monkeypatch.setattr(job_progress, "follow", lambda *args, **more: None)
    slot = Held()
    work = AskedJob[int](slot)  # type: ignore[arg-type]
    stopped = threading.Event()

    class Endless(Job[int]):
        def work(self):
            try:
                while True:
                    self.check()
            finally:
                stopped.set()

    slot.value = ("one", None)
    assert work.result("one", lambda: lambda: Endless("")) is None
    assert not stopped.is_set()
    assert work.result("other", lambda: lambda: Endless("")) is None
    assert stopped.wait(BOUND)
    assert slot.value is None


def test_what_is_kept_is_there_for_the_next_who_comes_to_the_subject(monkeypatch):
    monkeypatch.setattr(job_progress, "follow", lambda *args, **more: None)
    first, second = Held(), Held()
    started = []

    def prepare():
        started.append(1)
        return lambda: Counted("")

    def asked(slot: Held, *, keeps: bool) -> AskedJob[int]:
        return AskedJob(slot, keeps)  # type: ignore[arg-type]

    subject = "kept", object()
    first.value = (subject, None)
    assert asked(first, keeps=True).result(subject, prepare) == 7
    assert asked(second, keeps=True).result(subject, prepare) == 7  # who has asked for nothing
    assert asked(first, keeps=True).result(subject, prepare) == 7
    assert asked(second, keeps=False).result(subject, prepare) is None
    assert len(started) == 1
    assert asked(second, keeps=True).result(("kept", object()), prepare) is None
