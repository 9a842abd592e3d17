"""Who computes next: in order of arrival, with one place that long work never takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from resnet_viz import jobs
from resnet_viz.budget import cores
from resnet_viz.store import STORE, Store

_LOOK_S: Final = 0.1  # between two looks at whether one who waits is still wanted


@dataclass(eq=False, slots=True)
class Turn:
    """One piece of work: what it needs, and whether it is under way."""

    memory: int  # bytes, beside what is kept already
    is_long: bool  # more than a second or so
    running: bool = False


class Line:
    """Work that waits for a place and for memory. What is kept in the store makes room for it."""

    def __init__(self, places: int, store: Store) -> None:
        self._places, self._store = places, store
        self._turns: list[Turn] = []  # all that run or wait, in order of arrival
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, turn: Turn) -> Iterator[None]:
        """Wait until it is this one's turn; the place is free again when the block ends.

        Raises:
            Cancelled: the job that this is part of is no longer wanted.
        """
        with self._changed:
            self._turns.append(turn)
        try:
            with self._changed:
                while turn is not self._next():
                    self._changed.wait(_LOOK_S)
                    jobs.check()
                turn.running = True
                self._store.make_room(self._taken())
                self._changed.notify_all()
            yield
        finally:
            with self._changed:
                self._turns.remove(turn)
                self._changed.notify_all()

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs and nobody waits."""
        return not self._turns

    def ahead(self, turn: Turn) -> int:
        """How many have come before and are not through; 0 for one that runs."""
        with self._changed:
            if turn.running or turn not in self._turns:
                return 0
            return self._turns.index(turn)

    def _next(self) -> Turn | None:
        """The first that waits and may begin now."""
        running = [turn for turn in self._turns if turn.running]
        if len(running) >= self._places:
            return None
        long_places = self._places - 1 - sum(turn.is_long for turn in running)
        free = self._store.limit - self._taken()
        for turn in self._turns:
            if not turn.running and (long_places > 0 or not turn.is_long):
                return turn if turn.memory <= free or not running else None
        return None

    def _taken(self) -> int:
        return sum(turn.memory for turn in self._turns if turn.running)


# As many at once as there are cores, since more would only make everybody wait longer.
LINE: Final = Line(max(2, cores()), STORE)
