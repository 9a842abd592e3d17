"""Who computes next, and who waits for what."""

import threading
import time

import numpy as np
import pytest

from resnet_viz.budget import Budget
from resnet_viz.jobs import Job
from resnet_viz.line import Line, Turn
from resnet_viz.store import Store
from tests.waiting import BOUND


class Held:
    """Work in a thread of its own that ends when it is let go."""

    def __init__(self, line: Line, memory: int = 0, is_long: bool = False) -> None:
        self.turn = Turn(memory, is_long)
        self.begun, self.let_go = threading.Event(), threading.Event()
        self._line = line
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        while line.ahead(self.turn) == 0 and not self.turn.running:
            time.sleep(0.001)

    def _run(self) -> None:
        with self._line.turn(self.turn):
            self.begun.set()
            self.let_go.wait(BOUND)

    def end(self) -> None:
        self.let_go.set()
        self._thread.join(BOUND)


def a_line(places: int = 2, memory: int = 1000) -> Line:
    return Line(places, Store(lambda: Budget(memory, 1)))


def test_so_many_at_once_and_the_others_in_order():
    line = a_line()
    works = [Held(line) for _ in range(5)]
    assert works[0].begun.wait(BOUND)
    assert works[1].begun.wait(BOUND)
    assert [line.ahead(work.turn) for work in works] == [0, 0, 2, 3, 4]
    assert not any(work.begun.is_set() for work in works[2:])
    works[1].end()
    assert works[2].begun.wait(BOUND)
    assert [line.ahead(work.turn) for work in works[3:]] == [2, 3]
    for work in works:
        work.end()
    assert all(work.begun.is_set() for work in works)


def test_long_work_leaves_a_place_for_short():
    line = a_line()
    long, waiting = Held(line, is_long=True), Held(line, is_long=True)
    assert long.begun.wait(BOUND)
    short = Held(line)
    assert short.begun.wait(BOUND)
    assert not waiting.begun.is_set()
    long.end()
    assert waiting.begun.wait(BOUND)
    for work in (waiting, short):
        work.end()


def test_memory_is_waited_for_and_made_in_the_store():
    store = Store(lambda: Budget(10_000_000, 1))
    line = Line(3, store)
    store.put("old", np.zeros(8_000_000, np.uint8))
    first = Held(line, memory=6_000_000)
    assert first.begun.wait(BOUND)
    assert store.held <= 4_000_000
    second = Held(line, memory=6_000_000)
    assert not second.begun.wait(0.3)
    first.end()
    assert second.begun.wait(BOUND)
    second.end()
    alone = Held(line, memory=60_000_000)  # more than all: when nobody else runs
    assert alone.begun.wait(BOUND)
    alone.end()


def test_a_place_is_free_again_after_an_error():
    line = a_line(places=1)
    with pytest.raises(ZeroDivisionError), line.turn(Turn(0, False)):
        raise ZeroDivisionError
    work = Held(line)
    assert work.begun.wait(BOUND)
    work.end()


def test_who_is_no_longer_wanted_gives_up_his_place_in_the_line():
    line = a_line(places=1)
    first = Held(line)

    class Waiting(Job[int]):
        turn = Turn(0, False)

        def work(self) -> tuple[int, str]:
            with line.turn(self.turn):
                return 1, "done"

    job = Waiting("")
    thread = threading.Thread(target=job.run)
    thread.start()
    while not line.ahead(job.turn):
        time.sleep(0.001)
    last = Held(line)
    assert line.ahead(last.turn) == 2
    job.cancel()
    thread.join(BOUND)
    assert job.progress.state == "cancelled"
    assert line.ahead(last.turn) == 1
    first.end()
    assert last.begun.wait(BOUND)
    last.end()
