"""What runs in the other processes: each call in a child of its own, within its limits."""

from __future__ import annotations

import json
import mmap
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, Final

from resnet_viz.isolation.records import Function, tell

if sys.platform != "win32":
    import resource

MAX_RECORD: Final = 2**20  # bytes of JSON
READY: Final = b"ready"
_ANSWERED: Final = 17  # how a child ends that has sent its answer
_LEFT: Final = 18  # and one that found nobody at the other end


def serve(
    module: str, name: str, connection: str, lifeline: str, memory: str, cpu_s: str, wall_s: str
) -> None:
    """Answer calls of a function until nobody is at the other end; `Process` starts it.

    This process imports the module and forks for each call, which takes milliseconds; it has one thread
    and never sees what is called with. The child reads the call, answers and ends, or dies.

    Args:
        connection: descriptor of this end of the connection.
        lifeline: descriptor of a pipe that this process alone holds: it ends with it.
        memory: bytes that a call may take beyond what is there.
        cpu_s: seconds of processor time for a call; `wall_s`: seconds by the clock.
    """
    function: Function = getattr(import_module(module), name)
    caller = Connection(int(connection))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit_memory(int(memory))
    children = _Children(int(lifeline))
    is_sending = mmap.mmap(-1, 1)  # seen by the children, and set by them
    with suppress(OSError):
        caller.send_bytes(READY)
        while caller.poll(None):
            is_sending[0] = 0
            end = children.run(
                lambda: _answer(function, caller, is_sending, float(cpu_s), float(wall_s))
            )
            if end == _LEFT or (end != _ANSWERED and is_sending[0]):
                return  # half an answer may have been sent: nothing may follow it
            if end != _ANSWERED:
                _send(caller, {"died": end}, b"")


class _Children:
    """One child after the other; SIGTERM ends the one that runs."""

    def __init__(self, lifeline: int) -> None:
        self._pid, self._lifeline = 0, lifeline
        signal.signal(signal.SIGTERM, self._kill)

    def run(self, work: Callable[[], int]) -> int:
        """Run it in a child: what it returned, or minus the signal that it died of."""
        self._pid = os.fork()
        if self._pid == 0:
            end = 1
            try:
                os.close(self._lifeline)
                end = work()
            finally:
                os._exit(end)
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return os.waitstatus_to_exitcode(status)

    def _kill(self, *_: object) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)


def _answer(
    function: Function, caller: Connection, is_sending: mmap.mmap, cpu_s: float, wall_s: float
) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _alarm(cpu_s, wall_s)
    try:
        options = json.loads(caller.recv_bytes(MAX_RECORD))
        content = caller.recv_bytes()
    except (EOFError, OSError):
        return _LEFT
    told, answer = tell(function, content, options)
    _alarm(0, 0)
    is_sending[0] = 1
    _send(caller, told, answer)
    return _ANSWERED


def _send(caller: Connection, told: dict[str, Any], answer: bytes) -> None:
    caller.send_bytes(json.dumps(told).encode())
    caller.send_bytes(answer)


def _alarm(cpu_s: float, wall_s: float) -> None:
    """Let the system end this process after so much time: nothing in it is asked. 0 is for ever."""
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    signal.setitimer(signal.ITIMER_REAL, wall_s)


def _limit_memory(more: int) -> None:
    """Let this process map so many bytes more than it has, where the system (Linux) tells how many it has."""
    with suppress(OSError, ValueError), open("/proc/self/statm") as file:
        has = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (has + more, has + more))
