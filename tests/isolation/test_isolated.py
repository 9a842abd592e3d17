"""A call that goes wrong costs its own answer and nothing else."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viz.errors import ImageError
from resnet_viz.isolation import Isolated, Limits, Stopped
from tests.isolation.functions import behave

ROOT = Path(__file__).parents[2]
LIMITS = Limits(memory=150_000_000, cpu_s=1.0, wall_s=30.0)


@pytest.fixture
def isolated() -> Iterator[Isolated]:
    isolated = Isolated(behave, LIMITS, processes=1)
    yield isolated
    isolated.close()


def how_it_stops(isolated: Isolated, how: str) -> str:
    with pytest.raises(Stopped) as stop:
        isolated(b"", {"how": how})
    return stop.value.why


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Whoever has ended but was not waited for is there for the system alone.
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def gone_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while is_there(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not is_there(pid)


def test_bytes_and_options_go_there_and_back(isolated):
    content = bytes(range(256)) * 4000
    answer = isolated(content, {"how": "well"})
    assert answer.content == content[::-1]
    assert answer.record["how"] == "well"
    assert answer.record["call"] != os.getpid()


def test_a_process_is_kept_and_each_call_is_fresh(isolated):
    one, other = isolated(b"").record, isolated(b"").record
    assert one["pid"] == other["pid"] != os.getpid()
    assert one["call"] != other["call"]


@pytest.mark.parametrize("how", ["crash", "be killed", "leave"])
def test_a_crash_is_said_and_costs_one_answer(isolated, how):
    before = isolated(b"").record["pid"]
    assert how_it_stops(isolated, how) == "crash"
    assert isolated(b"ab").content == b"ba"
    assert isolated(b"").record["pid"] == before


def test_processor_time_is_limited(isolated):
    assert how_it_stops(isolated, "spin") == "time"
    assert isolated(b"ab").content == b"ba"


def test_clock_time_is_limited():
    isolated = Isolated(behave, Limits(LIMITS.memory, cpu_s=10, wall_s=0.5))
    assert how_it_stops(isolated, "hang") == "time"
    isolated.close()


def test_each_call_has_its_own_time(isolated):
    pids = {isolated(b"", {"how": "spin", "seconds": 0.4}).record["pid"] for _ in range(4)}
    assert len(pids) == 1  # 1.6 s in all


def test_memory_is_limited_beyond_what_is_there(isolated):
    assert how_it_stops(isolated, "fill") == "memory"
    assert isolated(b"ab").content == b"ba"


def test_errors_of_ours_come_through_in_their_own_words(isolated):
    with pytest.raises(ImageError, match=r"^This one is refused\.$"):
        isolated(b"", {"how": "refuse"})


def test_other_errors_are_faults(isolated):
    assert how_it_stops(isolated, "err") == "fault"


def test_a_process_that_died_at_rest_is_not_noticed(isolated):
    pid = isolated(b"").record["pid"]
    os.kill(pid, 9)
    assert gone_within(pid, 20)
    assert isolated(b"").record["pid"] != pid


def test_a_process_that_is_killed_at_work_is_replaced(isolated):
    pid = isolated(b"").record["pid"]
    killer = threading.Timer(0.3, os.kill, (pid, 9))
    killer.start()
    assert how_it_stops(isolated, "hang") == "crash"
    assert isolated(b"").record["pid"] != pid


def test_others_go_on_while_one_hangs_or_crashes():
    isolated = Isolated(behave, LIMITS, processes=2)
    stopped = []

    def bad():
        for how in ("crash", "spin", "crash"):
            stopped.append(how_it_stops(isolated, how))

    thread = threading.Thread(target=bad)
    thread.start()
    answers = [isolated(b"ab", owner="other").content for _ in range(50)]
    thread.join()
    isolated.close()
    assert stopped == ["crash", "time", "crash"]
    assert answers == [b"ba"] * 50


def test_a_long_call_makes_place_once_and_still_ends():
    isolated = Isolated(behave, Limits(LIMITS.memory, 10, 60), processes=1, quick_s=0.2)
    isolated(b"")
    ended = []

    def call(how, seconds):
        isolated(b"", {"how": how, "seconds": seconds}, owner=how)
        ended.append(how)

    long = threading.Thread(target=call, args=("spin", 2))
    long.start()
    while not isolated._running:
        time.sleep(0.01)
    short = threading.Thread(target=call, args=("well", 0))
    short.start()
    short.join()
    long.join()
    isolated.close()
    assert ended == ["well", "spin"]


def test_a_long_call_is_not_put_off_for_ever_by_others_that_keep_coming():
    isolated = Isolated(behave, Limits(LIMITS.memory, 10, 60), processes=1, quick_s=0.2)
    is_through, put_off = threading.Event(), []

    def many(owner):
        for _ in range(100):
            if is_through.is_set():
                return
            isolated(b"", {"how": "spin", "seconds": 0.05}, owner=owner)
        put_off.append(owner)

    others = [threading.Thread(target=many, args=(f"{number}",)) for number in range(3)]
    for thread in others:
        thread.start()
    isolated(b"", {"how": "spin", "seconds": 0.5}, owner="long")
    is_through.set()
    for thread in others:
        thread.join()
    isolated.close()
    assert put_off == []


def test_whoever_has_taken_less_goes_first():
    isolated = Isolated(behave, LIMITS, processes=1)
    served = []

    def call(owner, seconds):
        isolated(b"", {"how": "spin", "seconds": seconds}, owner=owner)
        served.append(owner)

    calls = [("greedy", 0.8), *[("greedy", 0.05)] * 3, ("modest", 0.05)]
    threads = [threading.Thread(target=call, args=each) for each in calls]
    for number, thread in enumerate(threads):
        thread.start()
        while len(isolated._running) + len(isolated._waiting) <= number:
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    isolated.close()
    assert served == ["greedy", "modest", "greedy", "greedy", "greedy"]


@pytest.mark.parametrize("how", ["well", "hang"])
def test_no_process_is_left_when_its_server_is_killed(how):
    """Idle or at work: the connection closes, or the call's own limits end it."""
    script = textwrap.dedent(
        f"""
        import threading, time
        from resnet_viz.isolation import Isolated, Limits
        from tests.isolation.functions import behave
        isolated = Isolated(behave, Limits(150_000_000, 1, 2))
        print(isolated(b"").record["pid"], flush=True)
        if "{how}" != "well":
            threading.Thread(target=isolated, args=(b"", {{"how": "{how}"}}), daemon=True).start()
        time.sleep(1000)
        """
    )
    server = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
    assert server.stdout is not None
    pid = int(server.stdout.readline())
    assert is_there(pid)
    server.kill()
    server.wait()
    server.stdout.close()
    assert gone_within(pid, 30)


