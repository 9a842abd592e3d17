"""A class at once: students who open the app within five seconds, and then do something every three.

`python -m benchmarks.load --students 40` measures one class on this machine; `python -m benchmarks load`
those of the table.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from websockets.exceptions import WebSocketException

from benchmarks.results import Result, table
from benchmarks.timing import percentile
from benchmarks.visitor import VisitError, Visitor
from tests.browser.serving import ROOT, free_port, started

OPENING_S: Final = 5.0  # within which all students come
EVERY_S: Final = (
    3.0  # from the beginning of one action to that of the next, where it was answered by then
)
LASTING_S: Final = 60.0
BUNDLED: Final = "model=shapes"
RESNET50: Final = "model=resnet50&weights=random"
SESSIONS: Final = 200
_PAGES: Final = ("", "layers", "feature_maps", "residual", "filters")
_SEED: Final = 0
_MEMORY: Final = (
    "What HAProxy, its launcher, all processes and the decoders of images hold; pages that several share "
    "count once (PSS). A visit that has ended is kept for an hour."
)


@dataclass(slots=True)
class Lesson:
    """What a class had to wait, in seconds."""

    openings: list[float] = field(default_factory=list)
    actions: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def measure() -> list[Result]:
    """Classes on the processes of `--processes cores` and on one process, and the memory that they take."""
    note = note_on(LASTING_S)
    with server() as address:
        few, many = (lesson(address, number, BUNDLED, LASTING_S) for number in (30, 100))
        lesson(address, SESSIONS - 130, BUNDLED, EVERY_S)
        after_all = held()
    with server() as address:
        deep = lesson(address, 30, RESNET50, LASTING_S)
        after_deep = held()
    with server(processes="1") as address:
        alone = [lesson(address, 30, query, LASTING_S) for query in (BUNDLED, RESNET50)]
    return [
        *rows("30 students, shapes", few, note, 1500.0),
        *rows("100 students, shapes", many, note, 4000.0),
        Result(
            f"memory after {SESSIONS} visits, shapes", after_all / 1e6, "MB", None, 1500.0, _MEMORY
        ),
        *rows("30 students, resnet50", deep, note, 1500.0),
        Result("memory after 30 visits, resnet50", after_deep / 1e6, "MB", note=_MEMORY),
        *rows("30 students, shapes, one process", alone[0], note),
        *rows("30 students, resnet50, one process", alone[1], note),
    ]


def rows(what: str, seen: Lesson, note: str, target: float | None = None) -> list[Result]:
    """A class as rows of the table; the target is for what 95 % of the actions did not exceed, in ms."""
    actions = f"{what}, {len(seen.actions)} actions"
    return [
        Result(f"{what}, opening, p95", _ms(seen.openings, 95), "ms", note=note),
        Result(f"{actions}, p50", _ms(seen.actions, 50), "ms", note=note),
        Result(f"{actions}, p95", _ms(seen.actions, 95), "ms", None, target, note),
        Result(f"{what}, errors", len(seen.faults), "", None, 0.0, note),
    ]


def _ms(seconds: Sequence[float], percent: float) -> float:
    return 1000 * percentile(seconds, percent) if seconds else math.inf


@contextmanager
def server(processes: str = "cores") -> Iterator[str]:
    """The app on a free port of this host; yields its address."""
    port = free_port()
    command = [sys.executable, "-m", "resnet_viz", "--address", "127.0.0.1", "--port", str(port)]
    command += ["--processes", processes, "--drain", "0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("OMP_NUM_THREADS", None)  # as users start it
    with started(command, port, ROOT, environment) as address:
        yield address


def lesson(address: str, students: int, query: str, seconds: float) -> Lesson:
    """Let a class come, work for so many seconds, and go."""
    seen = Lesson()
    asyncio.run(_together(address, students, query, seconds, seen))
    for fault in dict.fromkeys(seen.faults):
        print(f"{seen.faults.count(fault)} × {fault}", file=sys.stderr)
    return seen


async def _together(address: str, students: int, query: str, seconds: float, seen: Lesson) -> None:
    # Pages are fetched in threads: enough of them, or students would wait for each other.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(students))
    end = time.monotonic() + OPENING_S + seconds
    await asyncio.gather(
        *(
            _student(number, students, Visitor(address, query=query), end, seen)
            for number in range(students)
        )
    )


async def _student(number: int, of: int, visitor: Visitor, end: float, seen: Lesson) -> None:
    """Come, do one thing after the other until the end, and go; what goes wrong ends it."""
    chance = random.Random(f"{_SEED} {number}")
    await asyncio.sleep(OPENING_S * number / of)
    try:
        seen.openings.append(await visitor.open())
        due = time.monotonic() + chance.uniform(0, EVERY_S)
        while max(due, time.monotonic()) < end:
            await asyncio.sleep(due - time.monotonic())
            seen.actions.append(await _act(visitor, chance))
            due = max(due + EVERY_S, time.monotonic())
    except (VisitError, WebSocketException, TimeoutError, OSError) as error:
        seen.faults.append(f"{type(error).__name__}: {error}")
    finally:
        await visitor.close()


async def _act(visitor: Visitor, chance: random.Random) -> float:
    """Do one thing; returns the seconds until it is answered."""
    what = chance.choice(("layer", "picture", "page"))
    if what == "page":
        return await visitor.go(chance.choice([page for page in _PAGES if page != visitor.page]))
    return await visitor.choose(what, chance.choice(visitor.choices[what]))


def held() -> int:
    """Bytes of memory that all that was started here holds; what several share counts once."""
    total = 0
    for each in _descendants(os.getpid()):
        with suppress(OSError):  # it has just ended
            lines = Path(f"/proc/{each}/smaps_rollup").read_text("ascii").splitlines()
            total += 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def _descendants(pid: int) -> list[int]:
    """All that a process has started, and what those have."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True)
    pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    found = [pid]
    for one in found:
        found += [child for child, parent in pairs if parent == one]
    return found[1:]


def note_on(seconds: float) -> str:
    """How a class was measured, and how busy the machine was before it came."""
    return (
        "Visitors without a browser over Streamlit's own WebSocket, on the same machine, which was at a load "
        f"of {os.getloadavg()[0]:.1f} before them: all come within {OPENING_S:.0f} s, then each chooses "
        f"another layer, image or page every {EVERY_S:.0f} s for {seconds:.0f} s, at random, of "
        f"{', '.join(page or 'overview' for page in _PAGES)}. Times end with the script."
    )


def main() -> None:
    """One class on this machine, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--query", default=BUNDLED, help=f"what all of them open; else {BUNDLED}")
    parser.add_argument("--seconds", type=float, default=LASTING_S)
    parser.add_argument("--processes", default="cores", help="as of the app: a number, or cores")
    options = parser.parse_args()
    note = note_on(options.seconds)
    with server(options.processes) as address:
        seen = lesson(address, options.students, options.query, options.seconds)
        memory = held()
    what = f"{options.students} students, {options.query}"
    print(
        table(
            [*rows(what, seen, note), Result(f"{what}, memory", memory / 1e6, "MB", note=_MEMORY)]
        )
    )


if __name__ == "__main__":
    main()
