"""Who is served next, and in which process."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from resnet_viz.isolation.process import Process, is_supported
from resnet_viz.isolation.records import Answer, Function, Limits, Stopped, answer, tell

_PATIENCE_S: Final = 20.0  # for a free process
_LATE_S: Final = 0.5  # after which one that made place waits no longer for those who come anew


class Isolated:
    """A function in processes of its own: call it as the function, from any thread.

    Args:
        function: at the top of a module that imports little.
        limits: for each call.
        processes: how many may run at the same time.
        quick_s: a call that has run for so long makes place, once, for one that has not had its turn,
            and starts anew behind those. Without it every call runs to its end.
    """

    def __init__(
        self,
        function: Function,
        limits: Limits,
        processes: int = 2,
        quick_s: float | None = None,
    ) -> None:
        self._function = function
        self._limits = limits
        self._processes = processes
        self._quick_s = quick_s
        self._changed = threading.Condition()
        self._idle: list[Process] = []
        self._running: list[_Call] = []
        self._waiting: list[_Call] = []
        self._taken_s: dict[str, float] = {}  # by owner, until nobody runs or waits

    def __call__(
        self, content: bytes, options: Mapping[str, Any] | None = None, owner: str = ""
    ) -> Answer:
        """Call the function; `owner` is whose turn it is, such as the id of a session.

        Raises:
            ExplorerError: the function raised it, in its own words.
            Stopped: there is no answer.
        """
        if not is_supported():
            return answer(*tell(self._function, content, dict(options or {})))
        call = _Call(owner)
        while True:
            process = self._take(call)
            try:
                return process.call(content, options or {})
            except Stopped:
                if not call.gave_way:
                    raise
                call.gave_way = False
            finally:
                self._give_back(call, process)

    def close(self) -> None:
        """End the processes that have nothing to do; the next call starts anew."""
        with self._changed:
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    def _take(self, call: _Call) -> Process:
        """A process, when it is this call's turn."""
        deadline = time.monotonic() + _PATIENCE_S
        with self._changed:
            self._waiting.append(call)
            call.waits_since = time.monotonic()
            try:
                while len(self._running) >= self._processes or call is not self._next():
                    now = time.monotonic()
                    if now > deadline:
                        raise Stopped("busy")
                    self._changed.wait(min(self._until_one_gives_way(now), deadline - now, _LATE_S))
            finally:
                self._waiting.remove(call)
                self._changed.notify_all()
            self._idle = [process for process in self._idle if process.is_alive]
            process = self._idle.pop() if self._idle else None
            self._running.append(call)
        try:
            process = process or Process(self._function, self._limits)
        except Stopped:
            self._give_back(call, None)
            raise
        call.process, call.started = process, time.monotonic()
        return process

    def _next(self) -> _Call:
        """Whose turn it is: untried calls first, or who has waited again; of them whose owner took least."""
        run = Counter(call.owner for call in self._running)
        late = time.monotonic() - _LATE_S

        def turn(call: _Call) -> tuple[bool, int, float]:
            has_waited = call.waits_since < late
            return call.tried and not has_waited, run[call.owner], self._taken(call.owner)

        return min(self._waiting, key=turn)

    def _taken(self, owner: str) -> float:
        return self._taken_s.get(owner, 0.0)

    def _until_one_gives_way(self, now: float) -> float:
        """Seconds; a call that has had its quick turn is stopped for one that had none."""
        running = [call for call in self._running if call.process is not None and not call.tried]
        if self._quick_s is None or not running or all(call.tried for call in self._waiting):
            return _PATIENCE_S
        oldest = min(running, key=lambda call: call.started)
        left = oldest.started + self._quick_s - now
        if left > 0:
            return left
        if len(self._running) < self._processes:
            return self._quick_s
        oldest.tried = oldest.gave_way = True
        if oldest.process is not None:
            oldest.process.stop_call()
        return self._quick_s

    def _give_back(self, call: _Call, process: Process | None) -> None:
        with self._changed:
            self._running.remove(call)
            if process is not None:
                call.process = None
                took = time.monotonic() - call.started
                self._taken_s[call.owner] = self._taken(call.owner) + took
                if not call.gave_way and process.is_alive:
                    self._idle.append(process)
                else:
                    process.end()
            if not self._running and not self._waiting:
                self._taken_s.clear()
            self._changed.notify_all()


@dataclass(eq=False, slots=True)
class _Call:
    """One call on its way: whose it is, since when it runs and in which process."""

    owner: str
    started: float = 0.0
    waits_since: float = 0.0
    tried: bool = False  # it has run, and made place for another
    gave_way: bool = False  # it is being stopped for another
    process: Process | None = field(default=None)