def test_its_process_imports_neither_torch_nor_streamlit():
    script = (
        "import sys; from resnet_viz.images import decode; import resnet_viz.isolation.child;"
        "print(sorted({'torch', 'streamlit', 'pandas', 'requests'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_where_there_are_no_limits_the_function_runs_here(monkeypatch):
    monkeypatch.setattr("resnet_viz.isolation.calls.is_supported", lambda: False)
    isolated = Isolated(behave, LIMITS)
    assert isolated(b"ab").record["call"] == os.getpid()
    assert how_it_stops(isolated, "err") == "fault"
    with pytest.raises(ImageError, match="refused"):
        isolated(b"", {"how": "refuse"})


@pytest.mark.parametrize("delay", [0.05, 0.1, 0.2, 0.4])
def test_half_an_answer_is_none(isolated, delay):
    """Calls are stopped at any moment, also while they send: what follows is nobody's answer."""
    content = bytes(range(256)) * 100_000  # more than the connection holds
    isolated(b"")
    killer = threading.Timer(delay, isolated._idle[0].stop_call)
    killer.start()
    try:
        assert isolated(content).content == content[::-1]
    except Stopped as stop:
        assert stop.why == "crash"  # noqa: PT017, either way is right
    killer.join()
    assert isolated(content).content == content[::-1]
    assert isolated(b"ab").content == b"ba"
